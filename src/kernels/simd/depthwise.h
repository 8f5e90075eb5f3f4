// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution: each channel of a channels-last image with its own window.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/activation.h"

namespace dnntune::kernels::simd {

struct DepthwiseArgs {
  const float* input = nullptr;    ///< [batch, in_h, in_w] pixels
  const float* weights = nullptr;  ///< [kernel_h, kernel_w, channels]
  const float* bias = nullptr;     ///< [channels]
  float* output = nullptr;         ///< [batch, out_h, out_w] pixels
  std::int64_t channels = 0;
  std::int64_t in_pixel_stride = 0, out_pixel_stride = 0;  ///< Floats from one pixel to the next.
  std::int64_t in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  Activation activation;
};

/// Items are output rows: batch * out_h.
using DepthwiseFn = void (*)(const DepthwiseArgs& args, base::Range rows) noexcept;
/// For the best instruction set this processor has.
DepthwiseFn depthwise_kernel() noexcept;

}  // namespace dnntune::kernels::simd
