// SPDX-License-Identifier: Apache-2.0
// The cheapest way to divide a graph between device and cloud when nothing returns from the cloud, in
// whole numbers. Knows nothing of profiles and links.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dnntune/plan.h"
#include "plan/elimination.h"
#include "plan/line_cut.h"

namespace dnntune::plan {

/// All costs are >= 0 and together below 2^52.
struct ClosureProblem {
  /// A cost that makes a place impossible.
  static constexpr std::int64_t kImpossible = LineProblem::kImpossible;

  std::vector<std::int64_t> device;  ///< Cost of each layer on the device.
  std::vector<std::int64_t> cloud;   ///< And in the cloud, downloads of its outputs included.
  std::vector<LineValue> values;     ///< Outputs need no mark: see `cloud`.
  std::vector<std::int64_t> upload;   ///< Of each value, paid once when its producer is on the device and a consumer is not.
  /// Of this graph's shape (`closure_shape`), in place of minimum cuts; none: not asked for, or the graph is too wide. Borrowed.
  const Elimination* elimination = nullptr;
};

/// Serves all problems with the same values, whatever they cost.
LineShape closure_shape(const ClosureProblem& problem);

/// The cheapest assignment with at least one layer on each side; no value when there is none.
/// Among equals it has as many layers on the device as possible.
std::optional<std::vector<Tier>> best_split(const ClosureProblem& problem);

}  // namespace dnntune::plan
