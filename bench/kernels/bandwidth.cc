// SPDX-License-Identifier: Apache-2.0
#include "bandwidth.h"

#include <algorithm>
#include <array>
#include <sched.h>
#include <string>

#include "kernels/simd/peak.h"

namespace dnntune::bench {
namespace {

struct Level {
  const char* name;
  std::int64_t bytes;
  bool own;  ///< Each core has one: threads read as much each, else they share it.
};
constexpr Level kLevels[] = {{"L1, 32 KiB", 32 << 10, true}, {"L2, 512 KiB", 512 << 10, true},
                             {"L3, 8 MiB", 8 << 20, false}, {"DRAM, 256 MiB", 256 << 20, false}};

}  // namespace

int possible_threads(int wanted) noexcept {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return std::min(wanted, CPU_COUNT(&allowed));
}

float read_all(const float* from, std::int64_t floats, base::ThreadPool& pool) noexcept {
  constexpr std::int64_t kLineFloats = 16;
  const auto function = &kernels::simd::read_floats;
  if (pool.threads() == 1) return function(from, floats);
  std::array<float, 2> sums = {};
  pool.parallel_for(2, 1, [&](base::Range halves, int) {
    for (std::int64_t half = halves.begin; half < halves.end; ++half) {
      const std::int64_t begin = floats / 2 * half / kLineFloats * kLineFloats;
      const std::int64_t end = half == 1 ? floats : floats / 2 / kLineFloats * kLineFloats;
      sums[static_cast<std::size_t>(half)] = function(from + begin, end - begin);
    }
  });
  return sums[0] + sums[1];
}

void measure_bandwidth(const Report& report) {
  for (const Level& level : kLevels) {
    for (int threads = 1; threads <= possible_threads(2); ++threads) {
      const std::int64_t all = level.own ? level.bytes * threads : level.bytes;
      const std::string name = std::string("read ") + level.name + (threads == 1 ? "" : ", 2 threads");
      if (!report.wanted(name)) continue;
      base::ThreadPool pool(threads);
      const base::PoolRun awake(pool);
      base::AlignedBuffer buffer(static_cast<std::size_t>(all));
      std::fill_n(buffer.as<float>(), all / 4, 0.5f);
      volatile float keep = 0.0f;
      report.stream(name, static_cast<double>(all), measure([&] { keep = read_all(buffer.as<float>(), all / 4, pool); }));
    }
  }
}

}  // namespace dnntune::bench
