// SPDX-License-Identifier: Apache-2.0
// Element-wise functions of any number of operands with broadcasting.
#pragma once

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

enum class Variadic { max, min, sum, mean };

/// All walks are over the elements of y, which is dense; operand k moves as walks[k] says. y may be
/// inputs[0] where that is dense.
struct VariadicArgs {
  const void* const* inputs = nullptr;
  const Walk<1>* walks = nullptr;
  std::int64_t count = 0;
  void* y = nullptr;
};
using VariadicKernel = Kernel<VariadicArgs>;

/// Null when ONNX does not define `op` for operands of `type`. max and min give NaN when an operand is.
VariadicKernel variadic_kernel(Variadic op, DataType type) noexcept;

}  // namespace dnntune::kernels::reference
