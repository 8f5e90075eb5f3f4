// SPDX-License-Identifier: Apache-2.0
#include "device/meters/conditions.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/text.h"

namespace dnntune::device {
namespace {

constexpr const char* kZones = "sys/class/thermal";
constexpr const char* kSensorFolder = "sys/class/hwmon";
constexpr const char* kCores = "sys/devices/system/cpu";

/// Parts of the names that zones and chips of processors have.
constexpr const char* kProcessorNames[] = {"cpu", "pkg", "soc", "core", "tsens", "mpidr", "big", "little", "k10temp", "zenpower"};

struct Sensor {
  double celsius;
  std::string name;
};

/// Thermal zones have thousandths of a degree; some phones' have degrees. Nothing for what is neither or cannot be.
std::optional<double> celsius_of(std::optional<double> reading) {
  if (!reading) return std::nullopt;
  const double celsius = std::abs(*reading) < 200.0 ? *reading : *reading * 1e-3;
  // Between 200 and 2000 it may be tenths of a degree as well.
  if (std::abs(*reading) >= 200.0 && std::abs(*reading) < 2000.0) return std::nullopt;
  return celsius > -40.0 && celsius < 150.0 && celsius != 0.0 ? std::optional(celsius) : std::nullopt;
}

bool of_processor(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(std::begin(kProcessorNames), std::end(kProcessorNames), [&](const char* part) { return name.find(part) != std::string::npos; });
}

std::vector<Sensor> sensors(const Tree& tree) {
  std::vector<Sensor> all;
  for (const std::string& zone : tree.list(kZones)) {
    if (!zone.starts_with("thermal_zone")) continue;
    const std::string folder = fmt::format("{}/{}", kZones, zone);
    if (const auto celsius = celsius_of(tree.number_if_any(folder + "/temp"))) all.push_back({*celsius, tree.text_or_empty(folder + "/type")});
  }
  for (const std::string& device : tree.list(kSensorFolder)) {
    const std::string folder = fmt::format("{}/{}", kSensorFolder, device), chip = tree.text_or_empty(folder + "/name");
    if (!of_processor(chip)) continue;
    for (const std::string& file : tree.list(folder))
      if (file.starts_with("temp") && file.ends_with("_input"))
        if (const auto celsius = celsius_of(tree.number_if_any(fmt::format("{}/{}", folder, file)))) all.push_back({*celsius, chip});
  }
  return all;
}

std::optional<double> mean_mhz(const Tree& tree, std::vector<int> cores) {
  if (cores.empty())
    for (const std::string& name : tree.list(kCores))
      if (const auto id = name.starts_with("cpu") ? parse_number(name.substr(3)) : std::nullopt) cores.push_back(static_cast<int>(*id));
  double sum = 0.0;
  int known = 0;
  for (const int core : cores) {
    const double khz = tree.number_if_any(fmt::format("{}/cpu{}/cpufreq/scaling_cur_freq", kCores, core)).value_or(0.0);
    if (!(khz >= 1e3 && khz <= 2e7)) continue;
    sum += khz * 1e-3;
    ++known;
  }
  return known > 0 ? std::optional(sum / known) : std::nullopt;
}

}  // namespace

Conditions read_conditions(const Tree& tree, const std::vector<int>& cores) {
  Conditions conditions;
  std::vector<Sensor> all = sensors(tree);
  const auto others = std::stable_partition(all.begin(), all.end(), [](const Sensor& sensor) { return of_processor(sensor.name); });
  const auto end = others == all.begin() ? all.end() : others;
  if (const auto warmest = std::max_element(all.begin(), end, [](const Sensor& a, const Sensor& b) { return a.celsius < b.celsius; }); warmest != end) {
    conditions.temperature_c = warmest->celsius;
    conditions.sensor = base::printable(warmest->name);
  }
  conditions.frequency_mhz = mean_mhz(tree, cores);
  return conditions;
}

}  // namespace dnntune::device
