// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/resize.h"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/resize.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

/// The input pixels that an output pixel reads.
struct Taps {
  std::int64_t count = 1;
  std::array<std::int64_t, kMostResizeTaps> offset{};
  std::array<double, kMostResizeTaps> weight{1.0};
  bool outside = false;
};

/// Every tap so far with every tap of one more dimension. Taps that weigh nothing are left out: an unused
/// infinity must not become NaN.
HWY_INLINE void combine(const reference::ResizeDim& dim, std::int64_t at, Taps& taps) noexcept {
  if (dim.outside != nullptr && dim.outside[at] != 0) taps.outside = true;
  const std::int64_t* const index = dim.index + at * dim.taps;
  const double* const weight = dim.weight + at * dim.taps;
  const std::int64_t before = taps.count;
  std::int64_t kept = 0;
  std::array<std::int64_t, kMostResizeTaps> offsets;
  std::array<double, kMostResizeTaps> weights;
  for (std::int64_t old = 0; old < before; ++old)
    for (std::int64_t tap = 0; tap < dim.taps; ++tap) {
      if (weight[tap] == 0.0) continue;
      offsets[static_cast<std::size_t>(kept)] = taps.offset[static_cast<std::size_t>(old)] + index[tap] * dim.in_stride;
      weights[static_cast<std::size_t>(kept)] = taps.weight[static_cast<std::size_t>(old)] * weight[tap];
      ++kept;
    }
  std::copy_n(offsets.begin(), kept, taps.offset.begin());
  std::copy_n(weights.begin(), kept, taps.weight.begin());
  taps.count = kept;
}

void resize_pixels(const ResizePixelsArgs& args, base::Range pixels) noexcept {
  with_channel_vectors(args.channels, [&](auto d) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
      Taps taps;
      std::int64_t rest = pixel;
      for (std::size_t i = args.dims.size(); i-- > 0; rest /= args.dims[i].out_size)
        combine(args.dims[i], rest % args.dims[i].out_size, taps);
      float* const output = args.output + pixel * args.channels;
      if (taps.outside) {
        std::fill_n(output, args.channels, args.extrapolation);
      } else if (taps.count == 1 && taps.weight[0] == 1.0) {
        std::copy_n(args.input + taps.offset[0], args.channels, output);
      } else {
        each_channel_vector(d, {0, args.channels}, [&](std::int64_t c) HWY_ATTR {
          V sum = hn::Zero(d);
          for (std::size_t i = 0; i < static_cast<std::size_t>(taps.count); ++i)
            sum = hn::MulAdd(hn::Set(d, static_cast<float>(taps.weight[i])), hn::LoadU(d, args.input + taps.offset[i] + c), sum);
          hn::StoreU(sum, d, output + c);
        });
      }
    }
  });
}

ResizePixelsFn kernel() { return &resize_pixels; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernel);
ResizePixelsFn resize_pixels_kernel() noexcept { return HWY_DYNAMIC_DISPATCH(kernel)(); }
}  // namespace dnntune::kernels::simd
#endif
