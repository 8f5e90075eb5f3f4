// SPDX-License-Identifier: Apache-2.0
#include "split/turns.h"

#include <algorithm>
#include <utility>

namespace dnntune::split {
namespace {

/// To wake the next thread in line costs about as much. Jobs that take less, all together, are done on the way: else a line that has once
/// formed does not end where jobs are short, as each of them has to wait for a thread to wake up.
constexpr std::int64_t kHandOverNs = 50'000;
/// The least that a job counts as.
constexpr std::int64_t kLeastNs = 1'000;

}  // namespace

void Turns::lock(const std::string& client) noexcept {
  Waiter me{.client = client};
  take(me);
}

void Turns::run(const std::string& client, const Job& job) noexcept {
  Waiter me{.client = client, .job = &job};
  if (take(me)) return;
  job.work();
  unlock();
}

/// True when the job was done by another; else this thread has the turn.
bool Turns::take(Waiter& me) noexcept {
  {
    const std::lock_guard guard(mutex_);
    ++in_line_;
    if (!std::exchange(held_, true)) return false;
    stand_in_line(me);
  }
  me.came.wait();
  return me.done;
}

void Turns::unlock() noexcept {
  std::int64_t left_ns = kHandOverNs;
  for (std::unique_lock guard(mutex_);;) {
    --in_line_;
    if (first_ == nullptr) {
      held_ = false;
      return;
    }
    Waiter& next = pop_next();
    if (next.job == nullptr || next.job->expected_ns > left_ns) {
      next.came.set();
      return;
    }
    left_ns -= std::max(next.job->expected_ns, kLeastNs);
    guard.unlock();
    next.job->work();
    next.done = true;
    next.came.set();
    guard.lock();
  }
}

std::uint64_t Turns::in_line() const {
  const std::lock_guard guard(mutex_);
  return in_line_;
}

/// With the mutex held, as the next.
void Turns::stand_in_line(Waiter& me) noexcept {
  for (Waiter* first = first_; first != nullptr; first = first->next_client)
    if (first->client == me.client) {
      first->last = first->last->next = &me;
      return;
    }
  me.last = &me;
  join_circle(me);
}

void Turns::join_circle(Waiter& first) noexcept {
  (first_ == nullptr ? first_ : last_->next_client) = &first;
  last_ = &first;
}

/// There is one. Its client stands behind all others then.
Turns::Waiter& Turns::pop_next() noexcept {
  Waiter& next = *first_;
  first_ = next.next_client;
  if (next.next != nullptr) {
    next.next->last = next.last;
    join_circle(*next.next);
  }
  return next;
}

}  // namespace dnntune::split
