// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/lrn.h"

#include <algorithm>
#include <cmath>

#include "kernels/element.h"

namespace dnntune::kernels::reference {

template <typename T>
void lrn(const LrnArgs<T>& args, base::Range pixels) noexcept {
  const std::int64_t before = (args.size - 1) / 2;
  const std::int64_t after = args.size - 1 - before;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const T* input = args.input + pixel * args.channels;
    T* output = args.output + pixel * args.channels;
    for (std::int64_t c = 0; c < args.channels; ++c) {
      const std::int64_t last = std::min(args.channels - 1, c + after);
      double squares = 0.0;
      for (std::int64_t i = std::max<std::int64_t>(0, c - before); i <= last; ++i) squares += load(input[i]) * load(input[i]);
      const double base = args.bias + args.alpha / static_cast<double>(args.size) * squares;
      output[c] = store<T>(load(input[c]) / std::pow(base, args.beta));
    }
  }
}

template void lrn(const LrnArgs<float>&, base::Range) noexcept;
template void lrn(const LrnArgs<double>&, base::Range) noexcept;
template void lrn(const LrnArgs<Float16>&, base::Range) noexcept;
template void lrn(const LrnArgs<BFloat16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
