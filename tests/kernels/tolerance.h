// SPDX-License-Identifier: Apache-2.0
// By how much a SIMD kernel's result may differ from the reference kernel's, which computes in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/simd/winograd.h"

namespace dnntune::test {

/// Relative to the larger of 1 and the reference's magnitude; for operands in [-1, 1] and up to
/// a few thousand terms a sum.
inline constexpr double kSimdTolerance = 5e-5;

/// Winograd's convolution: relative to the largest magnitude of the result, because an element's error comes from
/// all of its tile. It grows with the products along an axis, 4, 6 or 10, and with the channels. At least twice the
/// worst measured (operands uniform in [-1, 1), against sums in double, all instruction sets):
///
///     channels           64       128      256      512
///     3x3 in tiles of 2  2.9e-7   5.2e-7   8.4e-7   7.9e-7
///     3x3 in tiles of 4  1.0e-6   1.7e-6   2.6e-6   3.8e-6
///     5x5 in tiles of 2  9.9e-7   1.1e-6   1.9e-6   2.4e-6
///     1x3 in tiles of 4  8.9e-7   7.9e-7   1.0e-6   1.7e-6
///     1x7 in tiles of 4  4.4e-6   5.7e-6   6.7e-6   9.6e-6
///
/// `test_kernels_simd -s -tc='*error is bounded*'` prints them.
inline constexpr double winograd_tolerance(const kernels::simd::WinogradShape& shape) noexcept {
  const std::int64_t longest = shape.in_h() > shape.in_w() ? shape.in_h() : shape.in_w();
  return longest == 4 ? 2e-6 : longest == 6 ? 8e-6 : 2e-5;
}

/// Winograd's convolution with products in bfloat16, likewise. The worst measured, with 3 to 512 channels: 3x3 in tiles
/// of 2 0.0043, 1x3 in tiles of 4 0.0093, 3x3 in tiles of 4 0.019, 5x5 in tiles of 2 0.017, 1x7 in tiles of 4 0.046.
/// A convolution without the method, of the same operands rounded, has 0.0025.
inline constexpr double kWinogradBfloat16Tolerance = 0.03;  ///< Up to six products along an axis.
inline constexpr double winograd_bfloat16_tolerance(const kernels::simd::WinogradShape& shape) noexcept {
  const std::int64_t longest = shape.in_h() > shape.in_w() ? shape.in_h() : shape.in_w();
  return longest == 4 ? 0.008 : longest == 6 ? kWinogradBfloat16Tolerance : 0.08;
}

/// Also true for equal infinities and for two NaNs.
inline bool simd_close(double got, double want) noexcept {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) == std::isnan(got);
  if (got == want) return true;
  return std::abs(got - want) <= kSimdTolerance * std::max(1.0, std::abs(want));
}

}  // namespace dnntune::test
