// SPDX-License-Identifier: Apache-2.0
// By how much a SIMD kernel's result may differ from the reference kernel's, which computes in double.
#pragma once

#include <algorithm>
#include <cmath>

namespace dnntune::test {

/// Relative to the larger of 1 and the reference's magnitude; for operands in [-1, 1] and up to
/// a few thousand terms a sum.
inline constexpr double kSimdTolerance = 5e-5;

/// Also true for equal infinities and for two NaNs.
inline bool simd_close(double got, double want) noexcept {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) == std::isnan(got);
  if (got == want) return true;
  return std::abs(got - want) <= kSimdTolerance * std::max(1.0, std::abs(want));
}

}  // namespace dnntune::test
