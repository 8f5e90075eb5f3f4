// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/loss.h"

#include <algorithm>
#include <cmath>

namespace dnntune::kernels::reference {

LossSum loss(const LossArgs& args, base::Range positions) noexcept {
  const Reals scores{args.type, args.scores}, weights{args.type, args.weights};
  LossSum sum;
  for (std::int64_t position = positions.begin; position < positions.end; ++position) {
    const std::int64_t first = position / args.inner * args.classes * args.inner + position % args.inner;
    const auto score = [&](std::int64_t i) { return scores[first + i * args.inner]; };
    double log_total = 0.0;  // what turns a score into a log-probability
    if (args.softmax && args.classes > 0) {
      double largest = score(0), total = 0.0;
      for (std::int64_t i = 1; i < args.classes; ++i) largest = std::max(largest, score(i));
      for (std::int64_t i = 0; i < args.classes; ++i) total += std::exp(score(i) - largest);
      log_total = largest + std::log(total);
    }
    if (args.log_probabilities != nullptr)
      for (std::int64_t i = 0; i < args.classes; ++i) write_one(args.type, score(i) - log_total, args.log_probabilities, first + i * args.inner);

    const auto wanted = read_one<std::int64_t>(args.target_type, args.targets, position);
    const bool counts = wanted != args.ignored;
    const double weight = !counts ? 0.0 : args.weights == nullptr ? 1.0 : weights[wanted];
    const double cost = counts ? weight * (log_total - score(wanted)) : 0.0;
    if (args.losses != nullptr) write_one(args.type, cost, args.losses, position);
    sum.losses += cost;
    sum.weights += weight;
  }
  return sum;
}

}  // namespace dnntune::kernels::reference
