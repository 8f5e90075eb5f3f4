// SPDX-License-Identifier: Apache-2.0
// Times a kernel: median and best of samples that are long enough for the clock.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/clock.h"

namespace dnntune::bench {

/// Of one call. On a machine that others use too, only the best says something about the kernel.
struct Timing {
  double median_ns = 0.0;
  double best_ns = 0.0;
};

/// Time of a call, from as many as take 3 ms.
template <typename Run>
double sample_ns(Run& run) {
  constexpr std::int64_t kLeastSampleNs = 3'000'000;
  const std::int64_t start = base::now_ns();
  std::int64_t elapsed = 0, count = 0;
  do {
    run();
    ++count;
    elapsed = base::now_ns() - start;
  } while (elapsed < kLeastSampleNs);
  return static_cast<double>(elapsed) / static_cast<double>(count);
}

inline Timing faster(Timing a, Timing b) noexcept { return a.best_ns < b.best_ns ? a : b; }

/// Nine samples.
template <typename Run>
Timing measure(Run run) {
  run();
  std::array<double, 9> samples;
  for (double& sample : samples) sample = sample_ns(run);
  std::sort(samples.begin(), samples.end());
  return {samples[samples.size() / 2], samples.front()};
}

/// Two things, sample by sample in turn, so that both meet the same state of a shared machine.
template <typename First, typename Second>
std::pair<Timing, Timing> measure_in_turn(First first, Second second) {
  std::array<double, 15> samples[2];
  first();
  second();
  for (std::size_t i = 0; i < samples[0].size(); ++i) {
    samples[0][i] = sample_ns(first);
    samples[1][i] = sample_ns(second);
  }
  for (auto& list : samples) std::sort(list.begin(), list.end());
  const std::size_t middle = samples[0].size() / 2;
  return {{samples[0][middle], samples[0].front()}, {samples[1][middle], samples[1].front()}};
}

}  // namespace dnntune::bench
