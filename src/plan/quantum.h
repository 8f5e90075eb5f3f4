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
  explicit Quantum(double total, int bits = kBits) noexcept {
    const int exponent = std::max(kFinest, total > 0.0 ? std::ilogb(total) - bits : kFinest);
    unit_ = std::ldexp(1.0, exponent);
    per_unit_ = std::ldexp(1.0, -exponent);  // powers of two: products are exact
  }

  double round(double cost) const noexcept { return nearest(cost * per_unit_) * unit_; }
  /// A rounded cost, or a sum of some, as a count of quanta. Below 2^52.
  std::int64_t units(double rounded) const noexcept { return static_cast<std::int64_t>(rounded * per_unit_); }
  /// Of any cost, rounded to the nearest.
  std::int64_t count(double cost) const noexcept { return static_cast<std::int64_t>(nearest(cost * per_unit_)); }
  double value(std::int64_t units) const noexcept { return static_cast<double>(units) * unit_; }

 private:
  /// The nearest whole number of up to 2^51, ties to even: beyond 2^52 doubles have no fractions. Several times as fast as
  /// std::nearbyint, which is a call on processors of the first x86-64; prices are rounded each time that a link changes.
  static double nearest(double x) noexcept {
    constexpr double kWhole = 0x1.8p52;
    return (x + kWhole) - kWhole;
  }

  /// The total has at most 2^51 quanta. Rounding adds half a quantum a cost, far less than as much again,
  /// so sums stay below 2^52; a double holds whole numbers up to 2^53.
  static constexpr int kBits = 50;
  /// 2^-40 of a nanosecond or microjoule is finer than anything that is measured.
  static constexpr int kFinest = -40;
  double unit_ = 1.0, per_unit_ = 1.0;
};

}  // namespace dnntune::plan
