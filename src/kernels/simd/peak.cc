// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/peak.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/peak.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kSums = 12;  // more than latency times throughput anywhere

float work(std::int64_t rounds) noexcept {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const V scale = hn::Set(d, 0.999f);
  const V step = hn::Set(d, 0.001f);
  V sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = hn::Set(d, static_cast<float>(i));
  for (std::int64_t round = 0; round < rounds; ++round) {
    HWY_UNROLL(16)
    for (int i = 0; i < kSums; ++i) sums[i] = hn::MulAdd(sums[i], scale, step);
  }
  V total = sums[0];
  for (int i = 1; i < kSums; ++i) total = hn::Add(total, sums[i]);
  return hn::GetLane(total);
}

// One forward stream is what prefetching in hardware is built for; eight sums hide the latency of an
// addition.
float read(const float* from, std::int64_t floats) noexcept {
  const hn::ScalableTag<float> d;
  constexpr int kStreams = 8;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sums[kStreams];
  for (int s = 0; s < kStreams; ++s) sums[s] = hn::Zero(d);
  for (std::int64_t i = 0; i + kStreams * lanes <= floats; i += kStreams * lanes) {
    HWY_UNROLL(8)
    for (int s = 0; s < kStreams; ++s) sums[s] = hn::Add(sums[s], hn::Load(d, from + i + s * lanes));
  }
  for (int s = 1; s < kStreams; ++s) sums[0] = hn::Add(sums[0], sums[s]);
  return hn::GetLane(sums[0]);
}

using WorkFn = float (*)(std::int64_t) noexcept;
using ReadFn = float (*)(const float*, std::int64_t) noexcept;
WorkFn work_function() { return &work; }
ReadFn read_function() { return &read; }
std::int64_t round_flops() { return 2 * kSums * static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<float>())); }
std::int64_t target() { return HWY_TARGET; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(work_function);
HWY_EXPORT(read_function);
HWY_EXPORT(round_flops);
HWY_EXPORT(target);
float multiply_add(std::int64_t rounds) noexcept { return HWY_DYNAMIC_DISPATCH(work_function)()(rounds); }
std::int64_t multiply_add_flops() noexcept { return HWY_DYNAMIC_DISPATCH(round_flops)(); }
float read_floats(const float* from, std::int64_t floats) noexcept { return HWY_DYNAMIC_DISPATCH(read_function)()(from, floats); }
const char* instruction_set() noexcept { return hwy::TargetName(HWY_DYNAMIC_DISPATCH(target)()); }
}  // namespace dnntune::kernels::simd
#endif
