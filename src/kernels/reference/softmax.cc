// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/softmax.h"

#include <cmath>

#include "kernels/element.h"

namespace dnntune::kernels::reference {

template <typename T>
void softmax(const SoftmaxArgs<T>& args, base::Range vectors) noexcept {
  for (std::int64_t item = vectors.begin; item < vectors.end; ++item) {
    const std::int64_t first = item / args.inner * args.size * args.inner + item % args.inner;
    const auto value = [&](std::int64_t i) { return load(args.input[first + i * args.inner]); };

    std::int64_t largest_at = 0;  // the first of equal ones
    for (std::int64_t i = 1; i < args.size; ++i)
      if (value(i) > value(largest_at)) largest_at = i;
    const double largest = args.size > 0 ? value(largest_at) : 0.0;
    double sum = 0.0;  // of exponentials relative to the largest: none overflows
    for (std::int64_t i = 0; i < args.size; ++i) sum += std::exp(value(i) - largest);

    for (std::int64_t i = 0; i < args.size; ++i) {
      const double relative = value(i) - largest;
      const double result = args.kind == Softmax::softmax       ? std::exp(relative) / sum
                            : args.kind == Softmax::log_softmax ? relative - std::log(sum)
                                                                : (i == largest_at ? 1.0 : 0.0);
      args.output[first + i * args.inner] = store<T>(result);
    }
  }
}

template void softmax(const SoftmaxArgs<float>&, base::Range) noexcept;
template void softmax(const SoftmaxArgs<double>&, base::Range) noexcept;
template void softmax(const SoftmaxArgs<Float16>&, base::Range) noexcept;
template void softmax(const SoftmaxArgs<BFloat16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
