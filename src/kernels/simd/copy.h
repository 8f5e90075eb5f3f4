// SPDX-License-Identifier: Apache-2.0
// Copies of many short rows, as they come up where images are joined and split along their channels.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::simd {

struct CopyRowsArgs {
  const float* from = nullptr;
  float* to = nullptr;
  std::int64_t from_stride = 0, to_stride = 0;  ///< Floats from row to row.
  std::int64_t floats = 0;                      ///< Of a row, at least 1.
};

using CopyRowsFn = void (*)(const CopyRowsArgs& args, base::Range rows) noexcept;
CopyRowsFn copy_rows_kernel() noexcept;

}  // namespace dnntune::kernels::simd
