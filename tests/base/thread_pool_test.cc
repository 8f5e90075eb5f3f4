// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>
#include <mutex>
#include <sched.h>
#include <set>
#include <thread>
#include <vector>

#include "base/float_mode.h"
#include "base/thread_pool.h"

using namespace dnntune;
using base::Range;
using base::ThreadPool;

TEST_CASE("parallel_for: every item once, in pieces of at least the grain") {
  for (const int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (const std::int64_t items : {0, 1, 2, 5, 63, 64, 1000})
      for (const std::int64_t grain : {-1, 0, 1, 3, 64, 5000}) {
        std::vector<std::atomic<int>> seen(static_cast<std::size_t>(items));
        std::atomic<int> bad_worker{0}, short_pieces{0};
        pool.parallel_for(items, grain, [&](Range range, int worker) {
          if (worker < 0 || worker >= threads) ++bad_worker;
          if (range.size() < grain && range.end != items) ++short_pieces;
          for (std::int64_t i = range.begin; i < range.end; ++i) ++seen[static_cast<std::size_t>(i)];
        });
        CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& count) { return count == 1; }));
        CHECK(bad_worker == 0);
        CHECK(short_pieces == 0);
      }
  }
}

TEST_CASE("parallel_for: pieces depend on items, grain and thread count alone") {
  ThreadPool pool(3);
  const auto pieces = [&] {
    std::mutex mutex;
    std::set<std::pair<std::int64_t, std::int64_t>> result;
    pool.parallel_for(1001, 10, [&](Range range, int) {
      const std::lock_guard lock(mutex);
      result.insert({range.begin, range.end});
    });
    return result;
  };
  const auto first = pieces();
  CHECK(first.size() > 1);
  for (int i = 0; i < 50; ++i) CHECK(pieces() == first);
}

TEST_CASE("parallel_for: a worker keeps to its own share while others do theirs") {
  ThreadPool pool(2);
  // Neither worker can end its first piece before the other has one: both are there from the start.
  std::atomic<int> arrived{0};
  std::vector<std::atomic<int>> owner(1000);
  pool.parallel_for(2, 1, [&](Range range, int worker) {
    owner[static_cast<std::size_t>(range.begin)] = worker;
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  CHECK(owner[0] == 0);
  CHECK(owner[1] == 1);
}

TEST_CASE("parallel_for: shares of three workers differ by one item at most") {
  ThreadPool pool(3);
  std::mutex mutex;
  std::vector<Range> pieces;
  pool.parallel_for(29, 8, [&](Range range, int) {  // room for one piece a worker
    const std::lock_guard lock(mutex);
    pieces.push_back(range);
  });
  REQUIRE(pieces.size() == 3);
  for (const Range& piece : pieces) CHECK((piece.size() == 9 || piece.size() == 10));
}

TEST_CASE("workers: those that sleep, spin between runs or stay awake in a run all do their part") {
  for (const std::int64_t spin_ns : {0, 200'000}) {
    ThreadPool pool(3, {}, spin_ns);
    std::int64_t expected = 0;
    std::atomic<std::int64_t> sum{0};
    for (int run = 0; run < 100; ++run) {
      const base::PoolRun awake(pool);
      for (int job = 0; job < 20; ++job, expected += 64)
        pool.parallel_for(64, 1, [&](Range range, int) { sum += range.size(); });
      if (run % 25 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // they sleep, or spin in vain
    }
    CHECK(sum == expected);
  }
}

TEST_CASE("parallel_for: a worker never runs two pieces at once") {
  constexpr int kThreads = 4;
  ThreadPool pool(kThreads);
  std::vector<std::atomic<int>> inside(kThreads);
  std::atomic<int> overlaps{0};
  for (int job = 0; job < 200; ++job)
    pool.parallel_for(64, 1, [&](Range, int worker) {
      if (++inside[static_cast<std::size_t>(worker)] != 1) ++overlaps;
      --inside[static_cast<std::size_t>(worker)];
    });
  CHECK(overlaps == 0);
}

TEST_CASE("parallel_for: results of a job are visible after it, through sleeps and many short jobs") {
  ThreadPool pool(2);
  std::vector<std::int64_t> data(256, 0);  // not atomic: the pool itself must order the accesses
  std::int64_t expected = 0;
  for (int job = 0; job < 3000; ++job) {
    if (job % 1000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));  // workers fall asleep
    pool.parallel_for(256, 1, [&](Range range, int) {
      for (std::int64_t i = range.begin; i < range.end; ++i) data[static_cast<std::size_t>(i)] += job;
    });
    expected += job;
    if (std::any_of(data.begin(), data.end(), [&](std::int64_t value) { return value != expected; })) {
      FAIL("job " << job << " was not complete");
    }
  }
}

TEST_CASE("pools: several at once, created and destroyed while idle") {
  std::vector<std::thread> users;
  std::atomic<std::int64_t> sum{0};
  for (int u = 0; u < 3; ++u)
    users.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        ThreadPool pool(3);
        pool.parallel_for(100, 1, [&](Range range, int) { sum += range.size(); });
      }
    });
  for (std::thread& user : users) user.join();
  CHECK(sum == 3 * 20 * 100);
}

