// SPDX-License-Identifier: Apache-2.0
// Reductions of one axis, or of neighbouring axes that are one, and where the extreme values stand.
#pragma once

#include <cstdint>

#include "kernels/simd/columns.h"

namespace dnntune::kernels::simd {

enum class Reduction { sum, sum_square, sum_abs, sum_exp, product, maximum };

struct ReduceArgs {
  const float* x = nullptr;  ///< [outer, count, inner]
  float* y = nullptr;        ///< [outer, inner]
  std::int64_t count = 0, inner = 1;
  /// [outer, inner], taken off x in sum_square and sum_exp where it is finite; null: 0.
  const float* shift = nullptr;
  bool negated = false;  ///< maximum: of -x, and the result is negated, that is the minimum.
  bool skips_nan = false;  ///< maximum: NaN does not count; else it wins.
  /// What becomes of a result r: factor r, its square root, or log(r) + the shift.
  enum class Finish { scale, root, log } finish = Finish::scale;
  float factor = 1.0f;
};
/// Items are blocks of `inner`, `column_blocks(inner)` for each of `outer`.
using ReduceFn = void (*)(const ReduceArgs& args, base::Range blocks) noexcept;
ReduceFn reduce_kernel(Reduction reduction) noexcept;

struct ArgReduceArgs {
  const float* x = nullptr;   ///< [outer, count, inner]; count from 1 to 2^31 - 1
  std::int64_t* y = nullptr;  ///< [outer, inner]
  std::int64_t count = 1, inner = 1;
  bool minimum = false;
  bool last = false;  ///< Of equal values the last, not the first. NaN counts as the extreme value.
};
/// Items as above.
using ArgReduceFn = void (*)(const ArgReduceArgs& args, base::Range blocks) noexcept;
ArgReduceFn arg_reduce_kernel() noexcept;

}  // namespace dnntune::kernels::simd
