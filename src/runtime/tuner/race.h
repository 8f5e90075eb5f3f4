// SPDX-License-Identifier: Apache-2.0
// Which of several ways to do the same thing takes least time, on a machine that is not quiet.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace dnntune::runtime {

struct RaceOptions {
  int warmup_rounds = 1;
  int min_rounds = 7;
  int max_rounds = 35;
  /// Contenders this close to the leader, relatively, count as equal to it: the race ends when all that are left are.
  double close = 0.01;
};

struct Standing {
  double median_ns = 0.0;
  double spread_ns = 0.0;  ///< Median absolute deviation.
  int samples = 0;
};

/// Each contender returns nanoseconds. They run in turns, so that drifts of the machine hit all alike. After min_rounds
/// one leaves when the interval of its median (about 95 %, from the median absolute deviation) lies above the leader's.
/// Ends when one is left, when all left are close, after max_rounds, or when `out_of_time` says so; a contender has one
/// sample in any case.
std::vector<Standing> race(std::span<const std::function<double()>> contenders, const RaceOptions& options, const std::function<bool()>& out_of_time);

}  // namespace dnntune::runtime
