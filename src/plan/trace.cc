// SPDX-License-Identifier: Apache-2.0
// LinkTrace: what makes one, and its questions, each answered alone.
#include "dnntune/trace.h"

#include <cmath>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/trace_index.h"

namespace dnntune {
namespace {

double stretch_end(const LinkTrace& trace, std::size_t i) noexcept {
  return i + 1 < trace.points.size() ? trace.points[i + 1].time_s : trace.duration_s;
}

}  // namespace

void LinkTrace::check() const {
  const auto refuse = [&](std::size_t i, const char* field, double value, const char* rule) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("trace '{}': point {}: {} is {}, it must be {}", name, i, field, value, rule));
  };
  if (points.empty()) throw Error(ErrorCode::invalid_argument, fmt::format("trace '{}' has no points", name));
  if (!std::isfinite(duration_s))
    throw Error(ErrorCode::invalid_argument, fmt::format("trace '{}': duration_s is not finite", name));
  for (std::size_t i = 0; i < points.size(); ++i) {
    const TracePoint& point = points[i];
    if (i == 0 && point.time_s != 0.0) refuse(i, "time_s", point.time_s, "0");
    if (!(point.time_s < stretch_end(*this, i)))
      refuse(i, "time_s", point.time_s, fmt::format("below what follows, {}", stretch_end(*this, i)).c_str());
    // Bits are added up along the trace: one absurd rate would take the digits of all others.
    constexpr double kMostBps = 1e15, kMostSeconds = 1e6;
    if (!(point.bandwidth_up_bps >= 0.0 && point.bandwidth_up_bps <= kMostBps)) refuse(i, "bandwidth_up_bps", point.bandwidth_up_bps, "0 to 1e15");
    if (!(point.bandwidth_down_bps >= 0.0 && point.bandwidth_down_bps <= kMostBps)) refuse(i, "bandwidth_down_bps", point.bandwidth_down_bps, "0 to 1e15");
    if (!(point.round_trip_s >= 0.0 && point.round_trip_s <= kMostSeconds)) refuse(i, "round_trip_s", point.round_trip_s, "0 to 1e6");
  }
}

Link LinkTrace::at(double time_s) const {
  check();
  const TracePoint& point = plan::TraceIndex(*this).at(time_s);
  return {.name = name,
          .bandwidth_up_bps = point.bandwidth_up_bps,
          .bandwidth_down_bps = point.bandwidth_down_bps,
          .round_trip_s = point.round_trip_s,
          .radio = radio,
          .source = source};
}

double LinkTrace::bytes_between(Way way, double start_s, double end_s) const {
  check();
  return plan::TraceIndex(*this).bytes_between(way, start_s, end_s);
}

double LinkTrace::end_s(Way way, double start_s, double bytes) const {
  check();
  return plan::TraceIndex(*this).end_s(way, start_s, bytes);
}

}  // namespace dnntune
