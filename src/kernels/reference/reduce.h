// SPDX-License-Identifier: Apache-2.0
// The ten Reduce operators.
#pragma once

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

enum class Reduction { mean, sum, max, min, prod, l1, l2, log_sum, log_sum_exp, sum_square };

/// `kept` walks over the elements of y (dense) and `reduced` over those that make one of them; their
/// operand is x. `Range` is over elements of y.
struct ReduceArgs {
  const void* x = nullptr;
  void* y = nullptr;
  const Walk<1>* kept = nullptr;
  const Walk<1>* reduced = nullptr;
};
using ReduceKernel = Kernel<ReduceArgs>;

/// Floating types accumulate in double; integers wrap, their mean truncates. Over no elements: 0 for
/// sums, 1 for prod, the lowest (highest) value for max (min), NaN for the mean (integers: 0). Null for
/// boolean.
ReduceKernel reduce_kernel(Reduction op, DataType type) noexcept;

}  // namespace dnntune::kernels::reference
