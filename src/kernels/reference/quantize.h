// SPDX-License-Identifier: Apache-2.0
// From floats to 8-bit integers and back.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

/// x and y are dense, [outer, channels, inner]; element (o, c, i) has scale[c] and zero_point[c]. Items are elements.
struct QuantizeArgs {
  const float* x = nullptr;
  const float* scale = nullptr;
  const std::uint8_t* zero_point = nullptr;  ///< Of y's type; null: all 0.
  std::uint8_t* y = nullptr;                 ///< int8 where is_signed
  std::int64_t channels = 1, inner = 1;
  bool is_signed = false;
};
void quantize(const QuantizeArgs& args, base::Range elements) noexcept;

struct DequantizeArgs {
  const void* x = nullptr;           ///< uint8, int8 or int32
  const float* scale = nullptr;
  const void* zero_point = nullptr;  ///< Of x's type; null: all 0.
  float* y = nullptr;
  std::int64_t channels = 1, inner = 1;
};
void dequantize_uint8(const DequantizeArgs& args, base::Range elements) noexcept;
void dequantize_int8(const DequantizeArgs& args, base::Range elements) noexcept;
void dequantize_int32(const DequantizeArgs& args, base::Range elements) noexcept;

/// The uint8 scale and zero point that hold [least, most] and 0, as DynamicQuantizeLinear chooses them.
struct DynamicScale {
  float scale = 0.0f;
  std::uint8_t zero_point = 0;
};
DynamicScale dynamic_scale(float least, float most) noexcept;

}  // namespace dnntune::kernels::reference
