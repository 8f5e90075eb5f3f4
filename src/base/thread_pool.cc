// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <sched.h>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/float_mode.h"
#include "dnntune/error.h"

namespace dnntune::base {
namespace {

// How long a thread looks for work during a run before it sleeps. Waking a sleeper costs 5 to 50 us.
constexpr std::int64_t kSpinNs = 50'000;

// Pieces of a worker's share: enough to even out what interrupts a worker, few enough not to matter.
constexpr std::int64_t kPiecesPerShare = 8;

void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// True as soon as `condition` holds; false when it did not within `patience()` nanoseconds, which may change
/// meanwhile.
template <typename Condition, typename Patience>
bool spin_until(Condition&& condition, Patience&& patience) noexcept {
  if (condition()) return true;
  if (patience() <= 0) return false;
  const std::int64_t start = now_ns();
  do {
    for (int i = 0; i < 64; ++i) {
      if (condition()) return true;
      pause();
    }
  } while (now_ns() - start < patience());
  return false;
}

bool pin_current_thread(int core) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (core < 0 || core >= CPU_SETSIZE) return false;
  CPU_SET(static_cast<unsigned>(core), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace

// The pieces of one worker's share that nobody has taken yet, [front, back) in one word: its owner takes
// from the front, others from the back.
class Share {
 public:
  void reset(std::uint32_t pieces) noexcept { left_.store(pieces, std::memory_order_relaxed); }
  /// The number of a piece, or -1 when none is left.
  std::int64_t take_front() noexcept {
    return take([](std::uint32_t& front, std::uint32_t&) { return front++; });
  }
  std::int64_t take_back() noexcept {
    return take([](std::uint32_t&, std::uint32_t& back) { return --back; });
  }

 private:
  template <typename Pick>
  std::int64_t take(Pick pick) noexcept {
    std::uint64_t now = left_.load(std::memory_order_relaxed);
    for (;;) {
      auto front = static_cast<std::uint32_t>(now >> 32), back = static_cast<std::uint32_t>(now);
      if (front >= back) return -1;
      const std::uint32_t piece = pick(front, back);
      if (left_.compare_exchange_weak(now, std::uint64_t{front} << 32 | back, std::memory_order_relaxed)) return piece;
    }
  }
  alignas(64) std::atomic<std::uint64_t> left_{0};
};

// A job is open while its pieces are handed out. A worker enters an open job and leaves it; one that
// wakes up late finds the job closed and nobody has waited for it. All of that is one word: how many
// workers are inside, whether the job is open, and its number.
struct ThreadPool::Impl {
  static constexpr std::uint64_t kInsideMask = 0xffff;
  static constexpr std::uint64_t kOpen = 0x10000;
  static constexpr int kNumberShift = 17;

  Impl(int threads, std::span<const int> core_list, std::int64_t spin)
      : thread_count(std::max(1, threads)),
        cores(core_list.begin(), core_list.end()),
        spin_ns(spin),
        shares(static_cast<std::size_t>(thread_count)) {
    workers.reserve(static_cast<std::size_t>(thread_count - 1));
    try {
      for (int i = 1; i < thread_count; ++i) workers.emplace_back([this, i] { work(i); });
    } catch (const std::exception& error) {  // std::system_error or std::bad_alloc
      const std::string failed = std::to_string(workers.size() + 2);
      stop();
      throw Error(ErrorCode::out_of_memory, "cannot start thread " + failed + " of " + std::to_string(thread_count) + ": " + error.what());
    }
    // `pinned` must know, so wait until all have tried.
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return started == thread_count - 1; });
  }

