// SPDX-License-Identifier: Apache-2.0
// Transposed convolution (the gradient of convolution with respect to its input), channels-last.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/activation.h"
#include "kernels/reference/window.h"

namespace dnntune::kernels::reference {

template <typename T>
struct ConvTransposeArgs {
  const T* input = nullptr;    ///< [batch, in_size..., in_channels]
  const T* weights = nullptr;  ///< [in_channels, out_channels / groups, window.kernel...]
  const T* bias = nullptr;     ///< [out_channels], or null
  T* output = nullptr;         ///< [batch, out_size..., out_channels]
  std::int64_t batch = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  std::int64_t groups = 1;
  Size3 in_size{1, 1, 1};
  Size3 out_size{1, 1, 1};
  Window window;  ///< pad_begin cuts from the front of the full result; pad_end is implied by out_size
  Activation activation;
};

/// Items are output pixels: batch * volume(out_size).
template <typename T>
void conv_transpose(const ConvTransposeArgs<T>& args, base::Range pixels) noexcept;

}  // namespace dnntune::kernels::reference
