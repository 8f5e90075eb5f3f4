// SPDX-License-Identifier: Apache-2.0
// Convolution of 8-bit integers, summed in 32 bits.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/quantization.h"
#include "kernels/reference/conv.h"

namespace dnntune::kernels::reference {

/// sum = (x - x_zero) * (w - w_zero) + bias, wrapping at 32 bits. With `multipliers` the output is that sum
/// quantized anew; without, the sum itself.
struct QuantizedConvArgs {
  ConvArgs conv;  ///< The shape alone: its pointers and its activation are unused.
  const std::uint8_t* input = nullptr;
  const std::uint8_t* weights = nullptr;
  bool input_signed = false, weights_signed = false;
  std::int32_t input_zero = 0;
  const std::int32_t* weight_zeros = nullptr;  ///< [out_channels]
  const std::int32_t* bias = nullptr;          ///< [out_channels], or null
  const float* multipliers = nullptr;          ///< [out_channels], or null
  Quantizer quantizer;
  void* output = nullptr;                      ///< 8-bit integers, or int32 without multipliers
};
/// Items are output pixels.
void quantized_conv(const QuantizedConvArgs& args, base::Range pixels) noexcept;

}  // namespace dnntune::kernels::reference
