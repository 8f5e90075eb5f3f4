// SPDX-License-Identifier: Apache-2.0
// Resampling where the innermost dimension is only copied: each output pixel is a weighted sum of a few
// input pixels, channel by channel.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "kernels/reference/resize.h"

namespace dnntune::kernels::simd {

struct ResizePixelsArgs {
  const float* input = nullptr;
  float* output = nullptr;                       ///< [pixels, channels]
  std::span<const reference::ResizeDim> dims;    ///< All but the innermost.
  std::int64_t channels = 0;
  float extrapolation = 0.0f;
};

/// The most input pixels that one output pixel may read: the product of the dims' taps.
inline constexpr std::int64_t kMostResizeTaps = 64;

/// Items are output pixels.
using ResizePixelsFn = void (*)(const ResizePixelsArgs& args, base::Range pixels) noexcept;
ResizePixelsFn resize_pixels_kernel() noexcept;

}  // namespace dnntune::kernels::simd
