// SPDX-License-Identifier: Apache-2.0
// Range and EyeLike: elements made from where they stand.
#pragma once

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// y[i] = start + i delta; integers wrap. `Range` is over y.
struct RangeArgs {
  const void* start = nullptr;
  const void* delta = nullptr;
  void* y = nullptr;
};
using RangeKernel = Kernel<RangeArgs>;
/// Null for boolean.
RangeKernel range_kernel(DataType type) noexcept;

/// y [rows, columns]: 1 on diagonal k (columns to the right of the main one), 0 elsewhere. `Range` is
/// over rows.
struct EyeArgs {
  void* y = nullptr;
  std::int64_t columns = 1, k = 0;
};
using EyeKernel = Kernel<EyeArgs>;
EyeKernel eye_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
