// SPDX-License-Identifier: Apache-2.0
// Convolution of channels-last images with ONNX weights, and its transpose.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/reference/elements.h"
#include "kernels/reference/window.h"

namespace dnntune::kernels::reference {

struct ConvArgs {
  const void* input = nullptr;  ///< [batch, in_size..., in_channels]
  /// conv: [out_channels, in_channels / groups, window.kernel...]
  /// conv_transpose: [in_channels, out_channels / groups, window.kernel...]
  const void* weights = nullptr;
  const void* bias = nullptr;  ///< [out_channels], or null
  void* output = nullptr;      ///< [batch, out_size..., out_channels]
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
using ConvKernel = Kernel<ConvArgs>;
ConvKernel conv_kernel(DataType type) noexcept;
/// The gradient of a convolution of the same window with respect to its input.
ConvKernel conv_transpose_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