  ~Impl() { stop(); }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping.store(true);
    }
    wake.notify_all();
    for (std::thread& worker : workers) worker.join();
    workers.clear();
  }

  int core_of(int worker) const { return cores[static_cast<std::size_t>(worker) % cores.size()]; }

  void work(int index) {
    if (!cores.empty() && !pin_current_thread(core_of(index))) pin_failed = true;
    const FlushDenormals flush;
    {
      const std::lock_guard lock(mutex);
      ++started;
    }
    done.notify_one();
    std::uint64_t seen = 0;
    for (;;) {
      wait_for_news(seen);
      if (stopping.load()) return;
      std::uint64_t now = state.load(std::memory_order_acquire);
      seen = now >> kNumberShift;
      while ((now & kOpen) != 0 && now >> kNumberShift == seen) {
        if (!state.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
        run_pieces(index);
        leave();
        break;
      }
    }
  }

  void wait_for_news(std::uint64_t seen) {
    const auto news = [&] { return stopping.load() || state.load() >> kNumberShift != seen; };
    if (spin_until(news, [&] { return runs.load(std::memory_order_relaxed) > 0 ? kSpinNs : spin_ns; })) return;
    std::unique_lock lock(mutex);
    ++sleepers;
    wake.wait(lock, news);
    --sleepers;
  }

  void leave() {
    const std::uint64_t before = state.fetch_sub(1);
    if ((before & kInsideMask) != 1 || !caller_sleeps.load()) return;
    const std::lock_guard lock(mutex);
    done.notify_one();
  }

  void open_job() {
    const std::uint64_t number = (state.load(std::memory_order_relaxed) >> kNumberShift) + 1;
    state.store(number << kNumberShift | kOpen);
    if (sleepers.load() == 0) return;
    const std::lock_guard lock(mutex);
    wake.notify_all();
  }

  void close_job() {
    state.fetch_and(~kOpen);
    const auto empty = [&] { return (state.load() & kInsideMask) == 0; };
    if (spin_until(empty, [] { return kSpinNs; })) return;
    std::unique_lock lock(mutex);
    caller_sleeps.store(true);
    done.wait(lock, empty);
    caller_sleeps.store(false);
  }

  /// Where worker `w`'s share begins, and its piece.
  std::int64_t share_begin(std::int64_t w) const noexcept { return split(items, std::min(w, sharers), sharers); }
  std::uint32_t pieces_of(std::int64_t w) const noexcept {
    const std::int64_t size = share_begin(w + 1) - share_begin(w);
    return size == 0 ? 0 : static_cast<std::uint32_t>(std::clamp<std::int64_t>(size / grain, 1, kPiecesPerShare));
  }
  /// The first of the items that part `i` of `parts` has.
  static std::int64_t split(std::int64_t items, std::int64_t i, std::int64_t parts) noexcept {
    return items / parts * i + items % parts * i / parts;
  }

  void run_piece(std::int64_t owner, std::int64_t piece, int worker) const {
    const std::int64_t begin = share_begin(owner), size = share_begin(owner + 1) - begin, count = pieces_of(owner);
    (*body)(Range{begin + split(size, piece, count), begin + split(size, piece + 1, count)}, worker);
  }

  // An interrupted worker does not hold the others up. Which worker computes a piece does not influence
  // its result.
  void run_pieces(int worker) {
    for (std::int64_t piece; (piece = shares[static_cast<std::size_t>(worker)].take_front()) >= 0;) run_piece(worker, piece, worker);
    for (int step = 1; step < thread_count; ++step) {
      const int owner = (worker + step) % thread_count;
      for (std::int64_t piece; (piece = shares[static_cast<std::size_t>(owner)].take_back()) >= 0;) run_piece(owner, piece, worker);
    }
  }

  const int thread_count;
  const std::vector<int> cores;
  const std::int64_t spin_ns;
  std::atomic<int> runs{0};
  std::atomic<bool> pin_failed{false};
  std::vector<std::thread> workers;

  std::mutex mutex;
  std::condition_variable wake, done;
  int started = 0;                     // guarded by mutex
  std::atomic<int> sleepers{0};
  std::atomic<bool> stopping{false}, caller_sleeps{false};
  alignas(64) std::atomic<std::uint64_t> state{0};

  // The current job; written while no worker is inside and the job is closed.
  alignas(64) std::int64_t items = 0;
  std::int64_t grain = 1;
  std::int64_t sharers = 1;  ///< Workers that have a share.
  const FunctionRef<void(Range, int)>* body = nullptr;
  std::vector<Share> shares;
};

ThreadPool::ThreadPool(int threads, std::span<const int> cores, std::int64_t spin_ns)
    : impl_(std::make_unique<Impl>(threads, cores, spin_ns)) {}
ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const noexcept { return impl_->thread_count; }
bool ThreadPool::pinned() const noexcept { return !impl_->cores.empty() && !impl_->pin_failed; }

void ThreadPool::parallel_for(std::int64_t items, std::int64_t grain, FunctionRef<void(Range, int)> body) {
  if (items <= 0) return;
  Impl& job = *impl_;
  const FlushDenormals flush;
  grain = std::max<std::int64_t>(1, grain);
  if (job.thread_count == 1 || items / 2 < grain) {
    body(Range{0, items}, 0);
    return;
  }
  job.items = items;
  job.grain = grain;
  job.sharers = std::min<std::int64_t>(job.thread_count, items / grain);
  for (int w = 0; w < job.thread_count; ++w) job.shares[static_cast<std::size_t>(w)].reset(job.pieces_of(w));
  job.body = &body;
  job.open_job();
  job.run_pieces(0);
  job.close_job();
}

PoolRun::PoolRun(ThreadPool& pool) noexcept : pool_(pool) { pool_.impl_->runs.fetch_add(1, std::memory_order_relaxed); }
PoolRun::~PoolRun() { pool_.impl_->runs.fetch_sub(1, std::memory_order_relaxed); }

CallerPin::CallerPin(const ThreadPool& pool) {
  const auto& cores = pool.impl_->cores;
  if (cores.empty()) return;
  const bool known = sched_getaffinity(0, sizeof saved_, &saved_) == 0;
  if (known && CPU_COUNT(&saved_) == 1 && cores.front() < CPU_SETSIZE && CPU_ISSET(static_cast<unsigned>(cores.front()), &saved_)) return;
  active_ = known && pin_current_thread(cores.front());
  if (!active_) pool.impl_->pin_failed = true;
}

CallerPin::~CallerPin() {
  if (active_) sched_setaffinity(0, sizeof saved_, &saved_);
}

}  // namespace dnntune::base
