// SPDX-License-Identifier: Apache-2.0
// Who may compute: a lock that clients get one after the other. A mutex of the system lets whoever comes at the right moment pass
// those that wait, some of them for seconds, and in one line for all a client with many requests would crowd out the others.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <string>

#include "split/signal.h"

namespace dnntune::split {

/// As std::mutex, first come first served within a client; clients that wait are served in turn, one request each.
class Turns {
 public:
  static constexpr std::int64_t kLong = std::numeric_limits<std::int64_t>::max();
  /// Work that any thread may do in its turn. It must not throw.
  struct Job {
    std::function<void()> work;
    std::int64_t expected_ns = kLong;  ///< What it should take: what the last such job took.
  };

  void lock(const std::string& client = "") noexcept;
  void unlock() noexcept;
  /// Has the job done in its turn: by this thread, or, where it should take less than a change of threads, by the one whose turn it was before.
  void run(const std::string& client, const Job& job) noexcept;
  /// How many hold it or wait for it.
  std::uint64_t in_line() const;

 private:
  /// On its thread's stack. The first of each client stands in the circle of clients, the others behind it.
  struct Waiter {
    const std::string& client;
    const Job* job = nullptr;  ///< Null: it wants the turn itself.
    bool done = false;         ///< The job; else it has the turn.
    Waiter* next = nullptr;    ///< Of the same client.
    Waiter* last = nullptr;    ///< Of the same client; of the first alone.
    Waiter* next_client = nullptr;
    Signal came = {};
  };
  bool take(Waiter& me) noexcept;
  void stand_in_line(Waiter& me) noexcept;
  void join_circle(Waiter& first) noexcept;
  Waiter& pop_next() noexcept;

  mutable std::mutex mutex_;
  bool held_ = false;
  std::uint64_t in_line_ = 0;
  Waiter *first_ = nullptr, *last_ = nullptr;  ///< Of the circle; the first has the next turn.
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
