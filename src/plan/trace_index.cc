// SPDX-License-Identifier: Apache-2.0
// Rates stand between points, so bits are linear there: transfers are found by their sums, exactly.
#include "plan/trace_index.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::plan {
namespace {

using Way = LinkTrace::Way;

double rate(const TracePoint& point, Way way) noexcept { return way == Way::up ? point.bandwidth_up_bps : point.bandwidth_down_bps; }

}  // namespace

TraceIndex::TraceIndex(const LinkTrace& trace) : trace_(trace) {
  const auto& points = trace.points;
  for (const Way way : {Way::up, Way::down}) {
    std::vector<double>& sums = sums_[static_cast<std::size_t>(way)];
    sums.reserve(points.size() + 1);
    sums.push_back(0.0);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double end_s = i + 1 < points.size() ? points[i + 1].time_s : trace.duration_s;
      sums.push_back(sums.back() + rate(points[i], way) * (end_s - points[i].time_s));
    }
  }
}

TraceIndex::Place TraceIndex::place(double time_s) const {
  if (!std::isfinite(time_s) || time_s < 0.0)
    throw Error(ErrorCode::invalid_argument, fmt::format("trace '{}': the time is {} s, it must be finite and not negative", trace_.name, time_s));
  const double rounds = std::floor(time_s / trace_.duration_s);
  return {rounds, std::clamp(time_s - rounds * trace_.duration_s, 0.0, trace_.duration_s)};
}

std::size_t TraceIndex::stretch_of(double inside_s) const {
  const auto next = std::upper_bound(trace_.points.begin(), trace_.points.end(), inside_s, [](double t, const TracePoint& point) { return t < point.time_s; });
  return static_cast<std::size_t>(next - trace_.points.begin()) - 1;
}

double TraceIndex::bits_until(Way way, double inside_s) const {
  const std::size_t i = stretch_of(inside_s);
  return sums(way)[i] + rate(trace_.points[i], way) * (inside_s - trace_.points[i].time_s);
}

const TracePoint& TraceIndex::at(double time_s) const { return trace_.points[stretch_of(place(time_s).time_s)]; }

double TraceIndex::bytes_between(Way way, double start_s, double end_s) const {
  const Place from = place(start_s), to = place(end_s);
  const double bits = (to.rounds - from.rounds) * round_bits(way) + bits_until(way, to.time_s) - bits_until(way, from.time_s);
  return std::max(bits, 0.0) / 8.0;
}

double TraceIndex::end_s(Way way, double start_s, double bytes) const {
  if (!std::isfinite(bytes) || bytes < 0.0) throw Error(ErrorCode::invalid_argument, fmt::format("trace '{}': a transfer of {} bytes", trace_.name, bytes));
  const Place from = place(start_s);
  if (bytes == 0.0) return start_s;
  if (round_bits(way) == 0.0) return std::numeric_limits<double>::infinity();
  // As if the transfer had begun with the round, and with what that round carried before it.
  double bits = bytes * 8.0 + bits_until(way, from.time_s);
  double rounds = std::floor(bits / round_bits(way));
  bits -= rounds * round_bits(way);
  if (bits <= 0.0) {  // it ends with the last bits of a round, which an outage may follow
    rounds -= 1.0;
    bits = round_bits(way);
  }
  bits = std::min(bits, round_bits(way));
  // The first stretch at whose end they have passed carries some of them: its rate is not 0.
  const auto& all = sums(way);
  const auto i = static_cast<std::size_t>(std::lower_bound(all.begin() + 1, all.end(), bits) - all.begin()) - 1;
  return std::max(start_s, (from.rounds + rounds) * trace_.duration_s + trace_.points[i].time_s + (bits - all[i]) / rate(trace_.points[i], way));
}

}  // namespace dnntune::plan
