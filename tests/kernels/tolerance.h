// SPDX-License-Identifier: Apache-2.0
// By how much a SIMD kernel's result may differ from the reference kernel's, which computes in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace dnntune::test {

/// Relative to the larger of 1 and the reference's magnitude; for operands in [-1, 1] and up to
/// a few thousand terms a sum.
inline constexpr double kSimdTolerance = 5e-5;

/// Winograd's convolution with tiles of 2 or 4 pixels: relative to the largest magnitude of the result, because
/// an element's error comes from all of its tile. About twice the worst measured, which grows with the channels
/// (operands uniform in [-1, 1), against sums in double, all instruction sets): 3e-7 and 1.5e-6 for 64 channels,
/// 5e-7 and 1.8e-6 for 128, 8e-7 and 2.9e-6 for 256, 9e-7 and 3.9e-6 for 512.
/// `test_kernels_simd -s -tc='*error is bounded*'` prints them.
inline constexpr double winograd_tolerance(std::int64_t out_tile) noexcept { return out_tile == 2 ? 2e-6 : 8e-6; }

/// Also true for equal infinities and for two NaNs.
inline bool simd_close(double got, double want) noexcept {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) == std::isnan(got);
  if (got == want) return true;
  return std::abs(got - want) <= kSimdTolerance * std::max(1.0, std::abs(want));
}

}  // namespace dnntune::test
