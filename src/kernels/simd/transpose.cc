// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/transpose.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/transpose.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE void transpose_plain(const float* x, std::int64_t x_stride, std::int64_t rows, std::int64_t columns, float* y,
                                std::int64_t y_stride) noexcept {
  for (std::int64_t c = 0; c < columns; ++c)
    for (std::int64_t r = 0; r < rows; ++r) y[c * y_stride + r] = x[r * x_stride + c];
}

#if HWY_TARGET != HWY_SCALAR
/// Pixels of two, three or four values from as many planes, and back: images at the border of a network,
/// and channels shuffled in few groups.
HWY_INLINE bool interleave(const float* x, std::int64_t rows, std::int64_t x_stride, std::int64_t columns, float* y) noexcept {
  const hn::FixedTag<float, 4> d;
  std::int64_t c = 0;
  const auto row = [&](std::int64_t r) HWY_ATTR { return hn::LoadU(d, x + r * x_stride + c); };
  switch (rows) {
    case 2: {
      const hn::ScalableTag<float> wide;
      constexpr std::int64_t kLanes = hn::MaxLanes(decltype(wide)());
      for (; c + kLanes <= columns; c += kLanes)
        hn::StoreInterleaved2(hn::LoadU(wide, x + c), hn::LoadU(wide, x + x_stride + c), wide, y + c * 2);
      for (; c + 4 <= columns; c += 4) hn::StoreInterleaved2(row(0), row(1), d, y + c * 2);
      break;
    }
    case 3:
      for (; c + 4 <= columns; c += 4) hn::StoreInterleaved3(row(0), row(1), row(2), d, y + c * 3);
      break;
    case 4:
      for (; c + 4 <= columns; c += 4) hn::StoreInterleaved4(row(0), row(1), row(2), row(3), d, y + c * 4);
      break;
    default: return false;
  }
  transpose_plain(x + c, x_stride, rows, columns - c, y + c * rows, rows);
  return true;
}
#endif

/// A block of columns.
HWY_INLINE void transpose_block(const float* x, std::int64_t x_stride, std::int64_t rows, std::int64_t columns, float* y) noexcept {
#if HWY_TARGET == HWY_SCALAR
  transpose_plain(x, x_stride, rows, columns, y, rows);
#else
  if (interleave(x, rows, x_stride, columns, y)) return;
  std::int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    std::int64_t c = 0;
    for (; c + 4 <= columns; c += 4) {
      float* const to = y + c * rows + r;
      transpose_four(x + r * x_stride + c, x_stride, to, to + rows, to + 2 * rows, to + 3 * rows);
    }
    transpose_plain(x + r * x_stride + c, x_stride, 4, columns - c, y + c * rows + r, rows);
  }
  transpose_plain(x + r * x_stride, x_stride, rows - r, columns, y + r, rows);
#endif
}

void transpose(const TransposeArgs& args, base::Range blocks) noexcept {
  const std::int64_t a_matrix = (args.columns + kTransposeColumns - 1) / kTransposeColumns;
  const std::int64_t floats = args.rows * args.columns;
  for (std::int64_t item = blocks.begin; item < blocks.end;) {
    // Neighbouring blocks of a matrix of few rows as one: its rows are then read in long stretches.
    const std::int64_t batch = item / a_matrix, first = item % a_matrix;
    const std::int64_t count = args.rows <= 4 ? std::min(a_matrix - first, blocks.end - item) : 1;
    const std::int64_t c = first * kTransposeColumns;
    const std::int64_t columns = std::min(args.columns - c, count * kTransposeColumns);
    transpose_block(args.x + batch * floats + c, args.columns, args.rows, columns, args.y + batch * floats + c * args.rows);
    item += count;
  }
}

TransposeFn kernel() { return &transpose; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernel);
TransposeFn transpose_kernel() noexcept { return HWY_DYNAMIC_DISPATCH(kernel)(); }
}  // namespace dnntune::kernels::simd
#endif
