// SPDX-License-Identifier: Apache-2.0
// The cheapest way to divide a graph between device and cloud when nothing returns from the cloud, in
// whole numbers. Knows nothing of profiles and links.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dnntune/plan.h"

namespace dnntune::plan {

/// All costs are >= 0 and together below 2^52.
struct ClosureProblem {
  /// A cost that makes a place impossible.
  static constexpr std::int64_t kImpossible = -1;

  struct Value {
    int producer = -1;           ///< -1: on the device from the start.
    std::vector<int> consumers;
    std::int64_t upload = 0;     ///< Paid once when the producer is on the device and a consumer is not.
  };
  std::vector<std::int64_t> device;  ///< Cost of each layer on the device.
  std::vector<std::int64_t> cloud;   ///< And in the cloud, downloads of its outputs included.
  std::vector<Value> values;
};

/// The cheapest assignment with at least one layer on each side; no value when there is none.
/// Among equals it has as many layers on the device as possible.
std::optional<std::vector<Tier>> best_split(const ClosureProblem& problem);

}  // namespace dnntune::plan
