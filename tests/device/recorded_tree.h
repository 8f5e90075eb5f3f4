// SPDX-License-Identifier: Apache-2.0
// A folder of the files that a kernel would have, deleted with the object.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <stdlib.h>

#include "device/meters/meter.h"

namespace recorded {

class RecordedTree {
 public:
  using File = std::pair<std::string, std::string>;
  using Files = std::vector<File>;

  explicit RecordedTree(const Files& files = {}) {
    std::string name = (std::filesystem::temp_directory_path() / "dnntune_tree_XXXXXX").string();
    root_ = mkdtemp(name.data());
    std::filesystem::permissions(root_, std::filesystem::perms(0755));
    write(files);
  }
  ~RecordedTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  RecordedTree(const RecordedTree&) = delete;
  RecordedTree& operator=(const RecordedTree&) = delete;

  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << '\n';
  }
  void write(const Files& files) const {
    for (const auto& [path, text] : files) write(path, text);
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }
  std::filesystem::path at(const std::string& path) const { return root_ / path; }
  std::string root() const { return root_.string(); }
  dnntune::device::Tree tree() const { return dnntune::device::Tree(root_); }

 private:
  std::filesystem::path root_;
};

/// Two packages and their memory, as a server has them, the second counter near its end.
inline const std::vector<RecordedTree::File> kRapl = {
    {"sys/class/powercap/intel-rapl/enabled", "1"},
    {"sys/class/powercap/intel-rapl:0/name", "package-0"},
    {"sys/class/powercap/intel-rapl:0/energy_uj", "1000000"},
    {"sys/class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850"},
    {"sys/class/powercap/intel-rapl:0:0/name", "dram"},
    {"sys/class/powercap/intel-rapl:0:0/energy_uj", "500"},
    {"sys/class/powercap/intel-rapl:0:0/max_energy_range_uj", "65712999613"},
    {"sys/class/powercap/intel-rapl:1/name", "package-1"},
    {"sys/class/powercap/intel-rapl:1/energy_uj", "262143328000"},
    {"sys/class/powercap/intel-rapl:1/max_energy_range_uj", "262143328850"},
    {"sys/class/powercap/intel-rapl-mmio:0/name", "package-0"},
    {"sys/class/powercap/intel-rapl-mmio:0/energy_uj", "77"},
    {"sys/class/powercap/intel-rapl-mmio:0/max_energy_range_uj", "262143328850"},
};

/// A phone that is being emptied: 500 mA at 3.8 V, 1.9 W.
inline const std::vector<RecordedTree::File> kPhone = {
    {"sys/class/power_supply/battery/type", "Battery"},
    {"sys/class/power_supply/battery/present", "1"},
    {"sys/class/power_supply/battery/status", "Discharging"},
    {"sys/class/power_supply/battery/current_now", "-500000"},
    {"sys/class/power_supply/battery/voltage_now", "3800000"},
    {"sys/class/power_supply/bms/type", "Battery"},
    {"sys/class/power_supply/bms/status", "Discharging"},
    {"sys/class/power_supply/bms/current_now", "-500000"},
    {"sys/class/power_supply/usb/type", "USB"},
    {"sys/class/power_supply/usb/online", "0"},
};

}  // namespace recorded
