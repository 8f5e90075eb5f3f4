// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/gemm.h"

#include <limits>

#include "kernels/element.h"

namespace dnntune::kernels::reference {
namespace {

/// factor * value; integers stay exact for a factor of 1, else truncate and saturate.
template <typename T>
Accumulator<T> scaled(double factor, Accumulator<T> value) noexcept {
  if constexpr (is_float<T>) {
    return factor * value;
  } else {
    if (factor == 1.0) return value;
    const double product = factor * static_cast<double>(static_cast<T>(value));
    if (product >= static_cast<double>(std::numeric_limits<T>::max())) return load(std::numeric_limits<T>::max());
    if (product <= static_cast<double>(std::numeric_limits<T>::min())) return load(std::numeric_limits<T>::min());
    return load(static_cast<T>(product));
  }
}

}  // namespace

template <typename T>
void gemm(const GemmArgs<T>& args, base::Range rows) noexcept {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    for (std::int64_t column = 0; column < args.n; ++column) {
      Accumulator<T> sum{};
      for (std::int64_t i = 0; i < args.k; ++i)
        sum += load(args.a[row * args.a_row_stride + i * args.a_column_stride]) *
               load(args.b[i * args.b_row_stride + column * args.b_column_stride]);
      sum = scaled<T>(args.alpha, sum);
      if (args.c != nullptr)
        sum += scaled<T>(args.beta, load(args.c[row * args.c_row_stride + column * args.c_column_stride]));
      if constexpr (is_float<T>) sum = apply(args.activation, sum);
      args.output[row * args.n + column] = store<T>(sum);
    }
  }
}

template void gemm(const GemmArgs<float>&, base::Range) noexcept;
template void gemm(const GemmArgs<double>&, base::Range) noexcept;
template void gemm(const GemmArgs<Float16>&, base::Range) noexcept;
template void gemm(const GemmArgs<BFloat16>&, base::Range) noexcept;
template void gemm(const GemmArgs<std::int32_t>&, base::Range) noexcept;
template void gemm(const GemmArgs<std::int64_t>&, base::Range) noexcept;
template void gemm(const GemmArgs<std::uint32_t>&, base::Range) noexcept;
template void gemm(const GemmArgs<std::uint64_t>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
