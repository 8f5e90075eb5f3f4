// SPDX-License-Identifier: Apache-2.0
// A lock that is given in the order in which it was asked for: a mutex of the system lets whoever comes at the right moment pass
// those that wait, some of them for seconds.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace dnntune::split {

/// As std::mutex, first come first served.
class Turns {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const std::uint64_t mine = next_++;
    turn_came_.wait(guard, [&] { return now_ == mine; });
  }
  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      ++now_;
    }
    turn_came_.notify_all();
  }
  /// How many hold it or wait for it.
  std::uint64_t in_line() const {
    const std::lock_guard guard(mutex_);
    return next_ - now_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable turn_came_;
  std::uint64_t next_ = 0, now_ = 0;
};

}  // namespace dnntune::split
