// SPDX-License-Identifier: Apache-2.0
// Repeatable random test data: a seed gives the same numbers on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dnntune::test {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  /// In [-1, 1), a multiple of 2^-10: sums of a few thousand products are exact in double.
  float value() noexcept { return static_cast<float>(static_cast<std::int64_t>(next() >> 53) - 1024) / 1024.0f; }
  /// In [low, high].
  std::int64_t integer(std::int64_t low, std::int64_t high) noexcept {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  std::vector<float> values(std::size_t count) {
    std::vector<float> result(count);
    for (float& v : result) v = value();
    return result;
  }
  /// In [-1, 1) with all the bits that a float has: sums and transforms of these are rounded.
  std::vector<float> full_values(std::int64_t count) {
    std::vector<float> result(static_cast<std::size_t>(count));
    for (float& v : result) v = static_cast<float>(next() >> 40) / 8388608.0f - 1.0f;
    return result;
  }

 private:
  std::uint64_t state_;
};

}  // namespace dnntune::test
