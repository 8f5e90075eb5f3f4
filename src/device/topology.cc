// SPDX-License-Identifier: Apache-2.0
#include "device/topology.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/cores.h"
#include "base/text.h"
#include "device/control_group.h"
#include "device/system_files.h"

namespace dnntune::device {
namespace {

constexpr const char* kCpus = "/sys/devices/system/cpu";
constexpr int kMostCaches = 16;   // of one core
constexpr int kMostNodes = 1024;
constexpr std::int64_t kMostKhz = 100'000'000;

// Work a clock of an efficiency core relative to its big partner. The kernel's device trees (capacity-dmips-mhz)
// have 0.47 (A53 beside A72), 0.53 (A7 beside A15), 0.58 (A53 beside A73) and 0.70 (Icestorm beside Firestorm).
constexpr double kEfficiencyWork = 0.55;

std::string cpu_file(int core, std::string_view file) { return fmt::format("{}/cpu{}/{}", kCpus, core, file); }

std::vector<int> common(const std::vector<int>& a, std::vector<int> b) {
  std::sort(b.begin(), b.end());
  std::vector<int> result;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

/// Of "key<blanks>:<blanks>value" lines, the value; "" when the line is another one.
std::string_view value_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return {};
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.find_first_not_of(" \t", key.size()) != colon) return {};
  const std::size_t start = line.find_first_not_of(" \t", colon + 1);
  return start == std::string_view::npos ? std::string_view{} : line.substr(start);
}

template <typename Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

class Reader {
 public:
  Reader(const std::filesystem::path& root, std::vector<std::string>& notes) : files_(root, notes), notes_(notes) {}

  Topology read(const std::optional<std::vector<int>>& allowed) {
    read_cpuinfo();
    for (const int id : usable_cores(allowed)) {
      ids_.push_back(id);
      out_.cores.push_back({.id = id});
    }
    read_siblings();
    read_caches();
    read_nodes();
    read_kinds();
    read_speeds();
    read_memory();
    const ControlGroup group = read_control_group(files_);
    out_.quota_cores = group.cores;
    if (group.cores > 0.0 && group.cores < static_cast<double>(ids_.size()))
      notes_.push_back(fmt::format("the control group allows the time of {:.2f} cores: more threads than that will be held up", group.cores));
    if (group.memory_bytes > 0 && group.memory_bytes < out_.memory_bytes)
      notes_.push_back(fmt::format("the control group allows {} MiB of memory", group.memory_bytes >> 20));
    read_name();
    return std::move(out_);
  }

  std::string name() {
    read_cpuinfo();
    read_name();
    return std::move(out_.name);
  }

 private:
  void read_cpuinfo() {
    int core = -1;
    int implementer = -1, variant = -1;
    for_each_line(files_.text("/proc/cpuinfo").value_or(""), [&](std::string_view line) {
      const auto number = [](std::string_view text) {
        int value = -1;
        const bool hex = text.starts_with("0x");
        std::from_chars(text.data() + (hex ? 2 : 0), text.data() + text.size(), value, hex ? 16 : 10);
        return value;
      };
      if (const auto id = value_of(line, "processor"); !id.empty()) core = number(id);
      if (const auto value = value_of(line, "CPU implementer"); !value.empty()) implementer = number(value);
      if (const auto value = value_of(line, "CPU variant"); !value.empty()) variant = number(value);
      if (const auto part = value_of(line, "CPU part"); !part.empty() && core >= 0 && implementer >= 0 && number(part) >= 0)
        cpuinfo_kinds_[core] = core_kind(implementer, number(part), variant);
      if (const auto name = value_of(line, "Hardware"); !name.empty()) hardware_ = name;
      if (const auto name = value_of(line, "model name"); !name.empty() && model_name_.empty()) model_name_ = name;
    });
  }

