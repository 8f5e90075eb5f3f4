// SPDX-License-Identifier: Apache-2.0
#include "runtime/calm.h"

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "kernels/simd/peak.h"

namespace dnntune::runtime {
namespace {

constexpr double kSpinS = 20e-6;
/// A thread that is not there by then does not take part: its core is busy with something else.
constexpr std::int64_t kMostWaitNs = 200'000;

}  // namespace

bool is_calm(base::ThreadPool& pool, double least_flops) {
  const auto operations = static_cast<double>(kernels::simd::multiply_add_flops());
  const auto rounds = static_cast<std::int64_t>(std::max(1.0, least_flops * kSpinS / operations));
  const auto most_ns = static_cast<std::int64_t>(static_cast<double>(rounds) * operations / least_flops * 1e9);
  std::atomic<int> present{0}, fast{0};
  pool.parallel_for(pool.threads(), 1, [&](base::Range, int) {
    // Waits for the others, so that no thread takes two turns.
    ++present;
    const std::int64_t arrived = base::now_ns();
    while (present.load() < pool.threads() && base::now_ns() - arrived < kMostWaitNs) {
    }
    const std::int64_t start = base::now_ns();
    volatile float keep = kernels::simd::multiply_add(rounds);
    (void)keep;
    if (present.load() == pool.threads() && base::now_ns() - start <= most_ns) ++fast;
  });
  return fast.load() == pool.threads();
}

}  // namespace dnntune::runtime
