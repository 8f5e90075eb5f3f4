// SPDX-License-Identifier: Apache-2.0
// Conversion between element types.
#pragma once

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// Both dense; `Range` is over elements.
struct CastArgs {
  const void* x = nullptr;
  void* y = nullptr;
};
using CastKernel = Kernel<CastArgs>;

/// Rounds to the nearest, ties to even, towards a floating type; truncates and saturates from floating
/// to integer, NaN to 0; wraps between integers; anything but 0 is true. Null for an undefined type.
CastKernel cast_kernel(DataType from, DataType to) noexcept;

}  // namespace dnntune::kernels::reference
