// SPDX-License-Identifier: Apache-2.0
// Deployments that can be the best over some trace.
#pragma once

#include <cstddef>
#include <vector>

#include "plan/problem.h"

namespace dnntune::plan {

struct Candidates {
  std::vector<std::vector<Tier>> tiers;
  /// Every other deployment is beaten by one of these in device time, cloud time, bytes up and bytes down at once; and in energy, where
  /// that is minimised.
  bool complete = true;
};

/// Those that no other beats, over all pairs of processors. Where they need more than `most_labels` partial placements, the best splits for
/// bandwidths from `slowest` to `fastest` times the request's link, with `complete` false. All on one side is not always among them.
Candidates trace_candidates(const PlanRequest& request, const Problem& problem, double slowest, double fastest, std::size_t most_labels);

}  // namespace dnntune::plan