TEST_CASE("denormals: flushed in every thread of a job, the caller's mode restored") {
#if defined(__x86_64__) || defined(__aarch64__)
  volatile float tiny = std::numeric_limits<float>::min();
  REQUIRE(tiny * 0.5f != 0.0f);
  ThreadPool pool(2);
  std::atomic<int> kept{0};
  pool.parallel_for(1000, 1, [&](Range range, int) {
    for (std::int64_t i = range.begin; i < range.end; ++i)
      if (tiny * 0.5f != 0.0f) ++kept;
  });
  CHECK(kept == 0);
  CHECK(tiny * 0.5f != 0.0f);
  {
    const base::FlushDenormals flush;
    CHECK(tiny * 0.5f == 0.0f);
  }
  CHECK(tiny * 0.5f != 0.0f);
#endif
}

TEST_CASE("pinning: workers and caller run where they were told, the caller's mask comes back") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  int core = 0;
  while (!CPU_ISSET(static_cast<unsigned>(core), &before)) ++core;

  const int cores[] = {core};
  ThreadPool pool(2, cores);
  CHECK(pool.pinned());
  {
    const base::CallerPin pin(pool);
    std::atomic<int> elsewhere{0};
    pool.parallel_for(64, 1, [&](Range, int) { elsewhere += sched_getcpu() != core; });
    CHECK(elsewhere == 0);
    CHECK(pool.pinned());
    {
      const base::CallerPin again(pool);
    }
    cpu_set_t inside;
    REQUIRE(sched_getaffinity(0, sizeof inside, &inside) == 0);
    CHECK(CPU_COUNT(&inside) == 1);
  }
  cpu_set_t after;
  REQUIRE(sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&before, &after));

  CHECK_FALSE(ThreadPool(2).pinned());
  const int nowhere[] = {1 << 20};
  CHECK_FALSE(ThreadPool(2, nowhere).pinned());
  ThreadPool caller_only(1, nowhere);
  {
    const base::CallerPin pin(caller_only);
    CHECK_FALSE(caller_only.pinned());
  }
  REQUIRE(sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&before, &after));
}

namespace {

std::vector<int> own_cores() { return base::CoreMask::of_thread()->cores(); }

std::set<int> threads_of_process() {
  std::set<int> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) ids.insert(std::stoi(entry.path().filename()));
  return ids;
}

}  // namespace

TEST_CASE("placements: where each worker runs is read back from the system") {
  const std::vector<int> allowed = own_cores();
  const int core = allowed.back();
  const int cores[] = {core};
  ThreadPool pool(2, cores);
  auto found = pool.placements();
  REQUIRE(found.size() == 2);
  CHECK(found[0].asked_core == core);
  CHECK(found[0].cores.empty());  // nobody has called yet
  CHECK(found[1].asked_core == core);
  CHECK(found[1].cores == std::vector<int>{core});
  {
    const base::CallerPin pin(pool);
    CHECK(pool.placements()[0].cores == std::vector<int>{core});
  }
  CHECK(own_cores() == allowed);
  CHECK(pool.placements()[0].cores == std::vector<int>{core});  // as it was found
  CHECK(pool.placements()[0].error == 0);

  found = ThreadPool(2).placements();
  CHECK(found[1].asked_core == -1);
  CHECK(found[1].cores == allowed);
}

TEST_CASE("placements: a pin to a core that does not exist is refused, and the thread stays where it may run") {
  const std::vector<int> allowed = own_cores();
  const int cores[] = {allowed.front(), base::kMaxCores - 1};
  ThreadPool pool(3, cores);
  const base::CallerPin pin(pool);
  const auto found = pool.placements();
  REQUIRE(found.size() == 3);
  CHECK_FALSE(pool.pinned());
  CHECK(found[0].error == 0);
  CHECK(found[1].asked_core == base::kMaxCores - 1);
  CHECK(found[1].error == EINVAL);
  CHECK(found[1].cores == allowed);
  CHECK(found[2].asked_core == allowed.front());
  CHECK(found[2].cores == std::vector<int>{allowed.front()});
}

TEST_CASE("placements: a worker that somebody moves is seen elsewhere") {
  const std::vector<int> allowed = own_cores();
  if (allowed.size() < 2) return;  // nowhere to move to
  const std::set<int> before = threads_of_process();
  const int cores[] = {allowed[0]};
  ThreadPool pool(2, cores);
  const base::CallerPin pin(pool);
  cpu_set_t other;
  CPU_ZERO(&other);
  CPU_SET(static_cast<unsigned>(allowed[1]), &other);
  for (const int id : threads_of_process())
    if (!before.contains(id)) REQUIRE(sched_setaffinity(id, sizeof other, &other) == 0);
  CHECK(pool.placements()[1].cores == std::vector<int>{allowed[1]});
  CHECK(pool.placements()[1].error == 0);
  REQUIRE(sched_setaffinity(0, sizeof other, &other) == 0);
  CHECK(pool.placements()[0].cores == std::vector<int>{allowed[1]});
}
