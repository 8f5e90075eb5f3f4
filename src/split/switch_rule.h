// SPDX-License-Identifier: Apache-2.0
// When a session leaves a plan for another one.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace dnntune::split {

/// Keeps a choice until another is cheaper by more than `margin` (a share of the other's cost) for so long that the losses beyond it,
/// added up from decision to decision without a break, reach `patience` times the other's cost. A choice without a finite cost is left at once. Pure.
class SwitchRule {
 public:
  SwitchRule(double margin, double patience) : margin_(margin), patience_(patience) {}

  /// The choice among `costs`, one a plan, not empty and always in the same order. The first time: the cheapest, the first among equals.
  std::size_t choose(std::span<const double> costs) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < costs.size(); ++i)
      if (costs[i] < costs[best]) best = i;
    if (!chosen_ || best == current_ || !std::isfinite(costs[current_])) return take(best);
    const double loss = costs[current_] - costs[best] * (1.0 + margin_);
    lost_ = loss > 0.0 ? lost_ + loss / costs[best] : 0.0;
    return loss > 0.0 && lost_ >= patience_ ? take(best) : current_;
  }

 private:
  std::size_t take(std::size_t choice) {
    chosen_ = true;
    lost_ = 0.0;
    return current_ = choice;
  }

  double margin_, patience_;
  bool chosen_ = false;
  std::size_t current_ = 0;
  double lost_ = 0.0;  ///< In costs of the best.
};

}  // namespace dnntune::split
