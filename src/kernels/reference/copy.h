// SPDX-License-Identifier: Apache-2.0
// Moving elements between strided places: Transpose, Concat, Split, Slice, Expand, Tile; and filling.
#pragma once

#include <cstddef>

#include "dnntune/tensor.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

/// Operand 0 of the walk is `from`, operand 1 is `to`; both point at the walk's first element. The
/// places in `to` are distinct and do not overlap `from`.
struct CopyArgs {
  const void* from = nullptr;
  void* to = nullptr;
  const Walk<2>* walk = nullptr;
};
using CopyKernel = void (*)(const CopyArgs&, Range) noexcept;
/// For elements of `bytes` (1, 2, 4 or 8); null for others.
CopyKernel copy_kernel(std::size_t bytes) noexcept;

/// Every element of y becomes *value.
struct FillArgs {
  const void* value = nullptr;
  void* y = nullptr;
};
using FillKernel = void (*)(const FillArgs&, Range) noexcept;
FillKernel fill_kernel(std::size_t bytes) noexcept;

/// `Range` is over bytes.
struct CopyBytesArgs {
  const void* from = nullptr;
  void* to = nullptr;
};
void copy_bytes(const CopyBytesArgs& args, Range range) noexcept;

}  // namespace dnntune::kernels::reference
