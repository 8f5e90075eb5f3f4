// SPDX-License-Identifier: Apache-2.0
// Both half formats against definitions written with double arithmetic.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "base/half.h"

using namespace dnntune;

namespace {

struct Format {
  int exponent_bits, mantissa_bits;
};
constexpr Format kFloat16{5, 10}, kBFloat16{8, 7};

/// The value of a bit pattern by the definition of IEEE 754 binary interchange formats.
double value_of(std::uint16_t bits, Format format) {
  const int mantissa = bits & ((1 << format.mantissa_bits) - 1);
  const int exponent = (bits >> format.mantissa_bits) & ((1 << format.exponent_bits) - 1);
  const int bias = (1 << (format.exponent_bits - 1)) - 1;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == (1 << format.exponent_bits) - 1)
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - format.mantissa_bits);
  return sign * std::ldexp(mantissa + (1 << format.mantissa_bits), exponent - bias - format.mantissa_bits);
}

/// Round to nearest, ties to even, by searching the neighbours of the positive pattern below `f`.
std::uint16_t nearest(float f, Format format) {
  const std::uint16_t sign = std::signbit(f) ? 0x8000 : 0;
  const double x = std::abs(static_cast<double>(f));
  const int infinity = ((1 << format.exponent_bits) - 1) << format.mantissa_bits;
  int low = 0, high = infinity;  // patterns are ordered like their values
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (value_of(static_cast<std::uint16_t>(middle), format) <= x ? low : high) = middle;
  }
  const double below = value_of(static_cast<std::uint16_t>(low), format);
  // Overflow rounds as if the exponent went on: infinity stands for the next power of two.
  const double above = high == infinity ? std::ldexp(1.0, (1 << (format.exponent_bits - 1))) : value_of(static_cast<std::uint16_t>(high), format);
  if (x >= above) return static_cast<std::uint16_t>(sign | high);
  int chosen = low;
  if (x - below > above - x || (x - below == above - x && low % 2 == 1)) chosen = high;
  return static_cast<std::uint16_t>(sign | chosen);
}

template <typename ToFloat, typename FromFloat>
void check_format(Format format, ToFloat to_float, FromFloat from_float) {
  int wrong_value = 0, wrong_round_trip = 0;
  for (std::uint32_t i = 0; i <= 0xffff; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const float f = to_float(bits);
    const double expected = value_of(bits, format);
    if (std::isnan(expected)) {
      wrong_value += !std::isnan(f);
      wrong_round_trip += !std::isnan(to_float(from_float(f)));
    } else {
      wrong_value += static_cast<double>(f) != expected || std::signbit(f) != std::signbit(expected);
      wrong_round_trip += from_float(f) != bits;
    }
  }
  CHECK(wrong_value == 0);
  CHECK(wrong_round_trip == 0);

  int wrong_rounding = 0;
  const auto try_float = [&](float f) {
    if (!std::isnan(f)) wrong_rounding += from_float(f) != nearest(f, format);
  };
  // Every finite pattern, the middle to the next one, and both sides of that middle.
  for (std::uint32_t i = 0; i < 0x7fff; ++i) {
    const double a = value_of(static_cast<std::uint16_t>(i), format), b = value_of(static_cast<std::uint16_t>(i + 1), format);
    if (!std::isfinite(a) || !std::isfinite(b)) continue;
    const auto middle = static_cast<float>((a + b) / 2);
    for (const float f : {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, INFINITY)}) {
      try_float(f);
      try_float(-f);
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i) try_float(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
  for (const float f : {65504.0f, 65519.99f, 65520.0f, 65536.0f, INFINITY, -INFINITY, 3.4e38f}) try_float(f);
  CHECK(wrong_rounding == 0);
}

}  // namespace

TEST_CASE("float16: all patterns, round to nearest even") {
  check_format(kFloat16, base::float16_to_float, base::float_to_float16);
}

TEST_CASE("bfloat16: all patterns, round to nearest even") {
  check_format(kBFloat16, base::bfloat16_to_float, base::float_to_bfloat16);
}
