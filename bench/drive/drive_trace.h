// SPDX-License-Identifier: Apache-2.0
// A drive through several networks: stretches of LinkTrace's synthetic kinds one after another, with dead spots between.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <dnntune/trace.h>

namespace dnntune::drive {

/// A part of the drive on one network.
struct Stretch {
  std::string kind;       ///< Of LinkTrace::synthetic; "" for a dead spot.
  double start_s = 0.0;
  Radio radio;
};

struct Drive {
  LinkTrace trace;
  std::vector<Stretch> stretches;
  const Stretch& at(double time_s) const;
};

/// Wi-Fi at the start, LTE in town, a tunnel, 3G, LTE on foot, 5G, a dead spot, Wi-Fi: 10 minutes when `duration_s` is 600, each stretch
/// in proportion else. The same seed gives the same drive. Throws invalid_argument for less than 60 s.
Drive make_drive(std::uint64_t seed, double duration_s);

}  // namespace dnntune::drive
