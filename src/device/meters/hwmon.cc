// SPDX-License-Identifier: Apache-2.0
// hwmon: whatever other chips have power (uW) or energy (uJ) files. No file says what a chip measures, so one is used
// only when it is asked for by name.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "device/meters/counter_files.h"
#include "device/meters/rail_files.h"

namespace dnntune::device {
namespace {

constexpr const char* kHwmonFolder = "sys/class/hwmon";
/// Where the chip's driver does not tell.
constexpr double kHwmonIntervalMs = 1000.0;

/// "power3_average" -> "power3"; "" when the name is none of the two kinds, or not of `suffix`.
std::string channel(const std::string& file, const char* kind, const char* suffix) {
  if (!file.starts_with(kind) || !file.ends_with(suffix)) return "";
  return file.substr(0, file.size() - std::string_view(suffix).size());
}

class Finder {
 public:
  explicit Finder(const Tree& tree) : tree_(tree) {}

  std::vector<FoundMeter> find() {
    for (const std::string& device : tree_.list(kHwmonFolder)) {
      const std::string folder = fmt::format("{}/{}", kHwmonFolder, device);
      const std::string chip = tree_.text_or_empty(folder + "/name");
      if (chip == "ina3221") continue;  // has a row of its own
      for (const std::string& file : tree_.list(folder)) {
        std::string power = channel(file, "power", "_average");
        if (power.empty() && !tree_.exists(fmt::format("{}/{}_average", folder, channel(file, "power", "_input")))) power = channel(file, "power", "_input");
        if (!power.empty()) add(folder, chip, file, power, false);
        if (const std::string energy = channel(file, "energy", "_input"); !energy.empty()) add(folder, chip, file, energy, true);
      }
    }
    if (found_.empty()) return absent("hwmon", fmt::format("no power or energy file in {}", tree_.shown(kHwmonFolder)));
    return std::move(found_);
  }

 private:
  void add(const std::string& folder, const std::string& chip, const std::string& file, const std::string& channel_name, bool energy) {
    const std::string label = tree_.text_or_empty(fmt::format("{}/{}_label", folder, channel_name));
    MeterInfo info;
    info.name = fmt::format("hwmon:{}/{}", name_part(chip), label.empty() ? channel_name : name_part(label));
    const std::string base_name = info.name;
    for (int i = 2; std::any_of(found_.begin(), found_.end(), [&](const FoundMeter& other) { return other.info.name == info.name; }); ++i)
      info.name = fmt::format("{}#{}", base_name, i);
    info.covers = fmt::format("what chip '{}' calls '{}'", base::printable(chip), base::printable(label.empty() ? channel_name : label));
    info.gives_energy = energy;
    const std::optional<double> average = tree_.number_if_any(fmt::format("{}/{}_average_interval", folder, channel_name));
    const std::optional<double> update = tree_.number_if_any(folder + "/update_interval");
    info.interval_ms = average && *average > 0.0 ? *average : update && *update > 0.0 ? *update : kHwmonIntervalMs;
    info.resolution = 1.0;
    const std::string path = fmt::format("{}/{}", folder, file);
    if (energy)
      found_.push_back(tried(std::move(info), std::make_unique<CounterFiles>(tree_, std::vector<CounterFiles::File>{{path, 0.0}})));
    else
      found_.push_back(tried(std::move(info), std::make_unique<RailFiles>(tree_, std::vector<Rail>{{channel_name, path, 1.0, "", ""}})));
  }

  const Tree& tree_;
  std::vector<FoundMeter> found_;
};

}  // namespace

std::vector<FoundMeter> find_hwmon(const Tree& tree) { return Finder(tree).find(); }

}  // namespace dnntune::device
