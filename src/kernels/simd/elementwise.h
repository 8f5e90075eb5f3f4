// SPDX-License-Identifier: Apache-2.0
// Element-wise functions of one and of two arrays of floats.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::simd {

enum class Unary {
  abs,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  ceil,
  celu,  ///< alpha
  clip,  ///< alpha, beta: bounds
  cos,
  cosh,
  elu,   ///< alpha: scale of the negative side
  erf,
  exp,
  floor,
  gelu,
  gelu_tanh,
  hard_sigmoid,  ///< alpha, beta: slope and offset
  hard_swish,
  leaky_relu,  ///< alpha: slope
  log,
  mish,
  neg,
  reciprocal,
  relu,
  round,  ///< Half to even.
  scale,   ///< alpha x
  selu,    ///< alpha; beta: gamma
  shrink,  ///< alpha: lambda; beta: bias
  sigmoid,
  sign,
  sin,
  sinh,
  softplus,
  softsign,
  sqrt,
  square,
  swish,  ///< alpha
  tan,
  tanh,
  thresholded_relu,  ///< alpha: threshold
};

struct UnaryArgs {
  const float* x = nullptr;
  float* y = nullptr;  ///< May be x.
  float alpha = 0.0f, beta = 0.0f;
};
using UnaryFn = void (*)(const UnaryArgs& args, base::Range elements) noexcept;
UnaryFn unary_kernel(Unary function) noexcept;

/// max and min give NaN when either operand is; prelu is a < 0 ? a * b : a; pow has the C library's special values.
enum class Binary { add, sub, mul, div, max, min, pow, prelu };

struct BinaryArgs {
  const float* a = nullptr;
  const float* b = nullptr;
  float* y = nullptr;  ///< Dense, in the order of the walk; may be `a` or `b` where those are not broadcast.
  const reference::Walk<2>* walk = nullptr;  ///< Strides of a and b; the innermost ones 0 or 1.
};
using BinaryFn = void (*)(const BinaryArgs& args, base::Range elements) noexcept;
BinaryFn binary_kernel(Binary function) noexcept;

}  // namespace dnntune::kernels::simd
