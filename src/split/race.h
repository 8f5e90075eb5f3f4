// SPDX-License-Identifier: Apache-2.0
// Computations on threads of their own, of which the first result counts.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "dnntune/tensor.h"
#include "split/deadline.h"

namespace dnntune::split {

/// A bell that those who end ring, and one who waits hears.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    ++rung_;
    heard_.notify_all();
  }
  /// True once `done` holds; it is asked again whenever the bell rings. False at the deadline, when there is one.
  bool wait(const std::function<bool()>& done, std::optional<DeadlineNs> deadline = std::nullopt) {
    for (std::unique_lock lock(mutex_);;) {
      const int before = rung_;
      lock.unlock();
      if (done()) return true;
      lock.lock();
      const auto news = [&] { return rung_ != before; };
      if (!deadline) {
        heard_.wait(lock, news);
      } else if (!heard_.wait_for(lock, std::chrono::nanoseconds(*deadline - base::now_ns()), news)) {
        return false;
      }
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable heard_;
  int rung_ = 0;
};

/// One computation at a time. It may outlast whoever started it; the destructor waits for it, so it must end by itself.
class Runner {
 public:
  explicit Runner(Bell& bell) : bell_(bell) {}

  /// There is one whose result nobody has taken.
  bool started() const noexcept { return run_.valid(); }
  bool ended() const noexcept { return run_.valid() && ended_->load(); }
  /// Nothing may be started() still.
  void start(std::function<Tensors()> work) {
    ended_ = std::make_shared<std::atomic<bool>>(false);
    run_ = std::async(std::launch::async, [work = std::move(work), ended = ended_, &bell = bell_] {
      struct AtEnd {
        std::atomic<bool>& ended;
        Bell& bell;
        ~AtEnd() {
          ended = true;
          bell.ring();
        }
      } const at_end{*ended, bell};
      return work();
    });
  }
  /// Waits. Throws what the computation threw.
  Tensors take() { return run_.get(); }

 private:
  Bell& bell_;  ///< Outlives this.
  std::shared_ptr<std::atomic<bool>> ended_;
  std::future<Tensors> run_;
};

}  // namespace dnntune::split
