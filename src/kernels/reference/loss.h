// SPDX-License-Identifier: Apache-2.0
// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
#pragma once

#include <cstdint>
#include <optional>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

template <typename T>
struct LossArgs {
  const T* scores = nullptr;   ///< [batch, classes, inner]
  const T* weights = nullptr;  ///< [classes], or null: all 1
  T* losses = nullptr;         ///< [batch, inner], weighted; or null
  T* log_probabilities = nullptr;  ///< As `scores`; or null
  std::int64_t classes = 0, inner = 1;
  std::optional<std::int64_t> ignored;  ///< Positions with this class cost nothing and weigh nothing.
  bool softmax = false;  ///< The scores are logits, not log-probabilities.
};

struct LossSum {
  double losses = 0.0;
  double weights = 0.0;
};

/// Losses of positions (batch * inner of them), whose classes are `target[position]`; returns their sums.
template <typename T, typename Index>
LossSum loss(const LossArgs<T>& args, const Index* target, base::Range positions) noexcept;

}  // namespace dnntune::kernels::reference
