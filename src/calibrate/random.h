// SPDX-License-Identifier: Apache-2.0
// Random choices that are the same on every platform.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace dnntune::probes {

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// In [low, high].
  std::int64_t pick(std::int64_t low, std::int64_t high) noexcept {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  std::int64_t of(std::initializer_list<std::int64_t> values) noexcept { return values.begin()[next() % values.size()]; }
  bool chance(double share) noexcept { return unit() < share; }
  /// In [low, high], each doubling as likely as any other; most often a multiple of 8 where that fits.
  std::int64_t size(std::int64_t low, std::int64_t high) noexcept {
    const double log = std::log2(static_cast<double>(low)) + unit() * std::log2(static_cast<double>(high) / static_cast<double>(low));
    const auto value = static_cast<std::int64_t>(std::exp2(log));
    const std::int64_t rounded = (value + 4) / 8 * 8;
    return chance(0.8) && rounded >= low && rounded <= high ? rounded : value;
  }

 private:
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

  std::uint64_t state_;
};

}  // namespace dnntune::probes
