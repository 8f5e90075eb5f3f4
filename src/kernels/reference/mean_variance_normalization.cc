// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/mean_variance_normalization.h"

#include <cmath>

#include "kernels/element.h"
#include "kernels/reference/moments.h"

namespace dnntune::kernels::reference {

template <typename T>
void mean_variance_normalization(const MeanVarianceNormalizationArgs<T>& args, base::Range kept) noexcept {
  const std::int64_t count = args.reduced.count();
  for (std::int64_t item = kept.begin; item < kept.end; ++item) {
    const std::int64_t first = args.kept.offset(item);
    const Moments of_item = moments(count, [&](std::int64_t i) { return load(args.input[first + args.reduced.offset(i)]); });
    const double deviation = std::sqrt(of_item.variance) + args.epsilon;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t at = first + args.reduced.offset(i);
      args.output[at] = store<T>((load(args.input[at]) - of_item.mean) / deviation);
    }
  }
}

template void mean_variance_normalization(const MeanVarianceNormalizationArgs<float>&, base::Range) noexcept;
template void mean_variance_normalization(const MeanVarianceNormalizationArgs<double>&, base::Range) noexcept;
template void mean_variance_normalization(const MeanVarianceNormalizationArgs<Float16>&, base::Range) noexcept;
template void mean_variance_normalization(const MeanVarianceNormalizationArgs<BFloat16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
