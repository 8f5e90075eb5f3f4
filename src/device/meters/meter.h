// SPDX-License-Identifier: Apache-2.0
// Meter: something that tells energy or power; and the one table of all kinds.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "device/meters/tree.h"
#include "dnntune/meter.h"

namespace dnntune::device {

/// What MeterInfo describes. One thread at a time.
class Meter {
 public:
  virtual ~Meter() = default;
  /// The energy counted since some fixed moment in microjoule, or the power drawn now in microwatt, as
  /// MeterInfo::gives_energy says. Throws Error io naming the file and what is wrong with it; never returns a figure
  /// that is not plausible.
  virtual double read() = 0;
};

struct FoundMeter {
  MeterInfo info;
  std::unique_ptr<Meter> meter;  ///< Null when not usable.
};

/// One kind of meter; `find` looks for it below a root. It never throws, and where the machine has none it says so in one entry.
struct MeterKind {
  const char* name;
  std::vector<FoundMeter> (*find)(const Tree& tree);
};
/// In the order in which "auto" tries them.
std::span<const MeterKind> meter_kinds();

std::vector<FoundMeter> find_meters(const Tree& tree);

/// The meter of EnergyOptions::meter: by name, or with "auto" the first that may be used; its `meter` is then null when
/// there is none, and `info.why_not` says why. Throws not_found for a name that is not there, listing those that are,
/// and unsupported for one that may not be used, with the reason.
FoundMeter pick_meter(const Tree& tree, const std::string& name);

/// No machine that runs a network on one processor draws more: a figure above it is an error.
inline constexpr double kMostMicrowatt = 1e10;

// The rows of the table, each in a file of its own name.
std::vector<FoundMeter> find_rapl(const Tree& tree);
std::vector<FoundMeter> find_odpm(const Tree& tree);
std::vector<FoundMeter> find_ina3221(const Tree& tree);
std::vector<FoundMeter> find_ina231(const Tree& tree);
std::vector<FoundMeter> find_battery(const Tree& tree);
std::vector<FoundMeter> find_hwmon(const Tree& tree);

/// The one entry of a kind that the machine lacks.
std::vector<FoundMeter> absent(const char* kind, std::string why_not);
/// A meter that is there: reads it once, and where that fails it is present but not usable.
FoundMeter tried(MeterInfo info, std::unique_ptr<Meter> meter);

}  // namespace dnntune::device
