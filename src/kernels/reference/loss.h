// SPDX-License-Identifier: Apache-2.0
// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

struct LossArgs {
  DataType type = DataType::undefined;         ///< Of all but the targets: a float type
  DataType target_type = DataType::undefined;  ///< int32 or int64
  const void* targets = nullptr;               ///< [batch, inner]
  const void* scores = nullptr;   ///< [batch, classes, inner]
  const void* weights = nullptr;  ///< [classes], or null: all 1
  void* losses = nullptr;         ///< [batch, inner], weighted; or null
  void* log_probabilities = nullptr;  ///< As `scores`; or null
  std::int64_t classes = 0, inner = 1;
  std::optional<std::int64_t> ignored;  ///< Positions with this class cost nothing and weigh nothing.
  bool softmax = false;  ///< The scores are logits, not log-probabilities.
};

struct LossSum {
  double losses = 0.0;
  double weights = 0.0;
};

/// Losses of positions (batch * inner of them), whose classes are `targets`; returns their sums.
LossSum loss(const LossArgs& args, base::Range positions) noexcept;

}  // namespace dnntune::kernels::reference
