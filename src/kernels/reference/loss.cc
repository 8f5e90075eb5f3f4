// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/loss.h"

#include <algorithm>
#include <cmath>

namespace dnntune::kernels::reference {

template <typename T, typename Index>
LossSum loss(const LossArgs<T>& args, const Index* target, base::Range positions) noexcept {
  LossSum sum;
  for (std::int64_t position = positions.begin; position < positions.end; ++position) {
    const std::int64_t first = position / args.inner * args.classes * args.inner + position % args.inner;
    const auto score = [&](std::int64_t i) { return static_cast<double>(args.scores[first + i * args.inner]); };
    double log_total = 0.0;  // what turns a score into a log-probability
    if (args.softmax && args.classes > 0) {
      double largest = score(0), total = 0.0;
      for (std::int64_t i = 1; i < args.classes; ++i) largest = std::max(largest, score(i));
      for (std::int64_t i = 0; i < args.classes; ++i) total += std::exp(score(i) - largest);
      log_total = largest + std::log(total);
    }
    if (args.log_probabilities != nullptr)
      for (std::int64_t i = 0; i < args.classes; ++i) args.log_probabilities[first + i * args.inner] = static_cast<T>(score(i) - log_total);

    const auto wanted = static_cast<std::int64_t>(target[position]);
    const bool counts = wanted != args.ignored;
    const double weight = !counts ? 0.0 : args.weights == nullptr ? 1.0 : static_cast<double>(args.weights[wanted]);
    const double cost = counts ? weight * (log_total - score(wanted)) : 0.0;
    if (args.losses != nullptr) args.losses[position] = static_cast<T>(cost);
    sum.losses += cost;
    sum.weights += weight;
  }
  return sum;
}

template LossSum loss(const LossArgs<float>&, const std::int32_t*, base::Range) noexcept;
template LossSum loss(const LossArgs<float>&, const std::int64_t*, base::Range) noexcept;
template LossSum loss(const LossArgs<double>&, const std::int32_t*, base::Range) noexcept;
template LossSum loss(const LossArgs<double>&, const std::int64_t*, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
