// SPDX-License-Identifier: Apache-2.0
#include "device/topology.h"

#include <algorithm>
#include <cpuinfo.h>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <unistd.h>

#include <fmt/format.h>

namespace dnntune::device {
namespace {

constexpr double kDistinctSpeed = 0.85;

/// A number from a one-line file of the kernel; 0 when there is none.
double read_number(const std::string& path) {
  std::ifstream file(path);
  double value = 0.0;
  return file >> value && value > 0.0 ? value : 0.0;
}

std::vector<int> affinity(std::vector<std::string>& notes) {
  std::vector<int> ids;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int id = 0; id < CPU_SETSIZE; ++id)
      if (CPU_ISSET(static_cast<unsigned>(id), &set)) ids.push_back(id);
  }
  if (!ids.empty()) return ids;
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  notes.push_back("the allowed cores are not known (sched_getaffinity): all that are online are taken");
  for (int id = 0; id < std::max(1L, online); ++id) ids.push_back(id);
  return ids;
}

/// What cpuinfo knows of a logical core; null when nothing.
const cpuinfo_processor* find_processor(int id) {
  for (std::uint32_t i = 0; i < cpuinfo_get_processors_count(); ++i) {
    const cpuinfo_processor* processor = cpuinfo_get_processor(i);
    if (processor->linux_id == id) return processor;
  }
  return nullptr;
}

/// Arm's efficiency cores, for kernels that publish neither capacity nor frequency.
bool is_little(cpuinfo_uarch uarch) {
  switch (uarch) {
    case cpuinfo_uarch_cortex_a5:
    case cpuinfo_uarch_cortex_a7:
    case cpuinfo_uarch_cortex_a32:
    case cpuinfo_uarch_cortex_a35:
    case cpuinfo_uarch_cortex_a53:
    case cpuinfo_uarch_cortex_a55: return true;
    default: return false;
  }
}

/// Gives every core its capacity from the first source that knows all of them: figures of different
/// sources have different units.
void fill_capacity(std::vector<Core>& cores, bool have_cpuinfo, std::vector<std::string>& notes) {
  const auto from_file = [&](const char* file) {
    return [file](const Core& core) { return read_number(fmt::format("/sys/devices/system/cpu/cpu{}/{}", core.id, file)); };
  };
  const auto try_source = [&](auto&& source) {
    for (Core& core : cores) core.capacity = source(core);
    return std::all_of(cores.begin(), cores.end(), [](const Core& core) { return core.capacity > 0.0; });
  };
  if (try_source(from_file("cpu_capacity"))) return;
  if (try_source(from_file("cpufreq/cpuinfo_max_freq"))) return;
  if (have_cpuinfo) {
    if (try_source([](const Core& core) {
          const cpuinfo_processor* processor = find_processor(core.id);
          return processor == nullptr ? 0.0 : static_cast<double>(processor->core->frequency);
        }))
      return;
    if (try_source([](const Core& core) {
          const cpuinfo_processor* processor = find_processor(core.id);
          if (processor == nullptr || processor->core->uarch == cpuinfo_uarch_unknown) return 0.0;
          return is_little(processor->core->uarch) ? 1.0 : 2.0;
        }))
      return;
  }
  for (Core& core : cores) core.capacity = 0.0;
  notes.push_back("the system does not tell how fast each core is: all are taken as equal");
}

}  // namespace

double quota_in_cores(const std::string& cpu_max) {
  std::istringstream text(cpu_max);
  double quota = 0.0, period = 0.0;
  return text >> quota >> period && quota > 0.0 && period > 0.0 ? quota / period : 0.0;
}

std::vector<Core> allowed_cores(std::vector<std::string>& notes) {
  std::vector<Core> cores;
  for (const int id : affinity(notes)) cores.push_back({.id = id});
  const bool have_cpuinfo = cpuinfo_initialize();
  if (have_cpuinfo) {
    for (Core& core : cores)
      if (const cpuinfo_processor* processor = find_processor(core.id)) core.smt_index = static_cast<int>(processor->smt_id);
  } else {
    notes.push_back("cpuinfo does not know this processor: sibling hardware threads are taken as cores");
  }
  fill_capacity(cores, have_cpuinfo, notes);

  std::string cpu_max;
  std::ifstream quota_file("/sys/fs/cgroup/cpu.max");
  std::getline(quota_file, cpu_max);
  const double quota = quota_in_cores(cpu_max);
  if (quota > 0.0 && quota < static_cast<double>(cores.size()))
    notes.push_back(fmt::format("the control group allows the time of {:.2f} cores: more threads than that will be held up", quota));
  return cores;
}

std::vector<Cluster> clusters_of(std::span<const Core> cores) {
  std::vector<Core> sorted(cores.begin(), cores.end());
  double fastest = 0.0, slowest = 0.0;
  for (const Core& core : sorted) {
    fastest = std::max(fastest, core.capacity);
    slowest = slowest == 0.0 ? core.capacity : std::min(slowest, core.capacity);
  }
  const auto little = [&](const Core& core) { return core.capacity * kDistinctSpeed < slowest; };
  const bool mixed = slowest < fastest * kDistinctSpeed;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Core& a, const Core& b) {
    if (a.smt_index != b.smt_index) return a.smt_index < b.smt_index;
    return mixed && a.capacity > b.capacity;
  });

  const auto collect = [&](const char* name, auto&& wanted) {
    Cluster cluster{name, {}, 0};
    for (const Core& core : sorted) {
      if (!wanted(core)) continue;
      cluster.cores.push_back(core.id);
      cluster.physical_cores += core.smt_index == 0 ? 1 : 0;
    }
    // A process may be allowed only the second sibling of a core.
    cluster.physical_cores = std::max(cluster.physical_cores, 1);
    return cluster;
  };
  std::vector<Cluster> result;
  result.push_back(collect("cpu:all", [](const Core&) { return true; }));
  if (mixed) {
    result.push_back(collect("cpu:big", [&](const Core& core) { return !little(core); }));
    result.push_back(collect("cpu:little", little));
  }
  return result;
}

}  // namespace dnntune::device
