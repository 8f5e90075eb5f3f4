// SPDX-License-Identifier: Apache-2.0
// Transposition in registers: of 4 x 4 elements, and of the columns of a panel.

#if defined(DNNTUNE_KERNELS_SIMD_TRANSPOSE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_TRANSPOSE_INL_H
#undef DNNTUNE_KERNELS_SIMD_TRANSPOSE_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_TRANSPOSE_INL_H
#endif

#include <algorithm>
#include <cstdint>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
/// 4 x 4, in registers; y0 to y3 are where the rows of the result go.
HWY_INLINE void transpose_four(const float* x, std::int64_t x_stride, float* y0, float* y1, float* y2, float* y3) noexcept {
  const hn::FixedTag<float, 4> d;
  const hn::RepartitionToWide<hn::RebindToUnsigned<decltype(d)>> pairs;
  const auto row0 = hn::LoadU(d, x), row1 = hn::LoadU(d, x + x_stride);
  const auto row2 = hn::LoadU(d, x + 2 * x_stride), row3 = hn::LoadU(d, x + 3 * x_stride);
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, row0, row1));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, row2, row3));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, row0, row1));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, row2, row3));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, y0);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, y1);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, y2);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, y3);
}
#endif

/// The first `used` columns of a panel `width` wide, which lie one after the other, `stride` floats apart; the others become
/// zeros. Element i of `count` of each goes to row `row(i)`.
template <class Row>
HWY_INLINE void transpose_columns(const float* from, std::int64_t stride, std::int64_t used, std::int64_t width, std::int64_t count, Row row,
                                  float* to) noexcept {
  // Columns are often a power of two apart: whole cache lines of each are read before the cache has to give them up.
  constexpr std::int64_t kLine = 16;
  float* at[kLine];
  for (std::int64_t first = 0; first < count; first += kLine) {
    const std::int64_t elements = std::min(kLine, count - first);
    for (std::int64_t i = 0; i < elements; ++i) at[i] = to + row(first + i) * width;
    std::int64_t n = 0;
#if HWY_TARGET != HWY_SCALAR
    for (; n + 4 <= used; n += 4) {
      const float* const x = from + n * stride + first;
      std::int64_t i = 0;
      for (; i + 4 <= elements; i += 4) transpose_four(x + i, stride, at[i] + n, at[i + 1] + n, at[i + 2] + n, at[i + 3] + n);
      for (; i < elements; ++i)
        for (std::int64_t column = 0; column < 4; ++column) at[i][n + column] = x[column * stride + i];
    }
#endif
    for (; n < used; ++n)
      for (std::int64_t i = 0; i < elements; ++i) at[i][n] = from[n * stride + first + i];
    for (std::int64_t i = 0; i < elements && used < width; ++i) std::fill(at[i] + used, at[i] + width, 0.0f);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
