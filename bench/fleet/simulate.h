// SPDX-License-Identifier: Apache-2.0
// Requests through devices, links and the cloud, one by one in order of time.
#pragma once

#include "policies.h"

namespace dnntune::fleet {

struct Cloud {
  int servers = 1;         ///< Each runs one request at a time; one queue, first come first served.
  double report_s = 0.5;   ///< How often it tells clients the wait.
  double smoothing = 0.2;  ///< Weight of the newest wait in what it tells: all clients follow one report, and overshoot.
};

/// Of requests that arrived after the warm-up.
struct Outcome {
  double mean_s = 0.0, p95_s = 0.0;
  double energy_j = 0.0;     ///< A request.
  double offloaded = 0.0;    ///< Share of requests with a part in the cloud.
  double utilisation = 0.0;  ///< Of the servers.
  double wait_s = 0.0;       ///< Mean of those that were offloaded.
};
Outcome simulate(const Demand& demand, Policy& policy, const Cloud& cloud, double warmup_s);

}  // namespace dnntune::fleet
