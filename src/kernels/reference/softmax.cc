// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/softmax.h"

#include <cmath>

namespace dnntune::kernels::reference {
namespace {

void softmax(const SoftmaxArgs& args, ElementTypes types, base::Range vectors) noexcept {
  const Reals input{types.type, args.input};
  for (std::int64_t item = vectors.begin; item < vectors.end; ++item) {
    const std::int64_t first = item / args.inner * args.size * args.inner + item % args.inner;
    const auto value = [&](std::int64_t i) { return input[first + i * args.inner]; };

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
      write_one(types.type, result, args.output, first + i * args.inner);
    }
  }
}

}  // namespace

SoftmaxKernel softmax_kernel(DataType type) noexcept { return is_real(type) ? SoftmaxKernel(softmax, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
