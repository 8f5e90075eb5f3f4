// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/batch_normalization.h"

#include <cmath>

#include "kernels/element.h"

namespace dnntune::kernels::reference {

template <typename T, typename P>
void batch_normalization(const BatchNormalizationArgs<T, P>& args, base::Range pixels) noexcept {
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const T* input = args.input + pixel * args.channels;
    T* output = args.output + pixel * args.channels;
    for (std::int64_t c = 0; c < args.channels; ++c) {
      const double deviation = std::sqrt(load(args.variance[c]) + args.epsilon);
      output[c] = store<T>((load(input[c]) - load(args.mean[c])) / deviation * load(args.scale[c]) + load(args.bias[c]));
    }
  }
}

template void batch_normalization(const BatchNormalizationArgs<float, float>&, base::Range) noexcept;
template void batch_normalization(const BatchNormalizationArgs<double, double>&, base::Range) noexcept;
template void batch_normalization(const BatchNormalizationArgs<double, float>&, base::Range) noexcept;
template void batch_normalization(const BatchNormalizationArgs<Float16, Float16>&, base::Range) noexcept;
template void batch_normalization(const BatchNormalizationArgs<Float16, float>&, base::Range) noexcept;
template void batch_normalization(const BatchNormalizationArgs<BFloat16, BFloat16>&, base::Range) noexcept;
template void batch_normalization(const BatchNormalizationArgs<BFloat16, float>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
