// SPDX-License-Identifier: Apache-2.0
// Times a kernel: median and best of samples that are long enough for the clock.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/clock.h"

namespace dnntune::bench {

/// Of one call. On a machine that others use too, only the best says something about the kernel.
struct Timing {
  double median_ns = 0.0;
  double best_ns = 0.0;
};

/// Nine samples of at least 3 ms each.
template <typename Run>
Timing measure(Run run) {
  constexpr std::int64_t kLeastSampleNs = 3'000'000;
  run();
  std::array<double, 9> samples;
  for (double& sample : samples) {
    const std::int64_t start = base::now_ns();
    std::int64_t elapsed = 0, count = 0;
    do {
      run();
      ++count;
      elapsed = base::now_ns() - start;
    } while (elapsed < kLeastSampleNs);
    sample = static_cast<double>(elapsed) / static_cast<double>(count);
  }
  std::sort(samples.begin(), samples.end());
  return {samples[samples.size() / 2], samples.front()};
}

}  // namespace dnntune::bench
