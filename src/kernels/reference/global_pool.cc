// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/global_pool.h"

#include <cmath>
#include <limits>

namespace dnntune::kernels::reference {
namespace {

void global_pool(const GlobalPoolArgs& args, ElementTypes types, base::Range outputs) noexcept {
  const Reals input{types.type, args.input};
  for (std::int64_t item = outputs.begin; item < outputs.end; ++item) {
    const std::int64_t first = item / args.channels * args.positions * args.channels + item % args.channels;
    double sum = 0.0;
    double maximum = -std::numeric_limits<double>::infinity();
    for (std::int64_t i = 0; i < args.positions; ++i) {
      const double value = input[first + i * args.channels];
      sum += args.kind == GlobalPool::lp ? std::pow(std::fabs(value), args.p) : value;
      if (value > maximum) maximum = value;
    }
    const double result = args.kind == GlobalPool::average ? sum / static_cast<double>(args.positions)
                          : args.kind == GlobalPool::lp    ? std::pow(sum, 1.0 / args.p)
                                                           : maximum;
    write_one(types.type, result, args.output, item);
  }
}

}  // namespace

GlobalPoolKernel global_pool_kernel(DataType type) noexcept { return is_real(type) ? GlobalPoolKernel(global_pool, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
