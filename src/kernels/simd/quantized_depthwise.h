// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution of bytes: each channel with its own window.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/quantization.h"

namespace dnntune::kernels::simd {

struct QuantizedDepthwiseArgs {
  const std::uint8_t* input = nullptr;   ///< [batch, in_h, in_w, channels]
  std::uint8_t* output = nullptr;        ///< [batch, out_h, out_w, channels]
  const std::int8_t* weights = nullptr;  ///< Packed, with what each sum starts from and its multiplier.
  const std::uint8_t* padding = nullptr;  ///< `channels` bytes that stand for real zero.
  std::uint8_t flip = 0;                 ///< 0x80 where the input has the other sign than the kernels compute with.
  std::int64_t channels = 0;
  std::int64_t in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  std::int64_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  Quantizer quantizer;
  bool output_signed = false;
};

/// Windows of more taps are for others.
inline constexpr std::int64_t kMostQuantizedTaps = 64;

struct QuantizedDepthwiseKernels {
  bool signed_a;
  std::int64_t block;  ///< Channels that are computed together.
  /// Items are rows of output pixels: batch * out_h.
  void (*run)(const QuantizedDepthwiseArgs& args, base::Range rows) noexcept;
};
/// Null where there are no vectors.
const QuantizedDepthwiseKernels* quantized_depthwise_kernels() noexcept;

/// Bytes of packed weights for a window of so many taps.
std::int64_t quantized_depthwise_bytes(const QuantizedDepthwiseKernels& kernels, std::int64_t channels, std::int64_t taps) noexcept;
/// Packs signed weights [channels, taps] (`flip`: 0x80 where they are unsigned), start and multiplier of each channel.
void pack_quantized_depthwise(const QuantizedDepthwiseKernels& kernels, const std::uint8_t* weights, std::uint8_t flip, const std::int32_t* start,
                              const float* multiplier, std::int64_t channels, std::int64_t taps, std::int8_t* packed) noexcept;

}  // namespace dnntune::kernels::simd
