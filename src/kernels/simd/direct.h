// SPDX-License-Identifier: Apache-2.0
// Convolution and matrix product for few output columns, where copying A into the tile's order would not
// be repaid: the register tile reads neighbouring output pixels' windows in place, a constant stride apart.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/simd/gemm.h"

namespace dnntune::kernels::simd {

/// Output pixels form `rows` of `columns` neighbours. A pixel's window is `runs` stretches of
/// `run_values` numbers, `run_stride` apart.
struct DirectArgs {
  const float* a = nullptr;     ///< First number of the first pixel's window.
  const std::uint16_t* a_half = nullptr;  ///< In its place for `bfloat16`; one number more than the windows have may be read.
  std::int64_t row_stride = 0;  ///< Numbers from one output row's windows to the next one's.
  std::int64_t pixel_stride = 0;
  std::int64_t runs = 1, run_values = 0, run_stride = 0;
  PanelLayout layout;           ///< rows = runs * run_values or, in bfloat16, runs * (run_values + 1) / 2
  const float* b = nullptr;     ///< Packed words, 64-byte aligned.
  const float* bias = nullptr;  ///< layout.padded_columns() floats; null: none.
  float* c = nullptr;           ///< First pixel's output.
  std::int64_t c_row_stride = 0, c_pixel_stride = 0;
  Activation activation;
};

/// Output pixels rows x columns.
struct DirectBlock {
  base::Range rows, columns;
};

using DirectFn = void (*)(const DirectArgs& args, const DirectBlock& block) noexcept;
/// For the best instruction set this processor has, whose lanes `layout` must have.
DirectFn direct_kernel() noexcept;
/// The kernel that multiplies in bfloat16 what was rounded before; null where the processor does not.
DirectFn bfloat16_direct_kernel() noexcept;

/// Rounds `count` floats to bfloat16, to nearest, ties to even.
using RoundFn = void (*)(const float* from, std::int64_t count, std::uint16_t* to) noexcept;
/// Null where the processor has no kernels for bfloat16.
RoundFn bfloat16_round() noexcept;

/// Whether reading A in place beats packing it: few panels to repay the packing, a K that needs no second
/// pass, and neighbouring pixels that do not all fall into the same sets of a level-1 cache.
bool prefers_direct(const PanelLayout& layout, std::int64_t pixel_stride) noexcept;

/// Copies image rows [rows.begin, rows.end), which may lie outside the image, with zeros around them:
/// `columns` pixels a row, of which the first `pad_left` lie left of the image. Pixels are `channels` wide, in the
/// image `pixel_stride` floats apart.
void copy_padded(const float* image, std::int64_t in_h, std::int64_t in_w, std::int64_t channels, std::int64_t pixel_stride,
                 base::Range rows, std::int64_t pad_left, std::int64_t columns, float* to) noexcept;

}  // namespace dnntune::kernels::simd
