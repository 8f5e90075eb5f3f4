// SPDX-License-Identifier: Apache-2.0
// One round of measuring a network as calibration does it.
#pragma once

#include <dnntune/calibrate.h>
#include <dnntune/session.h>

namespace dnntune::bench {

struct Measuring {
  double seconds = 0.1;       ///< For a network in a round, at most.
  double calm_wait_s = 20.0;  ///< For undisturbed cores, in a round.
  int visits = 1;             ///< Of all networks, one after another.
  int rounds = 3;             ///< In turns with other networks; the least figures count.
};

Profile measure(Session& session, const Measuring& measuring, const Roofline& roofline);

}  // namespace dnntune::bench
