// SPDX-License-Identifier: Apache-2.0
// Determinants of square matrices.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

struct DetArgs {
  const void* input = nullptr;  ///< [matrices, size, size]
  void* output = nullptr;       ///< [matrices]
  double* scratch = nullptr; ///< [size, size] of each worker's own
  std::int64_t size = 0;
};

/// By elimination with partial pivoting, in double. Items are matrices.
using DetKernel = Kernel<DetArgs>;
DetKernel det_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
