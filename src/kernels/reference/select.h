// SPDX-License-Identifier: Apache-2.0
// Where and Clip.
#pragma once

#include <cstddef>

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

/// y = condition ? a : b. The walk is over the elements of y, which is dense; operands: condition, a, b.
struct WhereArgs {
  const void* condition = nullptr;
  const void* a = nullptr;
  const void* b = nullptr;
  void* y = nullptr;
  const Walk<3>* walk = nullptr;
};
using WhereKernel = void (*)(const WhereArgs&, Range) noexcept;
/// For elements of `bytes` (1, 2, 4 or 8); null for others.
WhereKernel where_kernel(std::size_t bytes) noexcept;

/// y = min(max(x, lower), upper); NaN stays NaN. `lower` and `upper` are scalars of the element type;
/// null: no bound. x and y are dense and may be the same.
struct ClipArgs {
  const void* x = nullptr;
  const void* lower = nullptr;
  const void* upper = nullptr;
  void* y = nullptr;
};
using ClipKernel = Kernel<ClipArgs>;
ClipKernel clip_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
