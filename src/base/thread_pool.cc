// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <thread>
#include <vector>

#include "base/float_mode.h"

namespace dnntune::base {
namespace {

bool pin_current_thread(int core) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (core < 0 || core >= CPU_SETSIZE) return false;
  CPU_SET(static_cast<unsigned>(core), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace

struct ThreadPool::Impl {
  explicit Impl(int threads, std::span<const int> core_list) : thread_count(std::max(1, threads)), cores(core_list.begin(), core_list.end()) {
    workers.reserve(static_cast<std::size_t>(thread_count - 1));
    for (int i = 1; i < thread_count; ++i) workers.emplace_back([this, i] { work(i); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    for (std::thread& worker : workers) worker.join();
  }

  int core_of(int worker) const { return cores[static_cast<std::size_t>(worker) % cores.size()]; }

  void work(int index) {
    if (!cores.empty() && !pin_current_thread(core_of(index))) pin_failed = true;
    const FlushDenormals flush;
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return stopping || generation != seen; });
      if (stopping) return;
      seen = generation;
      lock.unlock();
      run_pieces(index);
      lock.lock();
      if (--busy == 0) done.notify_one();
    }
  }

  // Workers take pieces from a shared counter: an interrupted worker does not hold the others up. Which
  // worker computes a piece does not influence its result.
  void run_pieces(int worker) {
    for (;;) {
      const std::int64_t begin = next.fetch_add(piece, std::memory_order_relaxed);
      if (begin >= items) return;
      (*body)(Range{begin, std::min(begin + piece, items)}, worker);
    }
  }

  const int thread_count;
  const std::vector<int> cores;
  std::atomic<bool> pin_failed{false};
  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable wake, done;
  bool stopping = false;
  std::uint64_t generation = 0;
  int busy = 0;

  // The current job.
  std::int64_t items = 0;
  std::int64_t piece = 1;
  std::atomic<std::int64_t> next{0};
  const FunctionRef<void(Range, int)>* body = nullptr;
};

ThreadPool::ThreadPool(int threads, std::span<const int> cores) : impl_(std::make_unique<Impl>(threads, cores)) {}
ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const noexcept { return impl_->thread_count; }
bool ThreadPool::pinned() const noexcept { return !impl_->cores.empty() && !impl_->pin_failed; }

void ThreadPool::parallel_for(std::int64_t items, std::int64_t grain, FunctionRef<void(Range, int)> body) {
  if (items <= 0) return;
  Impl& job = *impl_;
  const FlushDenormals flush;
  grain = std::max<std::int64_t>(1, grain);
  if (job.thread_count == 1 || items <= grain) {
    body(Range{0, items}, 0);
    return;
  }
  // About four pieces a thread: enough to even out, few enough not to matter.
  const std::int64_t wanted = static_cast<std::int64_t>(job.thread_count) * 4;
  {
    const std::lock_guard lock(job.mutex);
    job.items = items;
    job.piece = std::max(grain, (items + wanted - 1) / wanted);
    job.next.store(0, std::memory_order_relaxed);
    job.body = &body;
    job.busy = job.thread_count - 1;
    ++job.generation;
  }
  job.wake.notify_all();
  job.run_pieces(0);
  std::unique_lock lock(job.mutex);
  job.done.wait(lock, [&] { return job.busy == 0; });
}

CallerPin::CallerPin(const ThreadPool& pool) {
  const auto& cores = pool.impl_->cores;
  if (cores.empty()) return;
  saved_ = std::make_unique<cpu_set_t>();
  if (sched_getaffinity(0, sizeof(cpu_set_t), saved_.get()) != 0 || !pin_current_thread(cores.front())) {
    pool.impl_->pin_failed = true;
    saved_.reset();
  }
}

CallerPin::~CallerPin() {
  if (saved_) sched_setaffinity(0, sizeof(cpu_set_t), saved_.get());
}

}  // namespace dnntune::base
