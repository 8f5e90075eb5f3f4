// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/simd/gemm.h"

namespace dnntune::kernels::simd {

void pack_panels(const PanelLayout& layout, const float* b, std::int64_t stride_k, std::int64_t stride_n, float scale,
                 base::Range range, float* packed) noexcept {
  for (std::int64_t panel = range.begin; panel < range.end; ++panel) {
    const std::int64_t first = panel * layout.panel_columns();
    const std::int64_t width = layout.width(panel);
    const std::int64_t used = std::min(width, layout.columns - first);
    float* to = packed + layout.offset(panel);
    for (std::int64_t k = 0; k < layout.rows; ++k, to += width) {
      const float* from = b + k * stride_k + first * stride_n;
      if (stride_n == 1 && scale == 1.0f) {
        std::copy_n(from, used, to);
      } else {
        for (std::int64_t n = 0; n < used; ++n) to[n] = scale * from[n * stride_n];
      }
      std::fill(to + used, to + width, 0.0f);
    }
  }
}

// Both sizes were chosen on ResNet-50 as a whole (one core of a Zen 5, 1 MiB of level-2 cache). Depths from
// 384 to 1152 and blocks from 192 to 384 KiB lie within 3 % of each other; a panel's pass and a block together
// fit a level-2 cache of 512 KiB.
std::int64_t gemm_depth(std::int64_t k) noexcept {
  constexpr std::int64_t kMostDepth = 768;
  const std::int64_t passes = std::max<std::int64_t>(1, (k + kMostDepth - 1) / kMostDepth);
  const std::int64_t depth = (k + passes - 1) / passes;
  return std::max<std::int64_t>(kTurn, (depth + kTurn - 1) / kTurn * kTurn);
}

std::int64_t gemm_block_rows(const GemmKernels& kernels, std::int64_t m, std::int64_t depth) noexcept {
  constexpr std::int64_t kBlockFloats = 256 * 1024 / 4;
  const std::int64_t most = std::max(kernels.tile_rows, kBlockFloats / depth / kernels.tile_rows * kernels.tile_rows);
  const std::int64_t blocks = std::max<std::int64_t>(1, (m + most - 1) / most);
  return std::max<std::int64_t>(1, (m + blocks - 1) / blocks);
}

std::int64_t gemm_scratch_floats(const GemmKernels& kernels, std::int64_t block_rows, std::int64_t depth) noexcept {
  // Behind the packed block: the rows of one tile in plain order.
  return block_rows * depth + kernels.tile_rows * plain_stride(kernels.values * depth);
}

}  // namespace dnntune::kernels::simd
