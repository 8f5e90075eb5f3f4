// SPDX-License-Identifier: Apache-2.0
// INA3221: the three-channel power sensors of Jetson boards. NVIDIA's older driver has rail_name_k and
// in_powerk_input (mW) under i2c; the mainline one and newer releases have hwmon files of voltage and current.
#include <algorithm>

#include <fmt/format.h>

#include "device/meters/rail_files.h"

namespace dnntune::device {
namespace {

constexpr const char* kI2c = "sys/bus/i2c/drivers/ina3221x";
constexpr const char* kIna3221Folder = "sys/class/hwmon";
/// Three channels, voltage and current, 1.1 ms each (the chip's default conversion time) are 6.6 ms; drivers average more.
constexpr double kIna3221IntervalMs = 10.0;
/// 40 uV across a shunt of 5 mOhm are 8 mA, at 5 V.
constexpr double kIna3221ResolutionUw = 40000.0;

bool connected(const std::string& label) { return !label.empty() && label != "NC" && label.find("Not Connected") == std::string::npos; }

void add_i2c_rails(const Tree& tree, std::vector<Rail>& rails) {
  for (const std::string& chip : tree.list(kI2c))
    for (const std::string& device : tree.list(fmt::format("{}/{}", kI2c, chip))) {
      if (!device.starts_with("iio:device") && device != "iio_device") continue;
      for (int k = 0; k < 3; ++k) {
        const std::string folder = fmt::format("{}/{}/{}", kI2c, chip, device);
        const std::string label = tree.text_or_empty(fmt::format("{}/rail_name_{}", folder, k));
        const std::string power = fmt::format("{}/in_power{}_input", folder, k);
        if (connected(label) && tree.exists(power)) rails.push_back({label, power, 1e3, "", ""});
      }
    }
}

void add_hwmon_rails(const Tree& tree, std::vector<Rail>& rails) {
  for (const std::string& device : tree.list(kIna3221Folder)) {
    const std::string folder = fmt::format("{}/{}", kIna3221Folder, device);
    if (tree.text_or_empty(folder + "/name") != "ina3221") continue;
    for (int k = 1; k <= 3; ++k) {
      const std::string label = tree.text_or_empty(fmt::format("{}/in{}_label", folder, k));
      const std::string voltage = fmt::format("{}/in{}_input", folder, k), current = fmt::format("{}/curr{}_input", folder, k);
      const bool off = tree.number_if_any(fmt::format("{}/in{}_enable", folder, k)) == 0.0;
      if (!off && connected(label) && tree.exists(voltage) && tree.exists(current)) rails.push_back({label, "", 1.0, voltage, current});
    }
  }
}

FoundMeter open_rails(const Tree& tree, std::string name, const char* what, const std::vector<Rail>& rails) {
  MeterInfo info;
  info.name = std::move(name);
  info.covers = what + labels_of(rails);
  info.interval_ms = kIna3221IntervalMs;
  info.resolution = kIna3221ResolutionUw * static_cast<double>(rails.size());
  return tried(std::move(info), std::make_unique<RailFiles>(tree, rails));
}

}  // namespace

std::vector<FoundMeter> find_ina3221(const Tree& tree) {
  std::vector<Rail> rails;
  add_i2c_rails(tree, rails);
  if (rails.empty()) add_hwmon_rails(tree, rails);
  if (rails.empty()) return absent("ina3221", fmt::format("no such sensor in {} or {}: not a Jetson board", tree.shown(kI2c), tree.shown(kIna3221Folder)));
  // The rail that feeds the board has all others behind it: VDD_IN, POM_5V_IN. Boards without it have parallel rails.
  const auto input = std::find_if(rails.begin(), rails.end(), [](const Rail& rail) { return rail.label.ends_with("_IN"); });
  std::vector<FoundMeter> found;
  found.push_back(input != rails.end() ? open_rails(tree, "ina3221", "the board, by its input rail ", {*input}) : open_rails(tree, "ina3221", "the board, by the rails ", rails));
  found.back().info.automatic = true;
  for (const Rail& rail : rails) found.push_back(open_rails(tree, "ina3221:" + name_part(rail.label), "rail ", {rail}));
  return found;
}

}  // namespace dnntune::device
