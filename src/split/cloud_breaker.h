// SPDX-License-Identifier: Apache-2.0
// When a cloud that failed is asked again: a circuit breaker.
#pragma once

#include <algorithm>
#include <cstdint>

namespace dnntune::split {

/// Closed: the cloud is asked. Open after a failure, for `pause`, twice as long after each further failure in a row, up to `longest_pause`;
/// then half open: one run may try, and its outcome closes or opens it again. Times are of one clock that does not go back.
class CloudBreaker {
 public:
  CloudBreaker(std::int64_t pause_ns, std::int64_t longest_pause_ns) : first_pause_ns_(pause_ns), longest_pause_ns_(std::max(pause_ns, longest_pause_ns)) {}

  bool open(std::int64_t now_ns) const noexcept { return failed_ && now_ns - failed_at_ns_ < pause_ns_; }
  /// Its last run failed: whether it is well has yet to be seen.
  bool half_open(std::int64_t now_ns) const noexcept { return failed_ && !open(now_ns); }
  /// `at_least_ns`: how long the server asked to be left alone.
  void failed(std::int64_t now_ns, std::int64_t at_least_ns = 0) noexcept {
    const std::int64_t next = !failed_ ? first_pause_ns_ : next_pause_ns_ > longest_pause_ns_ / 2 ? longest_pause_ns_ : next_pause_ns_ * 2;
    next_pause_ns_ = next;
    pause_ns_ = std::max(next, std::min(at_least_ns, longest_pause_ns_));
    failed_at_ns_ = now_ns;
    failed_ = true;
  }
  /// Nothing came back of a question that was asked at `asked_ns` beside a request that did not wait for it: it cost next to nothing, and that a
  /// link is back should be known soon. Open for `pause` from the question on, longer only as the silence grows long.
  void silent(std::int64_t asked_ns, std::int64_t now_ns) noexcept {
    if (!failed_) {
      next_pause_ns_ = first_pause_ns_;
      failed_ = true;
      silent_since_ns_ = asked_ns;
    }
    pause_ns_ = std::max(first_pause_ns_, std::min((now_ns - silent_since_ns_) / kSilenceToPause, longest_pause_ns_));
    failed_at_ns_ = asked_ns;
  }
  void close() noexcept { failed_ = false; }

  std::int64_t failed_at_ns() const noexcept { return failed_at_ns_; }
  std::int64_t pause_ns() const noexcept { return pause_ns_; }

 private:
  static constexpr std::int64_t kSilenceToPause = 60;  ///< A silence of a minute makes the pause a second.

  std::int64_t first_pause_ns_, longest_pause_ns_;
  std::int64_t next_pause_ns_ = 0, pause_ns_ = 0, failed_at_ns_ = 0, silent_since_ns_ = 0;
  bool failed_ = false;
};

}  // namespace dnntune::split
