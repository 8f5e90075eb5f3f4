// SPDX-License-Identifier: Apache-2.0
// Transposition of matrices of 4-byte elements.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::simd {

/// y[b, c, r] = x[b, r, c]
struct TransposeArgs {
  const float* x = nullptr;  ///< [batch, rows, columns]
  float* y = nullptr;        ///< [batch, columns, rows]
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

/// Columns that belong together: 64 bytes of x.
inline constexpr std::int64_t kTransposeColumns = 16;

/// Items are blocks of kTransposeColumns columns, for each of `batch`.
using TransposeFn = void (*)(const TransposeArgs& args, base::Range blocks) noexcept;
TransposeFn transpose_kernel() noexcept;

}  // namespace dnntune::kernels::simd
