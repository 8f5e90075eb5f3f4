// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/mean_variance_normalization.h"

#include <cmath>

#include "kernels/reference/moments.h"

namespace dnntune::kernels::reference {
namespace {

void mean_variance_normalization(const MeanVarianceNormalizationArgs& args, ElementTypes types, base::Range kept) noexcept {
  const Reals input{types.type, args.input};
  const std::int64_t count = args.reduced.count();
  for (std::int64_t item = kept.begin; item < kept.end; ++item) {
    const std::int64_t first = args.kept.offset(item);
    const Moments of_item = moments(count, [&](std::int64_t i) { return input[first + args.reduced.offset(i)]; });
    const double deviation = std::sqrt(of_item.variance) + args.epsilon;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t at = first + args.reduced.offset(i);
      write_one(types.type, (input[at] - of_item.mean) / deviation, args.output, at);
    }
  }
}

}  // namespace

MeanVarianceNormalizationKernel mean_variance_normalization_kernel(DataType type) noexcept {
  return is_real(type) ? MeanVarianceNormalizationKernel(mean_variance_normalization, {type}) : nullptr;
}

}  // namespace dnntune::kernels::reference
