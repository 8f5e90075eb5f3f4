// SPDX-License-Identifier: Apache-2.0
// MeterInfo: what could measure energy on a machine.
#pragma once

#include <string>
#include <vector>

#include "dnntune/export.h"

namespace dnntune {

/// One way to measure energy, or the reason why it cannot be used. A plain value.
struct MeterInfo {
  std::string name;           ///< As EnergyOptions::meter takes it: "rapl", "battery", "ina3221:VDD_CPU".
  std::string covers;         ///< What its figure includes: "processor package-0"; "" when it is not there.
  bool present = false;       ///< The machine has it, whether or not this process may use it.
  bool usable = false;
  std::string why_not;        ///< When not usable: the reason, and what to do about it.
  bool automatic = false;     ///< It covers what runs a network, so that "auto" may choose it.
  bool gives_energy = false;  ///< It counts energy; else it tells the power, which is sampled and summed up.
  double interval_ms = 0.0;   ///< It has a new figure this often.
  double resolution = 0.0;    ///< Its smallest step: microjoule when it gives energy, else microwatt.
};

/// Every kind of meter that the library knows, best first; those that this machine lacks say so. `root` is the
/// folder that has sys/ and proc/: another one than "/" reads a recorded tree. Never throws for what it finds there.
DNNTUNE_API std::vector<MeterInfo> list_meters(const std::string& root = "/");

}  // namespace dnntune
