// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/global_pool.h"

#include <cmath>
#include <limits>

#include "kernels/element.h"

namespace dnntune::kernels::reference {

template <typename T>
void global_pool(const GlobalPoolArgs<T>& args, base::Range outputs) noexcept {
  for (std::int64_t item = outputs.begin; item < outputs.end; ++item) {
    const T* values = args.input + item / args.channels * args.positions * args.channels + item % args.channels;
    double sum = 0.0;
    double maximum = -std::numeric_limits<double>::infinity();
    for (std::int64_t i = 0; i < args.positions; ++i) {
      const double value = load(values[i * args.channels]);
      sum += args.kind == GlobalPool::lp ? std::pow(std::fabs(value), args.p) : value;
      if (value > maximum) maximum = value;
    }
    switch (args.kind) {
      case GlobalPool::average: args.output[item] = store<T>(sum / static_cast<double>(args.positions)); break;
      case GlobalPool::maximum: args.output[item] = store<T>(maximum); break;
      case GlobalPool::lp: args.output[item] = store<T>(std::pow(sum, 1.0 / args.p)); break;
    }
  }
}

template void global_pool(const GlobalPoolArgs<float>&, base::Range) noexcept;
template void global_pool(const GlobalPoolArgs<double>&, base::Range) noexcept;
template void global_pool(const GlobalPoolArgs<Float16>&, base::Range) noexcept;
template void global_pool(const GlobalPoolArgs<BFloat16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
