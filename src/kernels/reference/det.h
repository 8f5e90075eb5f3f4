// SPDX-License-Identifier: Apache-2.0
// Determinants of square matrices.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

template <typename T>
struct DetArgs {
  const T* input = nullptr;  ///< [matrices, size, size]
  T* output = nullptr;       ///< [matrices]
  double* scratch = nullptr; ///< [size, size] of each worker's own
  std::int64_t size = 0;
};

/// By elimination with partial pivoting, in double. Items are matrices.
template <typename T>
void det(const DetArgs<T>& args, base::Range matrices) noexcept;

}  // namespace dnntune::kernels::reference
