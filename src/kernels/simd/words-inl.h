// SPDX-License-Identifier: Apache-2.0
// What the operands of a product are made of: words of 32 bits, each a float or two neighbours along K in bfloat16.

#if defined(DNNTUNE_KERNELS_SIMD_WORDS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_WORDS_INL_H
#undef DNNTUNE_KERNELS_SIMD_WORDS_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_WORDS_INL_H
#endif

#include <algorithm>
#include <cstdint>

#include <hwy/highway.h>

#include "kernels/simd/gemm.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct FloatWords {
  using V = hn::Vec<hn::ScalableTag<float>>;
  static constexpr std::int64_t kValues = 1;
  static constexpr std::int64_t kTurnValues = kTurn;

  static HWY_INLINE V multiply_add(V a, V b, V sum) noexcept { return hn::MulAdd(a, b, sum); }

  /// The words of kTurnValues floats.
  static HWY_INLINE void copy_turn(const float* from, float* to) noexcept {
    const hn::ScalableTag<float> d;
    constexpr std::int64_t kStep = hn::MaxLanes(decltype(d)());
    HWY_UNROLL(4)
    for (std::int64_t i = 0; i < kTurn; i += kStep) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  }
  /// The words of a vector of floats.
  static HWY_INLINE void store(V values, float* to) noexcept { hn::StoreU(values, hn::ScalableTag<float>(), to); }
};

#if DNNTUNE_BFLOAT16
// Instructions are written out because Highway has them for some of its targets only, and in some of its versions
// only; the assembler takes them whatever the compiler is told of the processor. Numbers too small to be normal
// count as 0.
struct PairWords {
  using D = hn::ScalableTag<float>;
  using V = hn::Vec<D>;
  static constexpr std::int64_t kValues = 2;
  static constexpr std::int64_t kTurnValues = 2 * kTurn;
  static constexpr std::int64_t kLanes = hn::MaxLanes(D());

  /// sum + a.first * b.first + a.second * b.second
  static HWY_INLINE V multiply_add(V a, V b, V sum) noexcept {
#if DNNTUNE_NEON
    asm(".arch_extension bf16\n\tbfdot %0.4s, %1.8h, %2.8h" : "+w"(sum.raw) : "w"(a.raw), "w"(b.raw));
#else
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
#endif
    return sum;
  }

  /// Rounded to nearest, ties to even: `low` in the first half of the words, `high` in the other.
  static HWY_INLINE V words(V low, V high) noexcept {
    V result;
#if DNNTUNE_NEON
    asm(".arch_extension bf16\n\tbfcvtn %0.4h, %1.4s\n\tbfcvtn2 %0.8h, %2.4s"
        : "=&w"(result.raw)
        : "w"(low.raw), "w"(high.raw));
#else
    asm("vcvtne2ps2bf16 %2, %1, %0" : "=v"(result.raw) : "v"(high.raw), "v"(low.raw));
#endif
    return result;
  }

  static HWY_INLINE void copy_turn(const float* from, float* to) noexcept {
    const D d;
    HWY_UNROLL(4)
    for (std::int64_t i = 0; i < kTurn; i += kLanes)
      hn::StoreU(words(hn::LoadU(d, from + 2 * i), hn::LoadU(d, from + 2 * i + kLanes)), d, to + i);
  }
  static HWY_INLINE void store(V values, float* to) noexcept {
    const hn::Half<D> half;
    hn::StoreU(hn::LowerHalf(half, words(values, values)), half, to);
  }
};
#endif

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
