// SPDX-License-Identifier: Apache-2.0
#include "peak.h"

#include "base/clock.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/kernels/peak.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dnntune::bench {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

double peak() {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int kSums = 12;  // more than latency times throughput anywhere
  constexpr int kRounds = 200000;
  const V scale = hn::Set(d, 0.999f);
  const V step = hn::Set(d, 0.001f);
  V sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = hn::Set(d, static_cast<float>(i));
  const auto start = base::now_ns();
  for (int round = 0; round < kRounds; ++round) {
    HWY_UNROLL(16)
    for (int i = 0; i < kSums; ++i) sums[i] = hn::MulAdd(sums[i], scale, step);
  }
  const auto elapsed = base::now_ns() - start;
  V total = sums[0];
  for (int i = 1; i < kSums; ++i) total = hn::Add(total, sums[i]);
  volatile float keep = hn::GetLane(total);
  (void)keep;
  return 2.0 * kSums * kRounds * static_cast<double>(hn::Lanes(d)) / static_cast<double>(elapsed) * 1e9;
}

std::int64_t target() { return HWY_TARGET; }

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::bench
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::bench {
HWY_EXPORT(peak);
double measure_peak_flops() { return HWY_DYNAMIC_DISPATCH(peak)(); }
HWY_EXPORT(target);
const char* instruction_set() { return hwy::TargetName(HWY_DYNAMIC_DISPATCH(target)()); }
}  // namespace dnntune::bench
#endif
