// SPDX-License-Identifier: Apache-2.0
// General matrix product: activation(alpha * A' * B' + beta * C), with A' and B' optionally transposed.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

struct GemmArgs {
  const void* a = nullptr;  ///< Element (row, i) at row * a_row_stride + i * a_column_stride
  const void* b = nullptr;  ///< Element (i, column) at i * b_row_stride + column * b_column_stride
  const void* c = nullptr;  ///< Or null
  void* output = nullptr;   ///< [m, n]
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t a_row_stride = 0, a_column_stride = 0;
  std::int64_t b_row_stride = 0, b_column_stride = 0;
  std::int64_t c_row_stride = 0, c_column_stride = 0;  ///< 0 where C is repeated
  double alpha = 1.0;  ///< Integers: the products are converted to double when this is not 1
  double beta = 1.0;
  Activation activation;  ///< Float types only
};

/// Items are output rows: m.
using GemmKernel = Kernel<GemmArgs>;
GemmKernel gemm_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
