// SPDX-License-Identifier: Apache-2.0
// How small a piece of work may be.
#pragma once

#include <algorithm>
#include <cstdint>

namespace dnntune::backends::cpu::simd {

inline constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) noexcept { return (a + b - 1) / b; }

/// Items a thread should at least get. `item_macs`: multiply-adds (or, for what is bound by memory,
/// floats moved times eight) of one. Waking a thread costs some microseconds; these take as long.
inline constexpr std::int64_t grain_for(std::int64_t item_macs) noexcept {
  constexpr std::int64_t kLeastMacs = 256 * 1024;
  return std::max<std::int64_t>(1, kLeastMacs / std::max<std::int64_t>(1, item_macs));
}

}  // namespace dnntune::backends::cpu::simd
