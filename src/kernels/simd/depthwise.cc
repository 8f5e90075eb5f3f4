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

// Output pixels computed side by side: as many sums as hide the latency of a multiply-add.
constexpr int kPixels = 8;

/// The taps of a window that fall on the image.
struct Taps {
  base::Range y, x;
};

/// kCount neighbouring output pixels whose windows all use the same taps; `input` is where the first of
/// those taps reads for the first pixel.
template <int kCount, class D>
HWY_INLINE void pixels(D d, const DepthwiseArgs& args, const Taps& taps, const float* input, float* output,
                       const Clamp& bounds) noexcept {
  using V = hn::Vec<D>;
  const std::int64_t channels = args.channels;
  const std::int64_t pixel_step = args.stride_w * channels;
  const std::int64_t row_step = args.dilation_h * args.in_w * channels;
  const std::int64_t tap_step = args.dilation_w * channels;
  const V low = hn::Set(d, bounds.low);
  const V high = hn::Set(d, bounds.high);
  each_channel_vector(d, {0, channels}, [&](std::int64_t c) HWY_ATTR {
    V sum[kCount];
    const V start = hn::LoadU(d, args.bias + c);
    HWY_UNROLL(16)
    for (int i = 0; i < kCount; ++i) sum[i] = start;
    for (std::int64_t y = taps.y.begin; y < taps.y.end; ++y) {
      const float* from = input + (y - taps.y.begin) * row_step + c;
      const float* weights = args.weights + (y * args.kernel_w + taps.x.begin) * channels + c;
      for (std::int64_t x = taps.x.begin; x < taps.x.end; ++x, from += tap_step, weights += channels) {
        const V weight = hn::LoadU(d, weights);
        HWY_UNROLL(16)
        for (int i = 0; i < kCount; ++i) sum[i] = hn::MulAdd(hn::LoadU(d, from + i * pixel_step), weight, sum[i]);
      }
    }
    HWY_UNROLL(16)
    for (int i = 0; i < kCount; ++i) hn::StoreU(clamp(sum[i], low, high), d, output + i * channels + c);
  });
}

/// One output row, for vectors of D, which must not have more lanes than there are channels.
template <class D>
HWY_NOINLINE void output_row(D d, const DepthwiseArgs& args, std::int64_t row) noexcept {
  const Clamp bounds = clamp_of(args.activation);
  const std::int64_t y = row % args.out_h * args.stride_h - args.pad_top;
  const base::Range taps_y = taps_inside(y, args.kernel_h, args.dilation_h, args.in_h);
  const std::int64_t in_row = row / args.out_h * args.in_h + y + taps_y.begin * args.dilation_h;
  float* const output = args.output + row * args.out_w * args.channels;
  // The last window of kPixels neighbours ends this far right of where the first one starts.
  const std::int64_t reach = (kPixels - 1) * args.stride_w + (args.kernel_w - 1) * args.dilation_w;
  for (std::int64_t out_x = 0; out_x < args.out_w;) {
    const std::int64_t x = out_x * args.stride_w - args.pad_left;
    float* const to = output + out_x * args.channels;
    const base::Range taps_x = taps_inside(x, args.kernel_w, args.dilation_w, args.in_w);
    const bool any = taps_y.size() > 0 && taps_x.size() > 0;
    const float* const from =
        any ? args.input + (in_row * args.in_w + x + taps_x.begin * args.dilation_w) * args.channels : args.input;
    if (x >= 0 && x + reach < args.in_w && out_x + kPixels <= args.out_w) {
      pixels<kPixels>(d, args, {taps_y, taps_x}, from, to, bounds);
      out_x += kPixels;
    } else {
      pixels<1>(d, args, {taps_y, taps_x}, from, to, bounds);
      out_x += 1;
    }
  }
  if (!bounds.complete) activate(args.activation, output, args.out_w * args.channels);
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
