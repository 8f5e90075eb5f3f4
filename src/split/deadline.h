// SPDX-License-Identifier: Apache-2.0
// Points in time by which something must have happened.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/clock.h"

namespace dnntune::split {

/// Monotonic, in base::now_ns's time.
using DeadlineNs = std::int64_t;

/// Beyond any program's life, yet far from overflow when added to a time.
inline constexpr double kForeverSeconds = 1e9;

/// `seconds` as whole nanoseconds; infinity is "forever".
inline std::int64_t whole_ns(double seconds) { return static_cast<std::int64_t>(base::ns(std::min(seconds, kForeverSeconds))); }
inline DeadlineNs deadline_in(double seconds) { return base::now_ns() + whole_ns(seconds); }

/// Until when to wait: a deadline, or a function that is asked again when that time has come, as it may have moved on meanwhile.
class Until {
 public:
  Until(DeadlineNs deadline) : deadline_(deadline) {}
  explicit Until(std::function<DeadlineNs()> moving) : moving_(std::move(moving)) {}
  DeadlineNs operator()() const { return moving_ ? moving_() : deadline_; }

 private:
  DeadlineNs deadline_ = 0;
  std::function<DeadlineNs()> moving_;
};

}  // namespace dnntune::split
