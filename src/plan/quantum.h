// SPDX-License-Identifier: Apache-2.0
// Rounds costs to multiples of a power of two, chosen so fine that it never shows and so coarse that
// every sum of them is exact, in doubles as in 64-bit integers. That makes "the cheapest" a question
// with one answer: the minimum cut (integers) and evaluate() (doubles) add up the same numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace dnntune::plan {

class Quantum {
 public:
  /// `total` bounds the sum of all costs that will be rounded; finite and not negative.
  /// `bits`: the total has at most 2^(bits + 1) quanta, rounding aside.
  explicit Quantum(double total, int bits = kBits) noexcept
      : exponent_(std::max(kFinest, total > 0.0 ? std::ilogb(total) - bits : kFinest)) {}

  double round(double cost) const noexcept { return std::ldexp(std::nearbyint(std::ldexp(cost, -exponent_)), exponent_); }
  /// A rounded cost, or a sum of some, as a count of quanta. Below 2^52.
  std::int64_t units(double rounded) const noexcept { return static_cast<std::int64_t>(std::ldexp(rounded, -exponent_)); }
  /// Of any cost, rounded to the nearest.
  std::int64_t count(double cost) const noexcept { return units(round(cost)); }
  double value(std::int64_t units) const noexcept { return std::ldexp(static_cast<double>(units), exponent_); }

 private:
  /// The total has at most 2^51 quanta. Rounding adds half a quantum a cost, far less than as much again,
  /// so sums stay below 2^52; a double holds whole numbers up to 2^53.
  static constexpr int kBits = 50;
  /// 2^-40 of a nanosecond or microjoule is finer than anything that is measured.
  static constexpr int kFinest = -40;
  int exponent_;
};

}  // namespace dnntune::plan
