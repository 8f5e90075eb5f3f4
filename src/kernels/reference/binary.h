// SPDX-License-Identifier: Apache-2.0
// Element-wise functions of two operands with broadcasting.
#pragma once

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

enum class Binary {
  add, sub, mul,
  div,          ///< Integers truncate; x / 0 is 0 and the least value / -1 wraps.
  mod,          ///< Integers; the sign of the divisor, as in Python; x mod 0 is 0.
  fmod,         ///< The sign of the dividend, as in C; integers: x mod 0 is 0.
  prelu,        ///< a < 0 ? a b : a
  shift_left, shift_right,  ///< Unsigned integers; a shift by the width or more gives 0.
  logical_and, logical_or, logical_xor,                       ///< y is boolean, as below.
  equal, greater, greater_or_equal, less, less_or_equal,
};

/// The walk is over the elements of y, which is dense; operand 0 is a, operand 1 is b. y may be a or b
/// where that is dense and of y's element size.
struct BinaryArgs {
  const void* a = nullptr;
  const void* b = nullptr;
  void* y = nullptr;
  const Walk<2>* walk = nullptr;
};
using BinaryKernel = Kernel<BinaryArgs>;

/// Null when ONNX does not define `op` for operands of `type`.
BinaryKernel binary_kernel(Binary op, DataType type) noexcept;
/// a to the power b; y has the type of a. Null when ONNX does not define it.
BinaryKernel pow_kernel(DataType base, DataType exponent) noexcept;

}  // namespace dnntune::kernels::reference
