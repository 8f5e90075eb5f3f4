// SPDX-License-Identifier: Apache-2.0
// Requests that are on their way into the server: whether it is worth to wait for another one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "split/deadline.h"

namespace dnntune::split {

/// Thread-safe.
class Arrivals {
 public:
  /// A request from its first byte until it is where it was going, or gone. Of no server: nothing.
  class One {
   public:
    One() = default;
    explicit One(Arrivals* all) : all_(all) {
      if (all_ != nullptr) all_->count_.fetch_add(1);
    }
    One(One&& other) noexcept : all_(std::exchange(other.all_, nullptr)) {}
    One& operator=(One&& other) noexcept {
      std::swap(all_, other.all_);
      return *this;
    }
    ~One() { end(); }
    void end() noexcept {
      Arrivals* const all = std::exchange(all_, nullptr);
      if (all != nullptr && all->count_.fetch_sub(1) == 1) all->look_again();
    }

   private:
    Arrivals* all_ = nullptr;
  };

  /// Waits as long as some request is on its way and `enough` is false, to the deadline at most.
  template <typename Enough>
  void wait(DeadlineNs deadline, Enough&& enough) {
    std::unique_lock lock(mutex_);
    ++waiters_;
    const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(deadline)};
    changed_.wait_until(lock, until, [&] { return count_ == 0 || enough(); });
    --waiters_;
  }
  /// Whoever waits asks again whether it has enough.
  void look_again() noexcept {
    if (waiters_ == 0) return;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

 private:
  std::atomic<int> count_ = 0, waiters_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace dnntune::split
