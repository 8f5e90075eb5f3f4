// SPDX-License-Identifier: Apache-2.0
// Vectors along the channels of a channels-last image.

#if defined(DNNTUNE_KERNELS_SIMD_CHANNELS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_CHANNELS_INL_H
#undef DNNTUNE_KERNELS_SIMD_CHANNELS_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_CHANNELS_INL_H
#endif

#include <algorithm>
#include <cstdint>

#include <hwy/highway.h>

#include "kernels/simd/columns.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls f(d) with the widest vectors that do not have more lanes than there are channels.
template <class F>
HWY_INLINE void with_channel_vectors(std::int64_t channels, F f) noexcept {
  const hn::ScalableTag<float> whole;
  if (channels >= static_cast<std::int64_t>(hn::Lanes(whole))) return f(whole);
  const hn::CappedTag<float, 8> eight;
  if (channels >= static_cast<std::int64_t>(hn::Lanes(eight))) return f(eight);
  const hn::CappedTag<float, 4> four;
  if (channels >= static_cast<std::int64_t>(hn::Lanes(four))) return f(four);
  f(hn::CappedTag<float, 1>());
}

/// Calls f(c) for the first channel of each vector of D that covers [range.begin, range.end), at least one
/// vector. The last one overlaps the one before it and computes the same values once more.
template <class D, class F>
HWY_INLINE void each_channel_vector(D, base::Range range, F f) noexcept {
  constexpr std::int64_t kLanes = hn::MaxLanes(D());
  for (std::int64_t c = range.begin; c < range.end; c += kLanes) f(std::min(c, range.end - kLanes));
}

/// Calls f(outer, columns) for each of the blocks.
template <class F>
HWY_INLINE void each_column_block(std::int64_t columns, base::Range blocks, F f) noexcept {
  const std::int64_t count = column_blocks(columns);
  for (std::int64_t item = blocks.begin; item < blocks.end; ++item) f(item / count, column_block(columns, item % count));
}
/// Calls f(d, outer, first column) for each vector of the blocks.
template <class F>
HWY_INLINE void each_column_vector(std::int64_t columns, base::Range blocks, F f) noexcept {
  with_channel_vectors(columns, [&](auto d) HWY_ATTR {
    each_column_block(columns, blocks, [&](std::int64_t outer, base::Range block) HWY_ATTR {
      each_channel_vector(d, block, [&](std::int64_t c) HWY_ATTR { f(d, outer, c); });
    });
  });
}

/// The taps along one axis that fall inside [0, size), for a window that starts at `start`.
HWY_INLINE base::Range taps_inside(std::int64_t start, std::int64_t kernel, std::int64_t dilation, std::int64_t size) noexcept {
  const std::int64_t begin = start >= 0 ? 0 : std::min(kernel, (-start + dilation - 1) / dilation);
  const std::int64_t end = start >= size ? begin : std::min(kernel, (size - start + dilation - 1) / dilation);
  return {begin, std::max(begin, end)};
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
