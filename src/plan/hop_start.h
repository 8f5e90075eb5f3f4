// SPDX-License-Identifier: Apache-2.0
// What a network hop costs because it is used at all: its radio's states and its TCP connection's start.
#pragma once

#include <string>
#include <vector>

#include "dnntune/route.h"

namespace dnntune::plan {

/// Slow start's stall in one direction: a staircase over the bytes of a request.
struct Stalls {
  std::vector<double> ns = {0.0};   ///< By step, rising.
  std::vector<double> most_bytes;   ///< By step; the last step has no limit and no entry.
};
/// For requests of up to `bytes`. Throws invalid_argument as slow_start_stall_s does.
Stalls stalls_of(const TcpStart& tcp, double bandwidth_bps, double round_trip_s, double bytes);

/// Where along an axis the number of rounds that stall changes, for requests of up to `bytes`: between two such places the stall
/// of any number of bytes is linear, in the slowness and in the round trip. The bandwidth is that at slowness 1.
std::vector<double> stall_corners(const TcpStart& tcp, double bandwidth_bps, double round_trip_s, Axis::Kind kind, double bytes);

/// A radio's part, for one request of many, or one alone.
struct RadioShare {
  /// Waiting x ns costs the least of fixed_uj + uj_per_ns * x over all lines: a tail's power only falls.
  struct Line {
    double fixed_uj = 0.0, uj_per_ns = 0.0;
    double from_ns = 0.0;  ///< Where it begins to be the least.
  };
  double wake_ns = 0.0;
  double fixed_uj = 0.0;             ///< Waking and the tail.
  double up_w = 0.0, down_w = 0.0;   ///< While it sends and receives; with a radio that never sleeps, above its tail.
  std::vector<Line> waits = {{}};    ///< Steepest first.
};
/// `interval_s`: RouteRequest's.
RadioShare share_of(const RadioModel& radio, const Link& link, double interval_s);

/// Throws invalid_argument naming `what` for what no device draws: more than a megawatt would round all other energy to nothing.
void check_power(double watt, const std::string& what);

/// Throws invalid_argument naming `what`: figures that are not finite or negative, powers that no device draws, a tail whose power
/// rises or is above the active radio's.
void check_radio(const RadioModel& radio, const std::string& what);

}  // namespace dnntune::plan
