// SPDX-License-Identifier: Apache-2.0
// Sums, means and softmax of 8-bit integers with scales.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/quantization.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

/// y = quantized (a + b); a_ratio and b_ratio are their scales over y's. Items are elements of the walk.
struct QuantizedAddArgs {
  const std::uint8_t* a = nullptr;
  const std::uint8_t* b = nullptr;
  std::uint8_t* y = nullptr;
  const Walk<2>* walk = nullptr;
  float a_ratio = 0.0f, b_ratio = 0.0f;
  std::int32_t a_zero = 0, b_zero = 0;
  bool is_signed = false;
  Quantizer quantizer;
};
void quantized_add(const QuantizedAddArgs& args, base::Range elements) noexcept;

/// y[image, c] = quantized mean over positions of x[image, position, c]. `multiplier`: x_scale / (y_scale * positions).
/// Items are pairs (image, c).
struct QuantizedGlobalPoolArgs {
  const std::uint8_t* x = nullptr;
  std::uint8_t* y = nullptr;
  std::int64_t positions = 0, channels = 0;
  float multiplier = 0.0f;
  std::int32_t x_zero = 0;
  bool is_signed = false;
  Quantizer quantizer;
};
void quantized_global_average_pool(const QuantizedGlobalPoolArgs& args, base::Range items) noexcept;

/// Softmax along the middle of [outer, count, inner]. Items are pairs (outer, inner).
struct QuantizedSoftmaxArgs {
  const std::uint8_t* x = nullptr;
  std::uint8_t* y = nullptr;
  std::int64_t count = 0, inner = 1;
  float x_scale = 0.0f, y_scale = 0.0f;
  bool is_signed = false;
  Quantizer quantizer;
};
void quantized_softmax(const QuantizedSoftmaxArgs& args, base::Range items) noexcept;

}  // namespace dnntune::kernels::reference
