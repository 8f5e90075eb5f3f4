// SPDX-License-Identifier: Apache-2.0
// Powers of a processor by number of threads: as measured, and for numbers that were not.
#pragma once

#include <cstddef>
#include <map>

#include "cost/power_fit.h"

namespace dnntune::cost {

class PowerCurve {
 public:
  /// Numbers of threads that are kept; of more, the one with the fewest samples goes.
  static constexpr std::size_t kMostThreadCounts = 64;
  struct Samples {
    PowerSums layers, runs;
  };

  void add_layer(int threads, const PowerSample& sample) { at_least(threads).layers.add(sample); }
  void add_run(int threads, const PowerSample& sample) { at_least(threads).runs.add(sample); }

  bool known() const noexcept { return !samples_.empty(); }
  bool measured(int threads) const { return samples_.contains(threads); }
  /// Must be known. A number of threads that was measured has its own power. Others lie on the straight line through the powers
  /// of the two nearest, one on each side where there are; with one alone, half of its power is taken to grow with the
  /// threads. More threads never draw less than fewer, nor more in proportion. The step from the nearest has a standard
  /// deviation of itself over the root of 3: nothing up to twice of it are taken as equally likely.
  FittedPower at(int threads) const;

  const std::map<int, Samples>& samples() const noexcept { return samples_; }
  void set(int threads, const Samples& samples) { samples_[threads] = samples; }

 private:
  Samples& at_least(int threads);

  std::map<int, Samples> samples_;  ///< By threads; each has some.
};

}  // namespace dnntune::cost
