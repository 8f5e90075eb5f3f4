// SPDX-License-Identifier: Apache-2.0
#include "drive/drive_trace.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <dnntune/error.h>
#include <fmt/format.h>

namespace dnntune::drive {
namespace {

struct Part {
  const char* kind;
  double share;
};
// Shares of the whole: 600 s make 80 s of Wi-Fi, 130 s of LTE in a car and so on.
constexpr std::array<Part, 8> kParts = {{{"wifi", 80.0 / 600.0}, {"lte-drive", 130.0 / 600.0}, {"", 8.0 / 600.0}, {"3g-drive", 92.0 / 600.0}, {"lte-walk", 80.0 / 600.0},
                                        {"5g-drive", 120.0 / 600.0}, {"", 10.0 / 600.0}, {"wifi", 80.0 / 600.0}}};

}  // namespace

const Stretch& Drive::at(double time_s) const {
  const auto next = std::find_if(stretches.begin(), stretches.end(), [&](const Stretch& stretch) { return stretch.start_s > time_s; });
  return next == stretches.begin() ? stretches.front() : *(next - 1);
}

Drive make_drive(std::uint64_t seed, double duration_s) {
  if (!(duration_s >= 60.0) || !std::isfinite(duration_s)) throw Error(ErrorCode::invalid_argument, fmt::format("a drive of {} s: it must be at least 60", duration_s));
  Drive drive;
  drive.trace.name = fmt::format("drive-{}", seed);
  double start_s = 0.0;
  for (const Part& part : kParts) {
    const double length_s = std::max(1.0, std::round(part.share * duration_s));
    if (*part.kind == '\0') {
      drive.trace.points.push_back({start_s, 0.0, 0.0, drive.trace.points.back().round_trip_s});
      drive.stretches.push_back({"", start_s, drive.stretches.back().radio});
    } else {
      const LinkTrace stretch = LinkTrace::synthetic(part.kind, seed++, length_s);
      for (TracePoint point : stretch.points) {
        point.time_s += start_s;
        drive.trace.points.push_back(point);
      }
      drive.stretches.push_back({part.kind, start_s, stretch.radio});
      drive.trace.source += fmt::format("{}{:g} s: {}", drive.trace.source.empty() ? "" : "; ", length_s, stretch.source);
    }
    start_s += length_s;
  }
  drive.trace.duration_s = start_s;
  drive.trace.radio = drive.stretches.front().radio;
  drive.trace.check();
  return drive;
}

}  // namespace dnntune::drive
