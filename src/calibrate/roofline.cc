// SPDX-License-Identifier: Apache-2.0
// The figures that bound a processor, measured on one thread, best of several samples: they are limits.
#include <algorithm>
#include <cmath>

#include "base/aligned.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "dnntune/calibrate.h"
#include "kernels/simd/peak.h"

namespace dnntune {
namespace {

constexpr int kSamples = 15;
constexpr std::int64_t kSampleNs = 3'000'000;
constexpr std::int64_t kBeyondCaches = 128 << 20;

/// Nanoseconds of a call at best.
template <typename Run>
double best_ns(Run run) {
  run();
  double best = 1e300;
  for (int i = 0; i < kSamples; ++i) {
    const std::int64_t start = base::now_ns();
    std::int64_t elapsed = 0, count = 0;
    do {
      run();
      ++count;
      elapsed = base::now_ns() - start;
    } while (elapsed < kSampleNs);
    best = std::min(best, static_cast<double>(elapsed) / static_cast<double>(count));
  }
  return best;
}

double read_bytes_per_s(std::int64_t bytes) {
  base::AlignedBuffer buffer(static_cast<std::size_t>(bytes));
  std::fill_n(buffer.as<float>(), bytes / 4, 0.5f);
  volatile float keep = 0.0f;
  const double ns = best_ns([&] { keep = kernels::simd::read_floats(buffer.as<float>(), bytes / 4); });
  return static_cast<double>(bytes) / ns * 1e9;
}

/// What a core has for itself of each cache that holds data, smallest first.
std::vector<std::int64_t> cache_sizes(const Device& device, const Processor& processor) {
  const int core = processor.cores.empty() ? 0 : processor.cores.front();
  std::vector<std::int64_t> sizes;
  for (const Cache& cache : device.caches) {
    if (cache.type == "instruction" || cache.size_bytes <= 0) continue;
    if (!cache.cores.empty() && std::find(cache.cores.begin(), cache.cores.end(), core) == cache.cores.end()) continue;
    sizes.push_back(cache.size_bytes);
  }
  if (sizes.empty()) sizes = {32 << 10, 512 << 10};  // the system does not tell: what most have
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

}  // namespace

Roofline measure_roofline(const Device& device, const Processor& processor) {
  const base::ThreadPool caller(1, processor.cores);
  const base::CallerPin pin(caller);
  Roofline roofline;
  volatile float keep = 0.0f;
  constexpr std::int64_t kRounds = 20000;
  roofline.peak_flops = static_cast<double>(kRounds * kernels::simd::multiply_add_flops()) / best_ns([&] { keep = kernels::simd::multiply_add(kRounds); }) * 1e9;
  const std::vector<std::int64_t> sizes = cache_sizes(device, processor);
  for (const std::int64_t size : sizes) {
    // Half of it, so that what else is in the cache does not matter.
    const std::int64_t bytes = std::max<std::int64_t>(std::min(size / 2, kBeyondCaches) / 4096 * 4096, 4096);
    roofline.caches.push_back({size, read_bytes_per_s(bytes)});
  }
  roofline.memory_bytes_per_s = read_bytes_per_s(std::max(kBeyondCaches, std::min<std::int64_t>(4 * sizes.back(), 4 * kBeyondCaches)));
  roofline.launch_ns = 150.0;
  if (processor.threads > 1) {
    base::ThreadPool pool(processor.threads, processor.cores);
    const base::CallerPin pinned(pool);
    const base::PoolRun awake(pool);
    roofline.wake_ns = best_ns([&] { pool.parallel_for(processor.threads, 1, [](base::Range, int) {}); });
  }
  return roofline;
}

}  // namespace dnntune
