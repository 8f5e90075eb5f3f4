// SPDX-License-Identifier: Apache-2.0
// Padding in any mode: the caller says, for each dimension, where each output coordinate comes from.
#pragma once

#include <cstddef>

#include "dnntune/tensor.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

/// sources[d][i]: offset in x, in elements, that coordinate i of dimension d of y adds; kPadded: the
/// element is *value. At least one dimension.
struct PadArgs {
  const void* x = nullptr;
  const void* value = nullptr;
  void* y = nullptr;
  int rank = 0;
  const std::int64_t* dims = nullptr;  ///< Of y.
  const std::int64_t* const* sources = nullptr;
};
inline constexpr std::int64_t kPadded = -1;
/// `Range` is over the rows (innermost dimension) of y.
using PadKernel = void (*)(const PadArgs&, Range) noexcept;
/// For elements of `bytes` (1, 2, 4 or 8); null for others.
PadKernel pad_kernel(std::size_t bytes) noexcept;

}  // namespace dnntune::kernels::reference
