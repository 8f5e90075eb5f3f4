// SPDX-License-Identifier: Apache-2.0
// INA231: the four power sensors of Odroid XU and XU3, one file of watt each; they measure once "1" is written to `enable`.
#include <fmt/format.h>

#include "device/meters/rail_files.h"

namespace dnntune::device {
namespace {

constexpr const char* kIna231Folder = "sys/bus/i2c/drivers/INA231";
/// The board's driver averages over 263808 us; the chip's step is 25 times that of the current, 1 mW at most there.
constexpr double kIna231IntervalMs = 264.0, kIna231ResolutionUw = 1000.0;

/// What the addresses feed on the board.
const char* label_of(const std::string& chip) {
  if (chip.ends_with("-0040")) return "A15";
  if (chip.ends_with("-0041")) return "memory";
  if (chip.ends_with("-0044")) return "GPU";
  if (chip.ends_with("-0045")) return "A7";
  return nullptr;
}

FoundMeter open_rails(const Tree& tree, std::string name, const std::vector<Rail>& rails, const std::string& off) {
  MeterInfo info;
  info.name = std::move(name);
  info.covers = "rails " + labels_of(rails);
  info.interval_ms = kIna231IntervalMs;
  info.resolution = kIna231ResolutionUw * static_cast<double>(rails.size());
  if (off.empty()) return tried(std::move(info), std::make_unique<RailFiles>(tree, rails));
  info.present = true;
  info.why_not = off;
  return {std::move(info), nullptr};
}

}  // namespace

std::vector<FoundMeter> find_ina231(const Tree& tree) {
  std::vector<Rail> rails, compute;
  std::string off;
  for (const std::string& chip : tree.list(kIna231Folder)) {
    const std::string folder = fmt::format("{}/{}", kIna231Folder, chip), power = folder + "/sensor_W";
    if (!tree.exists(power)) continue;
    const char* label = label_of(chip);
    rails.push_back({label != nullptr ? label : chip, power, 1e6, "", ""});
    if (rails.back().label != "GPU") compute.push_back(rails.back());
    if (tree.number_if_any(folder + "/enable") == 0.0) off = fmt::format("the sensors are off: \"echo 1 | sudo tee {}/*/enable\"", tree.shown(kIna231Folder));
  }
  if (rails.empty()) return absent("ina231", fmt::format("no sensor_W in {}: not an Odroid XU or XU3", tree.shown(kIna231Folder)));
  std::vector<FoundMeter> found;
  found.push_back(open_rails(tree, "ina231", compute.empty() ? rails : compute, off));
  found.back().info.automatic = true;
  for (const Rail& rail : rails) found.push_back(open_rails(tree, "ina231:" + name_part(rail.label), {rail}, off));
  return found;
}

}  // namespace dnntune::device
