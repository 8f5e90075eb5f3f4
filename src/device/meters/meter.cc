// SPDX-License-Identifier: Apache-2.0
#include "device/meters/meter.h"

#include <iterator>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::device {
namespace {

/// What counts energy by itself and updates often comes first; a battery's gauge is slow and covers the whole device;
/// hwmon says of no sensor what it is for.
constexpr MeterKind kMeterKinds[] = {
    {"rapl", find_rapl},       {"odpm", find_odpm},       {"ina3221", find_ina3221},
    {"ina231", find_ina231},   {"battery", find_battery}, {"hwmon", find_hwmon},
};

}  // namespace

std::span<const MeterKind> meter_kinds() { return kMeterKinds; }

std::vector<FoundMeter> find_meters(const Tree& tree) {
  std::vector<FoundMeter> all;
  for (const MeterKind& kind : kMeterKinds) {
    std::vector<FoundMeter> found = kind.find(tree);
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

FoundMeter pick_meter(const Tree& tree, const std::string& name) {
  std::vector<FoundMeter> all = find_meters(tree);
  std::string reasons, names;
  for (FoundMeter& found : all) {
    const bool fits = name == "auto" ? found.info.automatic && found.info.usable : found.info.name == name;
    if (fits && found.info.usable) return std::move(found);
    if (fits) throw Error(found.info.present ? ErrorCode::unsupported : ErrorCode::not_found, fmt::format("meter '{}': {}", name, found.info.why_not));
    if (found.info.present && !found.info.usable && found.info.automatic) reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", found.info.name, found.info.why_not);
    if (found.info.present) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", found.info.name);
  }
  if (name != "auto") throw Error(ErrorCode::not_found, fmt::format("no meter '{}'; this machine has {}", name, names.empty() ? "none" : names));
  FoundMeter none;
  none.info.why_not = !reasons.empty() ? reasons : names.empty() ? "this machine has no meter" : fmt::format("none of the meters covers the processor for sure; by name there are {}", names);
  return none;
}

std::vector<FoundMeter> absent(const char* kind, std::string why_not) {
  std::vector<FoundMeter> one(1);
  one.front().info.name = kind;
  one.front().info.why_not = std::move(why_not);
  return one;
}

FoundMeter tried(MeterInfo info, std::unique_ptr<Meter> meter) {
  info.present = true;
  try {
    meter->read();
    info.usable = true;
    return {std::move(info), std::move(meter)};
  } catch (const Error& error) {
    info.usable = false;
    info.why_not = error.what();
    return {std::move(info), nullptr};
  }
}

}  // namespace dnntune::device

namespace dnntune {

std::vector<MeterInfo> list_meters(const std::string& root) {
  std::vector<MeterInfo> infos;
  for (device::FoundMeter& found : device::find_meters(device::Tree(root))) infos.push_back(std::move(found.info));
  return infos;
}

}  // namespace dnntune
