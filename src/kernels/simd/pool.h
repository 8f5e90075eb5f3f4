// SPDX-License-Identifier: Apache-2.0
// Pooling of channels-last images over windows.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::simd {

struct PoolArgs {
  const float* input = nullptr;  ///< [batch, in_h, in_w] pixels
  float* output = nullptr;       ///< [batch, out_h, out_w] pixels
  std::int64_t channels = 0;
  std::int64_t in_pixel_stride = 0, out_pixel_stride = 0;  ///< Floats from one pixel to the next.
  std::int64_t in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool count_include_pad = false;  ///< Average: padding counts as zeros; beyond the padding never counts.
};

/// Items are output rows: batch * out_h.
using PoolFn = void (*)(const PoolArgs& args, base::Range rows) noexcept;
PoolFn max_pool_kernel() noexcept;
PoolFn average_pool_kernel() noexcept;

}  // namespace dnntune::kernels::simd