  std::vector<int> usable_cores(const std::optional<std::vector<int>>& given) {
    const std::optional<std::vector<int>> online = files_.core_list(fmt::format("{}/online", kCpus));
    std::vector<int> cores;
    if (given && !given->empty()) {
      cores = *given;
    } else {
      for_each_line(files_.text("/proc/self/status").value_or(""), [&](std::string_view line) {
        if (const auto list = value_of(line, "Cpus_allowed_list"); !list.empty()) cores = base::parse_core_list(list).value_or(std::vector<int>{});
      });
      if (cores.empty()) notes_.push_back("the allowed cores are not known: all that are online are taken");
    }
    std::erase_if(cores, [](int core) { return core < 0 || core >= base::kMaxCores; });
    std::sort(cores.begin(), cores.end());
    if (online && !online->empty()) {
      const std::vector<int> both = cores.empty() ? *online : common(cores, *online);
      if (!both.empty()) cores = both;
    }
    if (cores.empty()) {
      notes_.push_back("the system does not tell which cores it has: one is taken");
      cores = {0};
    }
    note_others(cores, online);
    return cores;
  }

  /// Cores that the machine has and the process does not get.
  void note_others(const std::vector<int>& cores, const std::optional<std::vector<int>>& online) {
    if (!online) return;
    std::vector<int> refused;
    std::set_difference(online->begin(), online->end(), cores.begin(), cores.end(), std::back_inserter(refused));
    if (!refused.empty()) notes_.push_back(fmt::format("the process may not use cores {} of {}", base::core_list_text(refused), base::core_list_text(*online)));
    const std::optional<std::vector<int>> present = files_.core_list(fmt::format("{}/present", kCpus));
    if (!present) return;
    std::vector<int> offline;
    std::set_difference(present->begin(), present->end(), online->begin(), online->end(), std::back_inserter(offline));
    if (!offline.empty()) notes_.push_back(fmt::format("cores {} are offline", base::core_list_text(offline)));
  }

  void read_siblings() {
    std::set<std::vector<int>> groups;
    for (Core& core : out_.cores) {
      std::optional<std::vector<int>> siblings = files_.core_list(cpu_file(core.id, "topology/thread_siblings_list"));
      if (!siblings) continue;
      const std::vector<int> usable = common(ids_, std::move(*siblings));
      const auto self = std::find(usable.begin(), usable.end(), core.id);
      if (self == usable.end() || usable.size() < 2) continue;
      core.smt_index = static_cast<int>(self - usable.begin());
      groups.insert(usable);
    }
    out_.smt_siblings.assign(groups.begin(), groups.end());
  }

  /// "32K", "1024K", "8M"; 0 when it is none of these.
  std::int64_t cache_size(const std::string& path) {
    const std::string text = files_.line(path).value_or("");
    if (text.empty()) return 0;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
    constexpr std::int64_t kMostCacheBytes = std::int64_t{1} << 40;
    if (error == std::errc{} && shift >= 0 && value >= 0 && value <= kMostCacheBytes >> shift) return value << shift;
    files_.unexpected(path, text);
    return 0;
  }

