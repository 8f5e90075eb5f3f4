// SPDX-License-Identifier: Apache-2.0
#include "plan/format.h"

#include <array>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace dnntune::plan {
namespace {

struct Unit {
  double scale;
  const char* name;
};

/// `units` from large to small.
std::string in_units(double value, std::span<const Unit> units) {
  const Unit* unit = &units.back();
  for (const Unit& candidate : units) {
    if (std::fabs(value) < candidate.scale * 0.9995) continue;
    unit = &candidate;
    break;
  }
  const double scaled = value / unit->scale;
  const int decimals = std::fabs(scaled) >= 99.95 || value == 0.0 ? 0 : std::fabs(scaled) >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", scaled, decimals, unit->name);
}

}  // namespace

std::string format_time(double ns) {
  static constexpr std::array<Unit, 4> units = {{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1.0, "ns"}}};
  return in_units(ns, units);
}

std::string format_energy(double uj) {
  static constexpr std::array<Unit, 3> units = {{{1e6, "J"}, {1e3, "mJ"}, {1.0, "uJ"}}};
  return in_units(uj, units);
}

std::string format_bytes(std::int64_t bytes) {
  static constexpr std::array<Unit, 3> units = {{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}}};
  return bytes < 1000 ? fmt::format("{} B", bytes) : in_units(static_cast<double>(bytes), units);
}

std::string format_rate(double bits_per_s) {
  static constexpr std::array<Unit, 3> units = {{{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}}};
  return in_units(bits_per_s, units);
}

std::string format_cost(const Cost& cost, std::string (*format)(double)) {
  if (cost.provenance != Provenance::unknown) return format(cost.value);
  return cost.value > 0.0 ? ">= " + format(cost.value) : "-";
}

}  // namespace dnntune::plan
