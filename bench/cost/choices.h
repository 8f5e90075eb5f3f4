// SPDX-License-Identifier: Apache-2.0
// Random choices of a family's variant.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace dnntune::bench {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) noexcept : state_(seed + 1) {}
  std::uint64_t next() noexcept {  // xorshift64*
    for (int i = 0; i < 3; ++i) {
      state_ ^= state_ >> 12;
      state_ ^= state_ << 25;
      state_ ^= state_ >> 27;
    }
    return state_ * 0x2545f4914f6cdd1du;
  }
  std::int64_t pick(std::int64_t low, std::int64_t high) noexcept {
    return low + static_cast<std::int64_t>((next() >> 16) % static_cast<std::uint64_t>(high - low + 1));
  }
  std::int64_t of(std::initializer_list<std::int64_t> values) noexcept { return values.begin()[(next() >> 16) % values.size()]; }
  /// Channels: 0.5 to 1.5 times as many, a multiple of 8.
  double width() noexcept { return 0.5 + static_cast<double>(pick(0, 100)) * 0.01; }

 private:
  std::uint64_t state_;
};

inline std::int64_t scaled(std::int64_t channels, double width) {
  return std::max<std::int64_t>(8, static_cast<std::int64_t>(std::lround(static_cast<double>(channels) * width / 8.0)) * 8);
}

}  // namespace dnntune::bench
