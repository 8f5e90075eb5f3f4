// SPDX-License-Identifier: Apache-2.0
// Functions of whole rows: softmax and layer normalisation; and per-channel scaling and local response
// normalisation, whose rows are a pixel's channels.
#pragma once

#include <cstdint>

#include "kernels/simd/columns.h"

namespace dnntune::kernels::simd {

struct RowArgs {
  const float* x = nullptr;  ///< Rows of `columns`
  float* y = nullptr;        ///< Likewise; may be x except for lrn and the columns
  std::int64_t columns = 0;
  std::int64_t x_stride = 0, y_stride = 0;  ///< Floats from row to row; not for softmax_columns.
  const float* scale = nullptr;  ///< [columns]: layer_normalization, scale_shift
  const float* shift = nullptr;  ///< [columns]; null: none
  float epsilon = 0.0f;          ///< layer_normalization
  std::int64_t inner = 1;        ///< softmax_columns: x and y are [outer, columns, inner]
  /// lrn: y = x * (bias + alpha * squares)^-power, with the squares of `before` + 1 + `after` neighbours.
  float alpha = 0.0f, bias = 1.0f, power = 0.75f;
  std::int64_t before = 0, after = 0;
  float* scratch = nullptr;      ///< lrn: `lrn_scratch_floats` for each thread
};

/// Items are rows, but where it says otherwise.
using RowwiseFn = void (*)(const RowArgs& args, base::Range rows) noexcept;

enum class RowFunction {
  softmax,
  log_softmax,
  softmax_columns,  ///< Of each of the `inner` columns. Items are blocks: `column_blocks(inner)` for each of outer.
  log_softmax_columns,
  layer_normalization,  ///< (x - mean) / sqrt(variance + epsilon) * scale + shift
  scale_shift,          ///< x * scale + shift
  lrn,                  ///< Local response normalisation
};
RowwiseFn row_kernel(RowFunction function) noexcept;

/// Squares of a row with zeros around them, up to a whole vector too many.
inline constexpr std::int64_t lrn_scratch_floats(std::int64_t columns, std::int64_t neighbours) noexcept {
  return columns + neighbours + 64;
}

}  // namespace dnntune::kernels::simd