  void read_caches() {
    std::map<std::tuple<int, std::string, std::vector<int>>, std::int64_t> caches;
    for (Core& core : out_.cores) {
      core.domain = core.id;
      int farthest = 0;
      for (int i = 0; i < kMostCaches; ++i) {
        const std::string folder = cpu_file(core.id, fmt::format("cache/index{}/", i));
        const std::optional<std::int64_t> level = files_.number(folder + "level");
        std::string type = files_.line(folder + "type").value_or("");
        if (!level && type.empty()) break;
        std::transform(type.begin(), type.end(), type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        if (!level || *level < 1 || *level > 9 || (type != "data" && type != "instruction" && type != "unified")) continue;
        std::optional<std::vector<int>> shared = files_.core_list(folder + "shared_cpu_list");
        std::vector<int> cores = shared ? common(ids_, std::move(*shared)) : std::vector<int>{};
        if (!std::binary_search(cores.begin(), cores.end(), core.id)) cores = {core.id};
        if (*level > farthest) core.domain = cores.front();
        farthest = std::max(farthest, static_cast<int>(*level));
        std::int64_t& bytes = caches[{static_cast<int>(*level), type, std::move(cores)}];
        bytes = std::max(bytes, cache_size(folder + "size"));
      }
    }
    for (const auto& [key, bytes] : caches) out_.caches.push_back({std::get<0>(key), std::get<1>(key), bytes, std::get<2>(key)});
  }

  void read_nodes() {
    std::vector<NumaNode> nodes;
    for (const int id : files_.core_list("/sys/devices/system/node/online").value_or(std::vector<int>{})) {
      if (id >= kMostNodes) break;
      const std::string folder = fmt::format("/sys/devices/system/node/node{}/", id);
      std::vector<int> cores = common(ids_, files_.core_list(folder + "cpulist").value_or(std::vector<int>{}));
      for (Core& core : out_.cores)
        if (std::binary_search(cores.begin(), cores.end(), core.id)) core.node = id;
      nodes.push_back({id, std::move(cores), memory_in(folder + "meminfo")});
    }
    if (nodes.size() > 1) out_.numa_nodes = std::move(nodes);
  }

  /// "MemTotal:  123 kB", after "Node 0 " in a node's file.
  std::int64_t memory_in(const std::string& path) {
    std::int64_t bytes = 0;
    for_each_line(files_.text(path).value_or(""), [&](std::string_view line) {
      const std::size_t at = line.find("MemTotal:");
      if (bytes != 0 || at == std::string_view::npos) return;
      const std::string_view value = value_of(line.substr(at), "MemTotal");
      std::int64_t kib = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), kib);
      const bool whole = error == std::errc{} && std::string_view(end, value.data() + value.size()) == " kB";
      if (whole && kib > 0 && kib < std::int64_t{1} << 43) bytes = kib << 10;
      else files_.unexpected(path, line);
    });
    return bytes;
  }

  void read_memory() { out_.memory_bytes = memory_in("/proc/meminfo"); }

  void read_kinds() {
    const std::vector<int> performance = files_.core_list("/sys/devices/cpu_core/cpus").value_or(std::vector<int>{});
    const std::vector<int> efficiency = files_.core_list("/sys/devices/cpu_atom/cpus").value_or(std::vector<int>{});
    for (Core& core : out_.cores) {
      const auto in = [&](const std::vector<int>& cores) { return std::find(cores.begin(), cores.end(), core.id) != cores.end(); };
      if (const auto midr = files_.number(cpu_file(core.id, "regs/identification/midr_el1")))
        core.kind = core_kind(static_cast<int>(*midr >> 24 & 0xff), static_cast<int>(*midr >> 4 & 0xfff), static_cast<int>(*midr >> 20 & 0xf));
      else if (const auto found = cpuinfo_kinds_.find(core.id); found != cpuinfo_kinds_.end())
        core.kind = found->second;
      else if (in(performance))
        core.kind = {"P-core", false};
      else if (in(efficiency))
        core.kind = {"E-core", true};
    }
    // Kinds tell clusters apart: known of some cores only, they would tear equal ones apart.
    if (std::any_of(out_.cores.begin(), out_.cores.end(), [](const Core& core) { return core.kind.name.empty(); }))
      for (Core& core : out_.cores) core.kind = {};
  }

