// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/simd/gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/panels.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

using PackFn = void (*)(const PanelLayout& layout, const float* b, std::int64_t stride_or_taps, base::Range range, float* packed) noexcept;
using RowsFn = void (*)(const PanelLayout& layout, const float* b, std::int64_t stride, float scale, base::Range rows, base::Range panels,
                        float* packed) noexcept;

/// Columns [range.begin, range.end) in panels, each `rows` elements one after the other; element i goes to row `row(i)`.
template <class Row>
HWY_INLINE void pack(const PanelLayout& layout, const float* b, std::int64_t stride, base::Range range, Row row, float* packed) noexcept {
  for (std::int64_t panel = range.begin; panel < range.end; ++panel) {
    const std::int64_t first = panel * layout.panel_columns(), width = layout.width(panel);
    transpose_columns(b + first * stride, stride, std::min(width, layout.columns - first), width, layout.rows, row, packed + layout.offset(panel));
  }
}

void pack_columns(const PanelLayout& layout, const float* b, std::int64_t stride, base::Range range, float* packed) noexcept {
  pack(layout, b, stride, range, [](std::int64_t i) { return i; }, packed);
}

void pack_windows(const PanelLayout& layout, const float* b, std::int64_t taps, base::Range range, float* packed) noexcept {
  const std::int64_t channels = layout.rows / taps;
  pack(layout, b, layout.rows, range, [=](std::int64_t i) { return i % taps * channels + i / taps; }, packed);
}

/// Rows of some panels, times `scale`; `b` is the first of them, the next are `stride` floats apart. Each row is read in one go.
void pack_rows(const PanelLayout& layout, const float* b, std::int64_t stride, float scale, base::Range rows, base::Range panels, float* packed) noexcept {
  constexpr std::int64_t kRows = 8;
  const hn::ScalableTag<float> d;
  constexpr std::int64_t kLanes = hn::MaxLanes(decltype(d)());
  const auto factor = hn::Set(d, scale);
  for (std::int64_t row = rows.begin; row < rows.end; row += kRows) {
    const std::int64_t end = std::min(rows.end, row + kRows);
    for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
      const std::int64_t first = panel * layout.panel_columns(), width = layout.width(panel);
      const std::int64_t used = std::min(width, layout.columns - first), whole = used / kLanes * kLanes;
      const float* from = b + (row - rows.begin) * stride + first;
      float* to = packed + layout.offset(panel) + row * width;
      for (std::int64_t k = row; k < end; ++k, from += stride, to += width) {
        for (std::int64_t n = 0; n < whole; n += kLanes) hn::StoreU(hn::Mul(factor, hn::LoadU(d, from + n)), d, to + n);
        for (std::int64_t n = whole; n < used; ++n) to[n] = scale * from[n];
        if (used < width) std::fill(to + used, to + width, 0.0f);
      }
    }
  }
}

RowsFn rows_kernel() { return &pack_rows; }
PackFn columns_kernel() { return &pack_columns; }
PackFn windows_kernel() { return &pack_windows; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {

HWY_EXPORT(rows_kernel);
HWY_EXPORT(columns_kernel);
HWY_EXPORT(windows_kernel);

void pack_panels(const PanelLayout& layout, const float* b, std::int64_t stride_k, std::int64_t stride_n, float scale,
                 base::Range range, float* packed) noexcept {
  if (stride_n == 1) return HWY_DYNAMIC_DISPATCH(rows_kernel)()(layout, b, stride_k, scale, {0, layout.rows}, range, packed);
  if (stride_k == 1 && scale == 1.0f) return HWY_DYNAMIC_DISPATCH(columns_kernel)()(layout, b, stride_n, range, packed);
  for (std::int64_t panel = range.begin; panel < range.end; ++panel) {
    const std::int64_t first = panel * layout.panel_columns();
    const std::int64_t width = layout.width(panel);
    const std::int64_t used = std::min(width, layout.columns - first);
    float* to = packed + layout.offset(panel);
    for (std::int64_t k = 0; k < layout.rows; ++k, to += width) {
      const float* from = b + k * stride_k + first * stride_n;
      for (std::int64_t n = 0; n < used; ++n) to[n] = scale * from[n * stride_n];
      std::fill(to + used, to + width, 0.0f);
    }
  }
}

void pack_panel_rows(const PanelLayout& layout, const float* b, float scale, base::Range rows, float* packed) noexcept {
  HWY_DYNAMIC_DISPATCH(rows_kernel)()(layout, b, layout.columns, scale, rows, {0, layout.panels()}, packed);
}

void pack_window_panels(const PanelLayout& layout, const float* b, std::int64_t taps, base::Range range, float* packed) noexcept {
  HWY_DYNAMIC_DISPATCH(windows_kernel)()(layout, b, taps, range, packed);
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
#endif
