// SPDX-License-Identifier: Apache-2.0
// LinkTrace: rates that stand between points, integrated exactly.
#include "dnntune/trace.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune {
namespace {

double rate(const TracePoint& point, LinkTrace::Way way) noexcept {
  return way == LinkTrace::Way::up ? point.bandwidth_up_bps : point.bandwidth_down_bps;
}

double stretch_end(const LinkTrace& trace, std::size_t i) noexcept {
  return i + 1 < trace.points.size() ? trace.points[i + 1].time_s : trace.duration_s;
}

/// Bits from the trace's start to `time_s` within it.
double bits_until(const LinkTrace& trace, LinkTrace::Way way, double time_s) noexcept {
  double bits = 0.0;
  for (std::size_t i = 0; i < trace.points.size() && trace.points[i].time_s < time_s; ++i)
    bits += rate(trace.points[i], way) * (std::min(stretch_end(trace, i), time_s) - trace.points[i].time_s);
  return bits;
}

/// Rounds of the trace that are over at `time_s`, and the time within the current one.
struct Place {
  double rounds = 0.0;
  double time_s = 0.0;
};

Place place(const LinkTrace& trace, double time_s) {
  if (!std::isfinite(time_s) || time_s < 0.0)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("trace '{}': the time is {} s, it must be finite and not negative", trace.name, time_s));
  const double rounds = std::floor(time_s / trace.duration_s);
  return {rounds, std::clamp(time_s - rounds * trace.duration_s, 0.0, trace.duration_s)};
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
    const auto figure = [&](const char* field, double value) {
      if (!std::isfinite(value) || value < 0.0) refuse(i, field, value, "finite and not negative");
    };
    figure("bandwidth_up_bps", point.bandwidth_up_bps);
    figure("bandwidth_down_bps", point.bandwidth_down_bps);
    figure("round_trip_s", point.round_trip_s);
  }
}

Link LinkTrace::at(double time_s) const {
  check();
  const double inside = place(*this, time_s).time_s;
  const auto next = std::upper_bound(points.begin(), points.end(), inside,
                                     [](double t, const TracePoint& point) { return t < point.time_s; });
  const TracePoint& point = *std::prev(next);
  return {.name = name,
          .bandwidth_up_bps = point.bandwidth_up_bps,
          .bandwidth_down_bps = point.bandwidth_down_bps,
          .round_trip_s = point.round_trip_s,
          .radio = radio,
          .source = source};
}

double LinkTrace::bytes_between(Way way, double start_s, double end_s) const {
  check();
  const Place from = place(*this, start_s), to = place(*this, end_s);
  const double bits = (to.rounds - from.rounds) * bits_until(*this, way, duration_s) + bits_until(*this, way, to.time_s) -
                      bits_until(*this, way, from.time_s);
  return std::max(bits, 0.0) / 8.0;
}

double LinkTrace::end_s(Way way, double start_s, double bytes) const {
  check();
  if (!std::isfinite(bytes) || bytes < 0.0)
    throw Error(ErrorCode::invalid_argument, fmt::format("trace '{}': a transfer of {} bytes", name, bytes));
  const Place from = place(*this, start_s);
  if (bytes == 0.0) return start_s;
  const double round_bits = bits_until(*this, way, duration_s);
  if (round_bits == 0.0) return std::numeric_limits<double>::infinity();
  // As if the transfer had begun with the round, and with what that round carried before it.
  double bits = bytes * 8.0 + bits_until(*this, way, from.time_s);
  double rounds = std::floor(bits / round_bits);
  bits -= rounds * round_bits;
  if (bits <= 0.0) {  // it ends with the last bits of a round, which an outage may follow
    rounds -= 1.0;
    bits = round_bits;
  }
  double last_s = 0.0;  // end of the last stretch that carried anything: where rounding leaves a remainder
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double bps = rate(points[i], way), length_s = stretch_end(*this, i) - points[i].time_s;
    if (bps == 0.0) continue;
    if (bits <= bps * length_s) return (from.rounds + rounds) * duration_s + points[i].time_s + bits / bps;
    bits -= bps * length_s;
    last_s = points[i].time_s + length_s;
  }
  return (from.rounds + rounds) * duration_s + last_s;
}

}  // namespace dnntune
