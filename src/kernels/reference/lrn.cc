// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/lrn.h"

#include <algorithm>
#include <cmath>

namespace dnntune::kernels::reference {
namespace {

void lrn(const LrnArgs& args, ElementTypes types, base::Range pixels) noexcept {
  const Reals input{types.type, args.input};
  const std::int64_t before = (args.size - 1) / 2;
  const std::int64_t after = args.size - 1 - before;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const std::int64_t first = pixel * args.channels;
    for (std::int64_t c = 0; c < args.channels; ++c) {
      const std::int64_t last = std::min(args.channels - 1, c + after);
      double squares = 0.0;
      for (std::int64_t i = std::max<std::int64_t>(0, c - before); i <= last; ++i) squares += input[first + i] * input[first + i];
      const double base = args.bias + args.alpha / static_cast<double>(args.size) * squares;
      write_one(types.type, input[first + c] / std::pow(base, args.beta), args.output, first + c);
    }
  }
}

}  // namespace

LrnKernel lrn_kernel(DataType type) noexcept { return is_real(type) ? LrnKernel(lrn, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
