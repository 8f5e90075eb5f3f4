// SPDX-License-Identifier: Apache-2.0
// IEEE binary16 and bfloat16 as bit patterns, with round-to-nearest-even conversions.
#pragma once

#include <bit>
#include <cstdint>

namespace dnntune::base {

inline float bfloat16_to_float(std::uint16_t h) noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(h) << 16); }

inline std::uint16_t float_to_bfloat16(float f) noexcept {
  std::uint32_t u = std::bit_cast<std::uint32_t>(f);
  if ((u & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((u >> 16) | 0x0040u);  // keep NaN a NaN
  u += 0x7fffu + ((u >> 16) & 1u);
  return static_cast<std::uint16_t>(u >> 16);
}

inline float float16_to_float(std::uint16_t h) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000u) << 16;
  std::uint32_t exponent = (h >> 10) & 0x1fu;
  std::uint32_t mantissa = h & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent == 0) {
    if (mantissa == 0) return std::bit_cast<float>(sign);
    exponent = 113;  // subnormal: normalise
    while ((mantissa & 0x400u) == 0) {
      mantissa <<= 1;
      --exponent;
    }
    return std::bit_cast<float>(sign | (exponent << 23) | ((mantissa & 0x3ffu) << 13));
  }
  return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
}

inline std::uint16_t float_to_float16(float f) noexcept {
  const std::uint32_t u = std::bit_cast<std::uint32_t>(f);
  const std::uint32_t sign = (u >> 16) & 0x8000u;
  const std::uint32_t a = u & 0x7fffffffu;
  if (a > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u | ((a >> 13) & 0x1ffu));  // NaN
  if (a >= 0x47800000u) return static_cast<std::uint16_t>(sign | 0x7c00u);                       // >= 65536
  if (a < 0x33000000u) return static_cast<std::uint16_t>(sign);                                  // below half the least
  int shift = 13;
  std::uint32_t mantissa = a & 0x7fffffu;
  std::uint32_t base = 0;
  if (a < 0x38800000u) {  // subnormal result
    mantissa |= 0x800000u;
    shift = 126 - static_cast<int>(a >> 23);
  } else {
    base = ((a >> 23) - 112u) << 10;
  }
  std::uint32_t result = base + (mantissa >> shift);
  const std::uint32_t rest = mantissa & ((1u << shift) - 1u);
  const std::uint32_t half = 1u << (shift - 1);
  if (rest > half || (rest == half && (result & 1u))) ++result;  // may carry into infinity: right
  return static_cast<std::uint16_t>(sign | result);
}

}  // namespace dnntune::base
