// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/matmul.h"

#include "kernels/element.h"

namespace dnntune::kernels::reference {

template <typename T>
void matmul(const MatmulArgs<T>& args, base::Range rows) noexcept {
  for (std::int64_t item = rows.begin; item < rows.end; ++item) {
    const std::int64_t batch = item / args.m;
    const std::int64_t row = item % args.m;
    const T* a = args.a + args.a_batches.offset(batch) + row * args.k;
    const T* b = args.b + args.b_batches.offset(batch);
    for (std::int64_t column = 0; column < args.n; ++column) {
      Accumulator<T> sum{};
      for (std::int64_t i = 0; i < args.k; ++i) sum += load(a[i]) * load(b[i * args.n + column]);
      if (args.bias != nullptr) sum += load(args.bias[column]);
      if constexpr (is_float<T>) sum = apply(args.activation, sum);
      args.output[item * args.n + column] = store<T>(sum);
    }
  }
}

template void matmul(const MatmulArgs<float>&, base::Range) noexcept;
template void matmul(const MatmulArgs<double>&, base::Range) noexcept;
template void matmul(const MatmulArgs<Float16>&, base::Range) noexcept;
template void matmul(const MatmulArgs<BFloat16>&, base::Range) noexcept;
template void matmul(const MatmulArgs<std::int32_t>&, base::Range) noexcept;
template void matmul(const MatmulArgs<std::int64_t>&, base::Range) noexcept;
template void matmul(const MatmulArgs<std::uint32_t>&, base::Range) noexcept;
template void matmul(const MatmulArgs<std::uint64_t>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
