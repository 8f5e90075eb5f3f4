// SPDX-License-Identifier: Apache-2.0
#include "device/meters/rail_files.h"

#include <fmt/format.h>

#include "base/text.h"
#include "dnntune/error.h"

namespace dnntune::device {
namespace {

/// The offset of a sensor on a rail without load may come out this far below zero; what is further below is no power.
constexpr double kLeastRailMicrowatt = -1e5;

}  // namespace

double RailFiles::read() {
  double sum = 0.0;
  for (const Rail& rail : rails_) {
    const double uw = rail.power.empty() ? tree_.number(rail.voltage) * tree_.number(rail.current) : tree_.number(rail.power) * rail.microwatt;
    if (!(uw >= kLeastRailMicrowatt && uw <= kMostMicrowatt))
      throw Error(ErrorCode::io, fmt::format("'{}' tells {:g} W, which cannot be", tree_.shown(rail.power.empty() ? rail.current : rail.power), uw * 1e-6));
    sum += uw;
  }
  if (sum < 0.0) throw Error(ErrorCode::io, fmt::format("the rails {} tell {:g} W in all, which cannot be", labels_of(rails_), sum * 1e-6));
  return sum;
}

std::string labels_of(const std::vector<Rail>& rails) {
  std::string text;
  for (const Rail& rail : rails) text += (text.empty() ? "" : ", ") + base::printable(rail.label);
  return text;
}

std::string name_part(const std::string& label) {
  std::string part = base::printable(label);
  for (char& c : part)
    if (c == ' ' || c == ':' || c == '?') c = '_';
  return part;
}

}  // namespace dnntune::device
