// SPDX-License-Identifier: Apache-2.0
// Functions of whole rows: softmax, layer normalisation, sums; and per-channel scaling and local response
// normalisation, whose rows are a pixel's channels.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::simd {

struct RowArgs {
  const float* x = nullptr;  ///< [rows, columns]
  float* y = nullptr;        ///< [rows, columns], may be x except for lrn; of row_sum: [rows]
  std::int64_t columns = 0;
  const float* scale = nullptr;  ///< [columns]: layer_normalization, scale_shift
  const float* shift = nullptr;  ///< [columns]; null: none
  float epsilon = 0.0f;          ///< layer_normalization
  float factor = 1.0f;           ///< row_sum: the result is factor * sum
  /// lrn: y = x * (bias + alpha * squares)^-power, with the squares of `before` + 1 + `after` neighbours.
  float alpha = 0.0f, bias = 1.0f;
  std::int64_t before = 0, after = 0;
  float* scratch = nullptr;      ///< lrn: `lrn_scratch_floats` for each thread
};

/// Items are rows.
using RowFn = void (*)(const RowArgs& args, base::Range rows) noexcept;

enum class RowFunction {
  softmax,
  log_softmax,
  layer_normalization,  ///< (x - mean) / sqrt(variance + epsilon) * scale + shift
  scale_shift,          ///< x * scale + shift
  row_sum,
  lrn_three_quarters,   ///< Local response normalisation to the power 0.75, all real networks' choice.
};
RowFn row_kernel(RowFunction function) noexcept;

/// Squares of a row with zeros around them, up to a whole vector too many.
inline constexpr std::int64_t lrn_scratch_floats(std::int64_t columns, std::int64_t neighbours) noexcept {
  return columns + neighbours + 64;
}

}  // namespace dnntune::kernels::simd
