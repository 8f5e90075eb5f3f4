// SPDX-License-Identifier: Apache-2.0
// Element-wise functions of one operand.
#pragma once

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

enum class Unary {
  abs, acos, acosh, asin, asinh, atan, atanh, ceil, cos, cosh, erf, exp, floor, log, neg, reciprocal, round, sign,
  sin, sinh, sqrt, tan, tanh,
  relu,
  leaky_relu,        ///< alpha: slope
  elu,               ///< alpha
  selu,              ///< alpha; beta: gamma
  celu,              ///< alpha
  sigmoid,
  hard_sigmoid,      ///< max(0, min(1, alpha x + beta))
  hard_swish,
  gelu,              ///< x times the normal distribution's share below x
  gelu_tanh,         ///< The same, approximated by tanh (Hendrycks 2016)
  mish,              ///< x tanh(softplus(x))
  swish,             ///< x sigmoid(alpha x)
  softplus, softsign,
  thresholded_relu,  ///< alpha: threshold
  shrink,            ///< alpha: lambda; beta: bias
  logical_not,
  is_nan,            ///< y is boolean
  is_inf,            ///< y is boolean; alpha, beta: whether -inf, +inf count (0 or 1)
};

/// x and y: dense, `Range` is over their elements. y may be x where it has the same type.
struct UnaryArgs {
  const void* x = nullptr;
  void* y = nullptr;
  float alpha = 0.0f;
  float beta = 0.0f;
};
using UnaryKernel = Kernel<UnaryArgs>;

/// Null when ONNX does not define `op` for elements of `type`.
UnaryKernel unary_kernel(Unary op, DataType type) noexcept;

}  // namespace dnntune::kernels::reference
