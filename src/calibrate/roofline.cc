// SPDX-License-Identifier: Apache-2.0
// The figures that bound a processor, measured on one thread, best of several samples: they are limits.
#include <algorithm>
#include <cmath>

#include "base/aligned.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "cost/terms.h"
#include "dnntune/calibrate.h"
#include "kernels/simd/peak.h"

namespace dnntune {
namespace {

constexpr int kSamples = 15;
constexpr std::int64_t kSampleNs = 3'000'000;
constexpr std::int64_t kBeyondCaches = 128 << 20;
/// Smaller parts of the largest cache are not measured apart.
constexpr std::int64_t kLeastPart = 2 << 20;

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

/// What others take of the largest cache while a core computes: bytes that fit into a part of it are read, left alone for a while,
/// and read once more. That is as slow as reading a larger working set; by so much others have filled the cache.
double others_bytes_per_s(const Roofline& roofline) {
  const std::int64_t bytes = roofline.caches.back().size_bytes / 8;
  if (bytes < kLeastPart) return 0.0;
  constexpr std::int64_t kAloneNs = 2'000'000;
  base::AlignedBuffer buffer(static_cast<std::size_t>(bytes));
  std::fill_n(buffer.as<float>(), bytes / 4, 0.5f);
  volatile float keep = 0.0f;
  const auto read_ns = [&] {
    const std::int64_t start = base::now_ns();
    keep = kernels::simd::read_floats(buffer.as<float>(), bytes / 4);
    return base::now_ns() - start;
  };
  std::vector<std::int64_t> cold;
  for (int i = 0; i < kSamples; ++i) {
    for (int warm = 0; warm < 3; ++warm) read_ns();
    for (const std::int64_t start = base::now_ns(); base::now_ns() - start < kAloneNs;) keep = kernels::simd::multiply_add(1000);
    cold.push_back(read_ns());
  }
  std::nth_element(cold.begin(), cold.begin() + kSamples / 2, cold.end());
  const double found = static_cast<double>(bytes) / static_cast<double>(cold[kSamples / 2]) * 1e9;
  double least = static_cast<double>(bytes), most = 4.0 * static_cast<double>(roofline.caches.back().size_bytes);
  while (most - least > 0.01 * static_cast<double>(bytes)) (cost::bytes_per_s(roofline, 0.5 * (least + most)) > found ? least : most) = 0.5 * (least + most);
  return (least - static_cast<double>(bytes)) / static_cast<double>(kAloneNs) * 1e9;
}

double read_bytes_per_s(std::int64_t bytes) {
  base::AlignedBuffer buffer(static_cast<std::size_t>(bytes));
  std::fill_n(buffer.as<float>(), bytes / 4, 0.5f);
  volatile float keep = 0.0f;
  const double ns = best_ns([&] { keep = kernels::simd::read_floats(buffer.as<float>(), bytes / 4); });
  return static_cast<double>(bytes) / ns * 1e9;
}

/// Sizes of the caches that hold a core's data, and of parts of the largest, smallest first.
std::vector<std::int64_t> cache_sizes(const Device& device, const Processor& processor) {
  const int core = processor.cores.empty() ? 0 : processor.cores.front();
  std::vector<std::int64_t> sizes;
  for (const Cache& cache : device.caches) {
    if (cache.type == "instruction" || cache.size_bytes <= 0) continue;
    if (!cache.cores.empty() && std::find(cache.cores.begin(), cache.cores.end(), core) == cache.cores.end()) continue;
    sizes.push_back(cache.size_bytes);
  }
  if (sizes.empty()) sizes = {32 << 10, 512 << 10};  // the system does not tell: what most have
  // A large cache is shared, with other machines too maybe: what it really holds shows at parts of it.
  const std::int64_t largest = *std::max_element(sizes.begin(), sizes.end());
  for (std::int64_t part = largest / 2; part >= kLeastPart && part >= largest / 8; part /= 2) sizes.push_back(part);
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
  roofline.others_bytes_per_s = others_bytes_per_s(roofline);
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
