// SPDX-License-Identifier: Apache-2.0
// How many requests may be in hand at once: more are told to come again, so that a busy server's memory and its clients' patience have an end.
#pragma once

#include <atomic>

namespace dnntune::split {

/// Thread-safe.
class Admission {
 public:
  explicit Admission(int places) : places_(places) {}

  bool full() const noexcept { return taken_.load(std::memory_order_relaxed) >= places_; }
  int taken() const noexcept { return taken_.load(std::memory_order_relaxed); }

  /// A place, if one was free, for as long as this lives.
  class Place {
   public:
    explicit Place(Admission& admission) : admission_(admission), has_one_(admission.taken_.fetch_add(1) < admission.places_) {
      if (!has_one_) admission_.taken_.fetch_sub(1);
    }
    ~Place() {
      if (has_one_) admission_.taken_.fetch_sub(1);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    explicit operator bool() const noexcept { return has_one_; }

   private:
    Admission& admission_;
    const bool has_one_;
  };

 private:
  const int places_;
  std::atomic<int> taken_ = 0;
};

}  // namespace dnntune::split
