// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string>
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/clock.h"
#include "base/float_mode.h"
#include "base/spin.h"
#include "dnntune/error.h"

namespace dnntune::base {
namespace {

// How long a thread looks for work during a run before it sleeps. Waking a sleeper costs 5 to 50 us.
constexpr std::int64_t kSpinNs = 50'000;

// Pieces of a worker's share: enough to even out what interrupts a worker, few enough not to matter.
constexpr std::int64_t kPiecesPerShare = 8;

/// Pins the calling thread and reads back what came of it: 0 or an error number.
int pin_current_thread(int core) noexcept {
  if (const int error = CoreMask::only(core).apply(); error != 0) return error;
  const std::optional<CoreMask> now = CoreMask::of_thread();
  // Emulators and sandboxes accept pins and do not keep to them.
  return now && !now->is_only(core) ? ENOSYS : 0;
}

int kernel_thread_id() noexcept { return static_cast<int>(::syscall(SYS_gettid)); }

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
        pins(static_cast<std::size_t>(thread_count)),
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
    Pin pin{.thread_id = kernel_thread_id()};
    if (!cores.empty()) pin.error = pin_current_thread(core_of(index));
    if (pin.error != 0) pin_failed = true;
    const FlushDenormals flush;
    {
      const std::lock_guard lock(mutex);
      pins[static_cast<std::size_t>(index)] = pin;
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
        if (index < active) run_pieces(index);
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
    for (int step = 1; step < active; ++step) {
      const int owner = (worker + step) % active;
      for (std::int64_t piece; (piece = shares[static_cast<std::size_t>(owner)].take_back()) >= 0;) run_piece(owner, piece, worker);
    }
  }

  /// What became of a worker's pin, and how to look at the worker again.
  struct Pin {
    int thread_id = 0;
    int error = 0;
  };

  const int thread_count;
  const std::vector<int> cores;
  const std::int64_t spin_ns;
  std::vector<Pin> pins;            // of worker i; written before the constructor returns; [0] is not used
  // Worker 0 is whoever calls: the thread inside a CallerPin, the error of the last pin, and what the first found.
  std::atomic<std::thread::id> caller{};
  std::atomic<int> caller_error{0};
  std::atomic<bool> caller_seen{false};
  std::vector<int> caller_cores;    // guarded by mutex
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
  int active = thread_count; ///< Workers that take part.
  const FunctionRef<void(Range, int)>* body = nullptr;
  std::vector<Share> shares;
};

ThreadPool::ThreadPool(int threads, std::span<const int> cores, std::int64_t spin_ns)
    : impl_(std::make_unique<Impl>(threads, cores, spin_ns)) {}
ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const noexcept { return impl_->active; }
void ThreadPool::use(int threads) noexcept { impl_->active = std::clamp(threads, 1, impl_->thread_count); }
bool ThreadPool::pinned() const noexcept { return !impl_->cores.empty() && !impl_->pin_failed; }

std::vector<Placement> ThreadPool::placements() const {
  std::vector<Placement> result(static_cast<std::size_t>(impl_->thread_count));
  const auto read_back = [](int thread_id) {
    const std::optional<CoreMask> mask = CoreMask::of_thread(thread_id);
    return mask ? mask->cores() : std::vector<int>{};
  };
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (!impl_->cores.empty()) result[i].asked_core = impl_->core_of(static_cast<int>(i));
    if (i > 0) {
      result[i].error = impl_->pins[i].error;
      result[i].cores = read_back(impl_->pins[i].thread_id);
      continue;
    }
    result[0].error = impl_->caller_error;
    if (impl_->caller == std::this_thread::get_id()) {
      result[0].cores = read_back(0);
      continue;
    }
    const std::lock_guard lock(impl_->mutex);
    result[0].cores = impl_->caller_cores;
  }
  return result;
}

void ThreadPool::parallel_for(std::int64_t items, std::int64_t grain, FunctionRef<void(Range, int)> body) {
  if (items <= 0) return;
  Impl& job = *impl_;
  const FlushDenormals flush;
  grain = std::max<std::int64_t>(1, grain);
  if (job.active == 1 || items / 2 < grain) {
    body(Range{0, items}, 0);
    return;
  }
  job.items = items;
  job.grain = grain;
  job.sharers = std::min<std::int64_t>(job.active, items / grain);
  for (int w = 0; w < job.active; ++w) job.shares[static_cast<std::size_t>(w)].reset(job.pieces_of(w));
  job.body = &body;
  job.open_job();
  job.run_pieces(0);
  job.close_job();
}

PoolRun::PoolRun(ThreadPool& pool) noexcept : pool_(pool) { pool_.impl_->runs.fetch_add(1, std::memory_order_relaxed); }
PoolRun::~PoolRun() { pool_.impl_->runs.fetch_sub(1, std::memory_order_relaxed); }

CallerPin::CallerPin(const ThreadPool& pool) : pool_(pool) {
  ThreadPool::Impl& impl = *pool.impl_;
  if (impl.cores.empty()) return;
  std::thread::id nobody{};
  outermost_ = impl.caller.compare_exchange_strong(nobody, std::this_thread::get_id());
  const std::optional<CoreMask> before = CoreMask::of_thread();
  const int core = impl.core_of(0);
  int error = 0;
  if (!before) {
    error = ENOSYS;  // what cannot be restored is not changed
  } else if (!before->is_only(core)) {
    saved_ = before;
    error = pin_current_thread(core);
  }
  if (error != 0) impl.pin_failed = true;
  if (impl.caller_error.exchange(error) == error && impl.caller_seen) return;
  const std::optional<CoreMask> now = CoreMask::of_thread();
  const std::lock_guard lock(impl.mutex);
  impl.caller_cores = now ? now->cores() : std::vector<int>{};
  impl.caller_seen = true;
}

CallerPin::~CallerPin() {
  if (saved_) saved_->apply();
  if (outermost_) pool_.impl_->caller.store({});
}

}  // namespace dnntune::base
