// SPDX-License-Identifier: Apache-2.0
// A lock that clients get one after the other: a mutex of the system lets whoever comes at the right moment pass
// those that wait, some of them for seconds, and in one line for all a client with many requests would crowd out the others.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>

namespace dnntune::split {

/// As std::mutex, first come first served within a client; clients that wait are served in turn, one request each.
class Turns {
 public:
  void lock(const std::string& client = "") {
    std::unique_lock guard(mutex_);
    ++in_line_;
    if (!held_) {
      held_ = true;
      return;
    }
    Waiter me;
    line_of(client).waiters.push_back(&me);
    me.came.wait(guard, [&] { return me.has_turn; });
  }
  void unlock() {
    const std::lock_guard guard(mutex_);
    --in_line_;
    if (lines_.empty()) {
      held_ = false;
      return;
    }
    Line& first = lines_.front();
    Waiter* const next = first.waiters.front();
    first.waiters.pop_front();
    if (first.waiters.empty()) lines_.pop_front();
    else lines_.splice(lines_.end(), lines_, lines_.begin());  // the other clients first
    next->has_turn = true;
    next->came.notify_one();  // while locked: `next` lives until it can lock
  }
  /// How many hold it or wait for it.
  std::uint64_t in_line() const {
    const std::lock_guard guard(mutex_);
    return in_line_;
  }

 private:
  struct Waiter {
    std::condition_variable came;
    bool has_turn = false;
  };
  struct Line {
    std::string client;
    std::list<Waiter*> waiters;  ///< Never empty.
  };
  Line& line_of(const std::string& client) {
    const auto known = std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.client == client; });
    return known != lines_.end() ? *known : lines_.emplace_back(Line{client, {}});
  }

  mutable std::mutex mutex_;
  bool held_ = false;
  std::uint64_t in_line_ = 0;
  std::list<Line> lines_;  ///< Of clients that wait; the first has the next turn.
};

/// Holds the turn of one client.
class Turn {
 public:
  Turn(Turns& turns, const std::string& client) : turns_(turns) { turns_.lock(client); }
  ~Turn() { turns_.unlock(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Turns& turns_;
};

}  // namespace dnntune::split
