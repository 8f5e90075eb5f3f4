// SPDX-License-Identifier: Apache-2.0
// Convolution of channels-last images with ONNX weights.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/activation.h"
#include "kernels/reference/window.h"

namespace dnntune::kernels::reference {

template <typename T>
struct ConvArgs {
  const T* input = nullptr;    ///< [batch, in_size..., in_channels]
  const T* weights = nullptr;  ///< [out_channels, in_channels / groups, window.kernel...]
  const T* bias = nullptr;     ///< [out_channels], or null
  T* output = nullptr;         ///< [batch, out_size..., out_channels]
  std::int64_t batch = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  std::int64_t groups = 1;
  Size3 in_size{1, 1, 1};
  Size3 out_size{1, 1, 1};
  Window window;
  Activation activation;
};

/// Items are output pixels: batch * volume(out_size).
template <typename T>
void conv(const ConvArgs<T>& args, base::Range pixels) noexcept;

}  // namespace dnntune::kernels::reference
