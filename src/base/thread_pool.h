// SPDX-License-Identifier: Apache-2.0
// A fixed set of workers that sleep between runs. The calling thread works too, as worker 0.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "base/cores.h"

namespace dnntune::base {

/// A borrowed callable: no allocation, valid during the call only.
template <typename Signature>
class FunctionRef;
template <typename R, typename... Args>
class FunctionRef<R(Args...)> {
 public:
  template <typename F>
    requires(!std::is_same_v<std::decay_t<F>, FunctionRef>)
  FunctionRef(F&& f) noexcept  // NOLINT: implicit on purpose
      : object_(const_cast<void*>(static_cast<const void*>(&f))), call_([](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(args...);
        }) {}
  R operator()(Args... args) const { return call_(object_, args...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

/// Half-open range of work items.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t size() const noexcept { return end - begin; }
};

/// Where one worker of a pool runs.
struct Placement {
  int asked_core = -1;     ///< The core it was to be pinned to; -1: none.
  int error = 0;           ///< Error number of the system that refused the pin, ENOSYS: it accepted and did not
                           ///< keep to it; 0: pinned, or not tried yet.
  std::vector<int> cores;  ///< Those it may run on, read back from the system; empty: not known.
};

/// Between runs (see PoolRun) workers sleep at once, unless `spin_ns` was given: so long, at most, they then
/// look for the next job first. Within a run a worker without work looks for the next job for at most 50 us
/// before it sleeps: the layers of a network follow one another within less.
/// Workers flush denormals to zero while they work; the caller's mode is restored after each job.
/// One job at a time: `parallel_for` may be called from one thread at a time and not from inside a job.
/// Throws out_of_memory when the system refuses a thread.
class ThreadPool {
 public:
  /// `cores` pins worker i to cores[i % size]; empty does not pin. The calling thread is worker 0 and is
  /// pinned by CallerPin. A refused pin is reported by `pinned` and `placements`, not thrown.
  explicit ThreadPool(int threads, std::span<const int> cores = {}, std::int64_t spin_ns = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Threads that take part in jobs: all of them, unless `use` said otherwise.
  int threads() const noexcept;
  /// Only the first `threads` take part from now on, 1 to all; between jobs, by the thread that calls parallel_for.
  void use(int threads) noexcept;
  /// True when cores were given and no pin was refused; what a pin came to was read back from the system.
  bool pinned() const noexcept;
  /// Where each worker may run, now: masks are read from the system, so one that was moved since its pin shows.
  /// Worker 0 is the caller inside its CallerPin; outside of one it is as the last CallerPin found it.
  std::vector<Placement> placements() const;

  /// Calls `body(range, worker)` over [0, items) in pieces of at least `grain` items, and returns when
  /// all are done. Pieces depend only on items, grain and the thread count. `worker` is in
  /// [0, threads()): an index for per-worker scratch. `body` must not throw.
  /// Each worker starts with a share of its own, the same part of every job, and takes its pieces in order:
  /// what it wrote in one layer it reads in the next. Then it helps others from the end of their shares.
  void parallel_for(std::int64_t items, std::int64_t grain, FunctionRef<void(Range, int)> body);

 private:
  friend class CallerPin;
  friend class PoolRun;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A run of several jobs: while the object lives, workers that have been woken stay awake for the next job.
/// Costs nothing of its own; workers are woken by the first job that has work for them.
class PoolRun {
 public:
  explicit PoolRun(ThreadPool& pool) noexcept;
  ~PoolRun();
  PoolRun(const PoolRun&) = delete;
  PoolRun& operator=(const PoolRun&) = delete;

 private:
  ThreadPool& pool_;
};

/// Pins the calling thread to the pool's first core for the object's lifetime, then restores its mask.
/// A refused pin is reported by the pool. Costs about 5 us, and next to nothing for a caller that
/// has pinned itself there.
class CallerPin {
 public:
  explicit CallerPin(const ThreadPool& pool);
  ~CallerPin();
  CallerPin(const CallerPin&) = delete;
  CallerPin& operator=(const CallerPin&) = delete;

 private:
  const ThreadPool& pool_;
  std::optional<CoreMask> saved_;  ///< Set when it must be restored.
  bool outermost_ = false;
};

}  // namespace dnntune::base
