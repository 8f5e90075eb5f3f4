// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/depthwise.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/depthwise.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/activation-inl.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {

namespace {

// Sums that are computed side by side: as many as hide the latency of a multiply-add.
constexpr int kSums = 8;

/// The taps of a window that fall on the image.
struct Taps {
  base::Range y, x;
};

/// Neighbouring output pixels whose windows all use the same taps.
struct Pixels {
  Taps taps;
  const float* input;  ///< Where the first of those taps reads for the first pixel.
  float* output;
};

/// kVectors vectors of channels, from c on, of kPixels pixels.
template <int kPixels, int kVectors, class D>
HWY_INLINE void sums(D d, const DepthwiseArgs& args, const Pixels& pixels, std::int64_t c, hn::Vec<D> low, hn::Vec<D> high) noexcept {
  using V = hn::Vec<D>;
  constexpr std::int64_t kLanes = hn::MaxLanes(D());
  const std::int64_t channels = args.channels;
  const std::int64_t pixel_step = args.stride_w * args.in_pixel_stride;
  const std::int64_t row_step = args.dilation_h * args.in_w * args.in_pixel_stride;
  const std::int64_t tap_step = args.dilation_w * args.in_pixel_stride;
  V sum[kPixels][kVectors];
  HWY_UNROLL(16)
  for (int j = 0; j < kVectors; ++j) {
    const V bias = hn::LoadU(d, args.bias + c + j * kLanes);
    HWY_UNROLL(16)
    for (int i = 0; i < kPixels; ++i) sum[i][j] = bias;
  }
  const Taps& taps = pixels.taps;
  const float* row = pixels.input + c;
  const float* weight_row = args.weights + (taps.y.begin * args.kernel_w + taps.x.begin) * channels + c;
  for (std::int64_t y = taps.y.size(); y > 0; --y, row += row_step, weight_row += args.kernel_w * channels) {
    const float* from = row;
    const float* weights = weight_row;
    for (std::int64_t x = taps.x.size(); x > 0; --x, from += tap_step, weights += channels) {
      HWY_UNROLL(16)
      for (int j = 0; j < kVectors; ++j) {
        const V weight = hn::LoadU(d, weights + j * kLanes);
        HWY_UNROLL(16)
        for (int i = 0; i < kPixels; ++i)
          sum[i][j] = hn::MulAdd(hn::LoadU(d, from + i * pixel_step + j * kLanes), weight, sum[i][j]);
      }
    }
  }
  HWY_UNROLL(16)
  for (int i = 0; i < kPixels; ++i) {
    HWY_UNROLL(16)
    for (int j = 0; j < kVectors; ++j)
      hn::StoreU(clamp(sum[i][j], low, high), d, pixels.output + i * args.out_pixel_stride + c + j * kLanes);
  }
}

/// All channels of kPixels pixels.
template <int kPixels, class D>
HWY_NOINLINE void all_channels(D d, const DepthwiseArgs& args, const Pixels& pixels, const Clamp& bounds) noexcept {
  constexpr std::int64_t kLanes = hn::MaxLanes(D());
  const auto low = hn::Set(d, bounds.low);
  const auto high = hn::Set(d, bounds.high);
  std::int64_t c = 0;
  if constexpr (kPixels == 1) {  // a pixel at the border: side by side are its channels
    constexpr int kVectors = kSums / 2;
    for (; c + kVectors * kLanes <= args.channels; c += kVectors * kLanes) sums<1, kVectors>(d, args, pixels, c, low, high);
  }
  // The last vector overlaps the one before it: it computes the same values once more.
  for (; c < args.channels; c += kLanes)
    sums<kPixels, 1>(d, args, pixels, std::min(c, args.channels - kLanes), low, high);
}

template <class D>
HWY_INLINE void compute(D d, const DepthwiseArgs& args, const Pixels& pixels, std::int64_t count, const Clamp& bounds) noexcept {
  switch (count) {
    case 1: return all_channels<1>(d, args, pixels, bounds);
    case 2: return all_channels<2>(d, args, pixels, bounds);
    case 3: return all_channels<3>(d, args, pixels, bounds);
    case 4: return all_channels<4>(d, args, pixels, bounds);
    case 5: return all_channels<5>(d, args, pixels, bounds);
    case 6: return all_channels<6>(d, args, pixels, bounds);
    case 7: return all_channels<7>(d, args, pixels, bounds);
    default: return all_channels<8>(d, args, pixels, bounds);
  }
}

/// One output row, for vectors of D, which must not have more lanes than there are channels.
template <class D>
HWY_INLINE void output_row(D d, const DepthwiseArgs& args, std::int64_t row) noexcept {
  const Clamp bounds = clamp_of(args.activation);
  const std::int64_t y = row % args.out_h * args.stride_h - args.pad_top;
  const base::Range taps_y = taps_inside(y, args.kernel_h, args.dilation_h, args.in_h);
  const std::int64_t in_row = row / args.out_h * args.in_h + y + taps_y.begin * args.dilation_h;
  float* const output = args.output + row * args.out_w * args.out_pixel_stride;
  // Output pixels [first, last) have their whole window within the image's width.
  const std::int64_t reach = (args.kernel_w - 1) * args.dilation_w;
  const std::int64_t first = std::min(args.out_w, (args.pad_left + args.stride_w - 1) / args.stride_w);
  const std::int64_t fitting = args.in_w - reach + args.pad_left;
  const std::int64_t last = fitting <= 0 ? first : std::clamp((fitting + args.stride_w - 1) / args.stride_w, first, args.out_w);
  for (std::int64_t out_x = 0; out_x < args.out_w;) {
    const std::int64_t x = out_x * args.stride_w - args.pad_left;
    const base::Range taps_x = taps_inside(x, args.kernel_w, args.dilation_w, args.in_w);
    const bool any = taps_y.size() > 0 && taps_x.size() > 0;
    const float* const from =
        any ? args.input + (in_row * args.in_w + x + taps_x.begin * args.dilation_w) * args.in_pixel_stride : args.input;
    std::int64_t count = 1;
    if (out_x >= first && out_x < last) {  // tiles of nearly equal width
      const std::int64_t tiles = (last - out_x + kSums - 1) / kSums;
      count = (last - out_x + tiles - 1) / tiles;
    }
    compute(d, args, {{taps_y, taps_x}, from, output + out_x * args.out_pixel_stride}, count, bounds);
    out_x += count;
  }
  if (!bounds.complete) activate_rows(args.activation, output, args.out_w, args.channels, args.out_pixel_stride);
}

void depthwise(const DepthwiseArgs& args, base::Range rows) noexcept {
  with_channel_vectors(args.channels, [&](auto d) HWY_ATTR {
    for (std::int64_t row = rows.begin; row < rows.end; ++row) output_row(d, args, row);
  });
}

DepthwiseFn kernel() { return &depthwise; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernel);
DepthwiseFn depthwise_kernel() noexcept { return HWY_DYNAMIC_DISPATCH(kernel)(); }
}  // namespace dnntune::kernels::simd
#endif
