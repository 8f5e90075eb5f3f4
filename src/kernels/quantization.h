// SPDX-License-Identifier: Apache-2.0
// Linear quantization: real = scale * (stored - zero_point). The formulas that every kernel of it must keep to the bit.
#pragma once

#include <cmath>
#include <cstdint>

namespace dnntune::kernels {

/// 8-bit integers in memory, of either sign.
inline std::int32_t load_byte(const std::uint8_t* bytes, std::int64_t index, bool is_signed) noexcept {
  return is_signed ? static_cast<std::int8_t>(bytes[index]) : bytes[index];
}

/// How a real number is stored in 8 bits: rounded to the nearest, halves to even, between `low` and `high`, which
/// are those of the type or narrower by what an activation cuts off. A NaN becomes `low`.
struct Quantizer {
  std::int32_t zero_point = 0;
  std::int32_t low = 0, high = 255;

  float least() const noexcept { return static_cast<float>(low - zero_point); }
  float most() const noexcept { return static_cast<float>(high - zero_point); }
  /// `scaled`: the real number divided by the scale.
  std::int32_t operator()(float scaled) const noexcept {
    const float raised = scaled > least() ? scaled : least();
    return static_cast<std::int32_t>(std::nearbyint(raised < most() ? raised : most())) + zero_point;
  }
};

/// The sum of products of a convolution or matrix product, less zero points and with its bias, in output steps.
/// `multiplier` is x_scale * weight_scale / y_scale, computed in this order in float32.
inline float in_output_steps(std::int32_t sum, float multiplier) noexcept { return static_cast<float>(sum) * multiplier; }

/// A sum of two quantized numbers in output steps; a_ratio is a_scale / y_scale.
inline float add_in_output_steps(std::int32_t a, float a_ratio, std::int32_t b, float b_ratio) noexcept {
  return static_cast<float>(a) * a_ratio + static_cast<float>(b) * b_ratio;
}

}  // namespace dnntune::kernels
