// SPDX-License-Identifier: Apache-2.0
// Bytes with scales: from floats and back, sums, means over positions, maxima over windows.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/quantization.h"

namespace dnntune::kernels::simd {

/// y = quantized x / scale. Items of this and the next two are elements.
struct QuantizeArgs {
  const float* x = nullptr;
  std::uint8_t* y = nullptr;
  float scale = 1.0f;
  bool is_signed = false;
  Quantizer quantizer;
};

/// y = scale * (x - zero_point)
struct DequantizeArgs {
  const std::uint8_t* x = nullptr;
  float* y = nullptr;
  float scale = 1.0f;
  std::int32_t zero_point = 0;
  bool is_signed = false;
};

/// y = quantized a + b, as kernels/reference/quantized_elementwise.h has it; all of one shape.
struct QuantizedAddArgs {
  const std::uint8_t* a = nullptr;
  const std::uint8_t* b = nullptr;
  std::uint8_t* y = nullptr;
  float a_ratio = 0.0f, b_ratio = 0.0f;
  std::int32_t a_zero = 0, b_zero = 0;
  bool is_signed = false;
  Quantizer quantizer;
};

/// y[image, c] = quantized mean of x[image, position, c]. Items are blocks of kMeanChannels channels of an image.
struct QuantizedMeanArgs {
  const std::uint8_t* x = nullptr;
  std::uint8_t* y = nullptr;
  std::int64_t positions = 0, channels = 0;
  float multiplier = 0.0f;
  std::int32_t x_zero = 0;
  bool is_signed = false;
  Quantizer quantizer;
};
inline constexpr std::int64_t kMeanChannels = 64;

/// Maximum over the taps of a window that lie on the image. Items are rows of output pixels.
struct ByteMaxPoolArgs {
  const std::uint8_t* input = nullptr;  ///< [batch, in_h, in_w, channels]
  std::uint8_t* output = nullptr;       ///< [batch, out_h, out_w, channels]
  std::int64_t channels = 0, in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  std::int64_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  bool is_signed = false;
};

struct ByteKernels {
  void (*quantize)(const QuantizeArgs& args, base::Range elements) noexcept;
  void (*dequantize)(const DequantizeArgs& args, base::Range elements) noexcept;
  void (*add)(const QuantizedAddArgs& args, base::Range elements) noexcept;
  void (*mean)(const QuantizedMeanArgs& args, base::Range blocks) noexcept;
  void (*max_pool)(const ByteMaxPoolArgs& args, base::Range rows) noexcept;
};
const ByteKernels& byte_kernels() noexcept;

}  // namespace dnntune::kernels::simd
