// SPDX-License-Identifier: Apache-2.0
// Convolution of channels-last images with ONNX weights, and its transpose.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/activation.h"
#include "kernels/reference/window.h"

namespace dnntune::kernels::reference {

template <typename T>
struct ConvArgs {
  const T* input = nullptr;    ///< [batch, in_size..., in_channels]
  /// conv: [out_channels, in_channels / groups, window.kernel...]
  /// conv_transpose: [in_channels, out_channels / groups, window.kernel...]
  const T* weights = nullptr;
  const T* bias = nullptr;     ///< [out_channels], or null
  T* output = nullptr;         ///< [batch, out_size..., out_channels]
  std::int64_t batch = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  std::int64_t groups = 1;
  Size3 in_size{1, 1, 1};
  Size3 out_size{1, 1, 1};
  /// conv_transpose: pad_begin cuts from the front of the full result; out_size implies the rest.
  Window window;
  Activation activation;
};

/// Items of both are output pixels: batch * volume(out_size).
template <typename T>
void conv(const ConvArgs<T>& args, base::Range pixels) noexcept;
/// The gradient of a convolution of the same window with respect to its input.
template <typename T>
void conv_transpose(const ConvArgs<T>& args, base::Range pixels) noexcept;

}  // namespace dnntune::kernels::reference
