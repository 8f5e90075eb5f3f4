// SPDX-License-Identifier: Apache-2.0
// What one thread waits for once, and another tells it: cheaper than a condition variable where it comes within a few microseconds.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "base/spin.h"

namespace dnntune::split {

/// Set once, waited for by one thread, which may destroy it as soon as `wait` has returned.
class Signal {
 public:
  void set() noexcept {
    if (state_.exchange(kSet, std::memory_order_acq_rel) == kAsleep) state_.notify_one();  // by its address alone: it may be gone
  }
  void wait() noexcept {
    if (base::spin_until([this] { return state_.load(std::memory_order_acquire) == kSet; }, [] { return spin_ns(); })) return;
    int seen = kEmpty;
    if (!state_.compare_exchange_strong(seen, kAsleep, std::memory_order_acq_rel)) return;
    while (state_.load(std::memory_order_acquire) != kSet) state_.wait(kAsleep, std::memory_order_acquire);
  }

 private:
  static constexpr int kEmpty = 0, kAsleep = 1, kSet = 2;
  /// What it takes to put a thread to sleep and to wake it. On one core nobody else would get on meanwhile.
  static std::int64_t spin_ns() noexcept {
    static const std::int64_t ns = std::thread::hardware_concurrency() > 1 ? 5000 : 0;
    return ns;
  }
  std::atomic<int> state_ = kEmpty;
};

}  // namespace dnntune::split
