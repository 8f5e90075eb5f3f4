// SPDX-License-Identifier: Apache-2.0
// LinkTrace: how a link changed over time, and how long a transfer takes on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/link.h"

namespace dnntune {

/// The link from `time_s` on, until the next point. A rate of 0 is an outage.
struct TracePoint {
  double time_s = 0.0;
  double bandwidth_up_bps = 0.0;
  double bandwidth_down_bps = 0.0;
  double round_trip_s = 0.0;
};

/// A plain value. What follows its end is its beginning again.
struct DNNTUNE_API LinkTrace {
  enum class Way : int { up = 0, down = 1 };

  std::string name = {};
  std::vector<TracePoint> points = {};  ///< Times ascending; the first is 0.
  double duration_s = 0.0;              ///< After the last point's time.
  Radio radio = {};                     ///< Of the links that `at` gives.
  std::string source = {};

  /// Reads "time_s,up_mbps,down_mbps,rtt_ms", a header line first; blank lines and lines that start with # are left
  /// out. The last row holds as long as the one before it, or 1 s when it is alone. Throws invalid_argument naming the
  /// line and the column.
  static LinkTrace from_csv(const std::string& csv, const std::string& name = "trace");
  std::string to_csv() const;
  /// Schema "dnntune.trace/1"; without the radio. Throws invalid_argument naming the field.
  static LinkTrace from_json(const std::string& json);
  std::string to_json() const;
  /// Throws invalid_argument naming the point: times must ascend from 0 and stay below the duration, figures be finite
  /// and not negative.
  void check() const;

  /// "lte-walk", "3g-drive", "lte-drive", "wifi", "5g-drive", "5g-mmwave" (those that drive and mmWave have outages): one point every `step_s`, the same for
  /// the same seed on every machine. Rates are log-normal and remember the step before; levels and spreads are those of
  /// published measurements, named in `source`. Not recordings. Throws not_found listing the kinds.
  static LinkTrace synthetic(const std::string& kind, std::uint64_t seed, double duration_s = 600.0, double step_s = 1.0);
  static std::vector<std::string> synthetic_kinds();

  /// The link at a time (from 0 on); the bandwidth is 0 in an outage. O(n), as the two below.
  Link at(double time_s) const;
  /// When the last of `bytes` has passed, if the first sets off at `start_s`; exact for rates that stand between points.
  /// Infinite when the trace never carries anything.
  double end_s(Way way, double start_s, double bytes) const;
  /// Bytes that pass from `start_s` to `end_s`.
  double bytes_between(Way way, double start_s, double end_s) const;
};

}  // namespace dnntune
