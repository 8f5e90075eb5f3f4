// SPDX-License-Identifier: Apache-2.0
// Looking again and again for what another thread is about to do, for less time than a sleep and its end would cost.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

#include "base/clock.h"

namespace dnntune::base {

inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// True as soon as `condition` holds; false when it did not within `patience()` nanoseconds, which may change
/// meanwhile.
template <typename Condition, typename Patience>
bool spin_until(Condition&& condition, Patience&& patience) noexcept {
  if (condition()) return true;
  if (patience() <= 0) return false;
  const std::int64_t start = now_ns();
  do {
    for (int i = 0; i < 64; ++i) {
      if (condition()) return true;
      pause();
    }
  } while (now_ns() - start < patience());
  return false;
}

}  // namespace dnntune::base
