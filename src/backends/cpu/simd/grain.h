// SPDX-License-Identifier: Apache-2.0
// How small a piece of work may be.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::backends::cpu::simd {

inline constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) noexcept { return (a + b - 1) / b; }

/// Part `i` of `parts` of n items: sizes differ by one at most.
inline constexpr base::Range even_part(std::int64_t n, std::int64_t i, std::int64_t parts) noexcept {
  return {n * i / parts, n * (i + 1) / parts};
}

/// Blocks to cut n items into: of at most `most` items each; when several threads share them, as many for
/// each, and at least two.
inline constexpr std::int64_t even_blocks(std::int64_t n, std::int64_t most, int threads) noexcept {
  const std::int64_t blocks = std::max<std::int64_t>(1, divide_up(n, most));
  if (threads == 1) return blocks;
  const std::int64_t shared = divide_up(std::max<std::int64_t>(blocks, 2 * threads), threads) * threads;
  return std::clamp<std::int64_t>(shared, 1, std::max<std::int64_t>(1, n));
}

/// Items a thread should at least get. `item_macs`: multiply-adds (or, for what is bound by memory,
/// floats moved times eight) of one. Waking a thread costs some microseconds; these take as long.
inline constexpr std::int64_t grain_for(std::int64_t item_macs) noexcept {
  constexpr std::int64_t kLeastMacs = 256 * 1024;
  return std::max<std::int64_t>(1, kLeastMacs / std::max<std::int64_t>(1, item_macs));
}

/// The same for short jobs that follow one another, so that threads are awake: meeting costs half a microsecond.
inline constexpr std::int64_t awake_grain_for(std::int64_t item_macs) noexcept {
  constexpr std::int64_t kLeastMacs = 48 * 1024;
  return std::max<std::int64_t>(1, kLeastMacs / std::max<std::int64_t>(1, item_macs));
}

}  // namespace dnntune::backends::cpu::simd
