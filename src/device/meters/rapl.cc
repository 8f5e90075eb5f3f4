// SPDX-License-Identifier: Apache-2.0
// RAPL: the energy counters of Intel and AMD processors, by the powercap files. The counter of a domain starts over
// after max_energy_range_uj; since Linux 5.10 only root may read it.
#include <algorithm>
#include <cerrno>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "device/meters/counter_files.h"
#include "device/meters/rail_files.h"

namespace dnntune::device {
namespace {

constexpr const char* kRaplFolder = "sys/class/powercap";
/// The counters are renewed about every millisecond, in steps of 61 uJ (2^-14 J) on Intel's and 15.3 uJ (2^-16 J) on
/// AMD's processors (Intel SDM volume 3, "Running Average Power Limit"; Linux says the same of both).
constexpr double kRaplIntervalMs = 1.0, kRaplResolutionUj = 61.0;

/// "package-0" and "package-0-die-1" are packages; "core", "uncore", "dram" and "psys" stand for themselves.
std::string domain_of(const std::string& name) { return name.starts_with("package") ? "package" : name; }

/// intel-rapl-mmio has the packages' counters a second time.
bool is_counter(const std::string& folder) { return folder.starts_with("intel-rapl:") || folder.starts_with("amd-rapl:") || folder.starts_with("amd_rapl:"); }

FoundMeter open_domain(const Tree& tree, const std::string& domain, const std::vector<std::string>& folders) {
  FoundMeter found;
  MeterInfo& info = found.info;
  info.name = domain == "package" ? "rapl" : "rapl:" + name_part(domain);
  info.gives_energy = info.present = true;
  info.interval_ms = kRaplIntervalMs;
  info.resolution = kRaplResolutionUj;
  info.automatic = domain == "package";
  std::vector<CounterFiles::File> files;
  for (const std::string& folder : folders) {
    info.covers += (info.covers.empty() ? "processor " : ", ") + base::printable(tree.text_or_empty(folder + "/name"));
    const std::string path = folder + "/energy_uj";
    if (const int error = tree.read_error(path); error == EACCES || error == EPERM) {
      info.why_not = fmt::format("'{}' may be read by root only (Linux 5.10 and later): run as root, or let all read it until the next boot by "
                                 "\"sudo chmod a+r {}/*/energy_uj\"",
                                 tree.shown(path), tree.shown(kRaplFolder));
      return found;
    }
    const std::optional<double> range = tree.number_if_any(folder + "/max_energy_range_uj");
    files.push_back({path, range && *range > 0.0 ? *range : 0.0});
  }
  info.resolution *= static_cast<double>(files.size());
  return tried(std::move(info), std::make_unique<CounterFiles>(tree, std::move(files)));
}

}  // namespace

std::vector<FoundMeter> find_rapl(const Tree& tree) {
  std::map<std::string, std::vector<std::string>> domains;
  for (const std::string& name : tree.list(kRaplFolder)) {
    const std::string folder = fmt::format("{}/{}", kRaplFolder, name);
    if (const std::string domain = domain_of(tree.text_or_empty(folder + "/name")); is_counter(name) && !domain.empty()) domains[domain].push_back(folder);
  }
  if (domains.empty()) return absent("rapl", fmt::format("no counter in {}: another processor, a virtual machine, or the module intel_rapl_msr is not loaded", tree.shown(kRaplFolder)));
  std::vector<FoundMeter> found;
  for (const auto& [domain, folders] : domains) found.push_back(open_domain(tree, domain, folders));
  std::stable_partition(found.begin(), found.end(), [](const FoundMeter& meter) { return meter.info.automatic; });
  return found;
}

}  // namespace dnntune::device