  /// In kHz, 0 when unknown. A kernel that takes cores off line and back loses cpuinfo_max_freq first; which frequencies
  /// there are still shows in the times that were spent at each.
  std::int64_t highest_frequency(int core) {
    if (const auto stated = files_.number(cpu_file(core, "cpufreq/cpuinfo_max_freq"))) return *stated;
    std::int64_t highest = 0;
    for_each_line(files_.text(cpu_file(core, "cpufreq/stats/time_in_state")).value_or(""), [&](std::string_view line) {
      std::int64_t khz = 0;
      const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), khz);
      if (error == std::errc{} && khz <= kMostKhz) highest = std::max(highest, khz);
    });
    return highest;
  }

  void read_frequencies() {
    for (Core& core : out_.cores) core.max_frequency_hz = 1e3 * static_cast<double>(highest_frequency(core.id));
    const auto unknown = [](const Core& core) { return core.max_frequency_hz == 0.0; };
    if (std::none_of(out_.cores.begin(), out_.cores.end(), unknown)) return;
    // Cores of one clock are equally fast, also one that was just put back on line and has no files yet.
    for (const Core& known : out_.cores) {
      if (unknown(known)) continue;
      const std::vector<int> clock = files_.core_list(cpu_file(known.id, "cpufreq/related_cpus")).value_or(std::vector<int>{});
      for (Core& core : out_.cores)
        if (unknown(core) && std::binary_search(clock.begin(), clock.end(), core.id)) core.max_frequency_hz = known.max_frequency_hz;
    }
  }

  /// Gives every core its speed from the first source that tells the cores apart: figures of different sources
  /// have different units, so a source must know all cores. Kernels without capacities say 1024 for each.
  void read_speeds() {
    const auto is_efficiency = [](const Core& core) { return core.kind.efficiency; };
    const bool mixed = std::any_of(out_.cores.begin(), out_.cores.end(), is_efficiency) && !std::all_of(out_.cores.begin(), out_.cores.end(), is_efficiency);
    const auto work = [&](const Core& core) { return mixed && core.kind.efficiency ? kEfficiencyWork : 1.0; };
    read_frequencies();
    const auto set_speeds = [&](auto&& speed) {
      for (Core& core : out_.cores) core.speed = speed(core);
      return std::all_of(out_.cores.begin(), out_.cores.end(), [](const Core& core) { return core.speed > 0.0; });
    };
    const auto capacity = [&](const Core& core) { return static_cast<double>(files_.number(cpu_file(core.id, "cpu_capacity")).value_or(0)); };
    const bool capacities = set_speeds(capacity);
    const auto differs = [&](const Core& core) { return core.speed != out_.cores.front().speed; };
    if (capacities && std::any_of(out_.cores.begin(), out_.cores.end(), differs)) return;
    if (set_speeds([&](const Core& core) { return core.max_frequency_hz * work(core); })) return;
    if (mixed || capacities) {
      set_speeds(work);
      return;
    }
    for (Core& core : out_.cores) core.speed = 0.0;
    if (out_.cores.size() > 1) notes_.push_back("the system does not tell how fast each core is: all are taken as equal");
  }

  void read_name() {
    std::string name;
    for (const char* file : {"/proc/device-tree/model", "/sys/firmware/devicetree/base/model"})
      if (name.empty()) name = files_.line(file).value_or("");
    if (name.empty()) name = hardware_;
    if (name.empty()) name = model_name_;
    out_.name = base::printable(name);
  }

  SystemFiles files_;
  std::vector<std::string>& notes_;
  Topology out_;
  std::vector<int> ids_;
  std::map<int, CoreKind> cpuinfo_kinds_;
  std::string hardware_, model_name_;
};

}  // namespace

Topology read_topology(const std::filesystem::path& root, const std::optional<std::vector<int>>& allowed, std::vector<std::string>& notes) {
  return Reader(root, notes).read(allowed);
}

std::string board_name(const std::filesystem::path& root) {
  std::vector<std::string> notes;
  return Reader(root, notes).name();
}

std::optional<std::vector<int>> present_cores(const std::filesystem::path& root) {
  std::vector<std::string> notes;
  SystemFiles files(root, notes);
  std::optional<std::vector<int>> cores = files.core_list(fmt::format("{}/present", kCpus));
  if (cores && cores->empty()) cores.reset();
  return cores;
}

}  // namespace dnntune::device
