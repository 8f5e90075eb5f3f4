// SPDX-License-Identifier: Apache-2.0
// A trace with its bits added up, for many transfers over it.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "dnntune/trace.h"

namespace dnntune::plan {

/// Borrows a trace that passed LinkTrace::check.
class TraceIndex {
 public:
  explicit TraceIndex(const LinkTrace& trace);

  /// The point that rules at a time. O(log n); throws invalid_argument for a time that is negative or not finite.
  const TracePoint& at(double time_s) const;
  /// As LinkTrace's, in O(log n).
  double end_s(LinkTrace::Way way, double start_s, double bytes) const;
  double bytes_between(LinkTrace::Way way, double start_s, double end_s) const;
  /// Of one round of the trace.
  double round_bits(LinkTrace::Way way) const noexcept { return sums(way).back(); }

 private:
  /// Rounds of the trace that are over at a time, and the time within the current one.
  struct Place {
    double rounds = 0.0, time_s = 0.0;
  };
  Place place(double time_s) const;
  std::size_t stretch_of(double inside_s) const;
  /// Bits from the trace's start to a time within it.
  double bits_until(LinkTrace::Way way, double inside_s) const;
  const std::vector<double>& sums(LinkTrace::Way way) const noexcept { return sums_[static_cast<std::size_t>(way)]; }

  const LinkTrace& trace_;
  std::array<std::vector<double>, 2> sums_;  ///< By way: bits before each point, and all of them.
};

}  // namespace dnntune::plan
