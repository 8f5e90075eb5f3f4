// SPDX-License-Identifier: Apache-2.0
// Sums of four products of bytes in each 32-bit lane, never saturating.

#if defined(DNNTUNE_KERNELS_SIMD_DOT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_DOT_INL_H
#undef DNNTUNE_KERNELS_SIMD_DOT_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_DOT_INL_H
#endif

#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DI = hn::ScalableTag<std::int32_t>;
using VI = hn::Vec<DI>;
constexpr std::int64_t kIntLanes = hn::MaxLanes(DI());

// Arm multiplies bytes of the same sign only: activations are then kept less 128.
#if DNNTUNE_NEON
constexpr bool kSignedA = true;
#else
constexpr bool kSignedA = false;
#endif

/// Four bytes in every lane.
HWY_INLINE VI broadcast_quad(const std::uint8_t* from) noexcept {
  std::int32_t quad;
  std::memcpy(&quad, from, 4);
  return hn::Set(DI(), quad);
}

/// sum + a . b in every lane: b holds signed bytes, a unsigned ones or, where kSignedA, signed ones.
/// `kHasDot`: the processor has the Arm instruction.
template <bool kHasDot>
HWY_INLINE VI dot(VI sum, VI a, VI b) noexcept {
#if DNNTUNE_VNNI
  // The assembler's word: Highway 1.0.3 does not tell the compiler that this instruction set has it.
  asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
  return sum;
#elif DNNTUNE_NEON
  const int8x16_t x = vreinterpretq_s8_s32(a.raw), y = vreinterpretq_s8_s32(b.raw);
  if constexpr (kHasDot) {
    // The assembler's words, so that one build serves processors with and without. (Its ".arch_extension dotprod" does not
    // take effect on plain armv8-a.)
    asm(".arch armv8.2-a+dotprod\n\tsdot %0.4s, %1.16b, %2.16b" : "+w"(sum.raw) : "w"(x), "w"(y));
    return sum;
  } else {
    const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(x), vget_low_s8(y)));
    const int32x4_t high = vpaddlq_s16(vmull_high_s8(x, y));
    return VI(vaddq_s32(sum.raw, vpaddq_s32(low, high)));
  }
#elif HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4
  // In 16 bits: the instruction for bytes would saturate.
  const hn::Repartition<std::int16_t, DI> d16;
  const hn::Repartition<std::uint16_t, DI> u16;
  const auto a_even = hn::And(hn::BitCast(d16, a), hn::Set(d16, 0xff));
  const auto a_odd = hn::BitCast(d16, hn::ShiftRight<8>(hn::BitCast(u16, a)));
  const auto b_even = hn::ShiftRight<8>(hn::ShiftLeft<8>(hn::BitCast(d16, b)));
  const auto b_odd = hn::ShiftRight<8>(hn::BitCast(d16, b));
#if HWY_TARGET == HWY_AVX2
  const VI even{_mm256_madd_epi16(a_even.raw, b_even.raw)}, odd{_mm256_madd_epi16(a_odd.raw, b_odd.raw)};
#else
  const VI even{_mm_madd_epi16(a_even.raw, b_even.raw)}, odd{_mm_madd_epi16(a_odd.raw, b_odd.raw)};
#endif
  return hn::Add(sum, hn::Add(even, odd));
#else
  const auto byte = [](auto v, auto left) HWY_ATTR { return hn::ShiftRight<24>(hn::ShiftLeft<decltype(left)::value>(v)); };
  const auto add = [&](auto left) HWY_ATTR {
    const auto x = hn::And(byte(a, left), hn::Set(DI(), 0xff));
    sum = hn::Add(sum, hn::Mul(x, byte(b, left)));
  };
  add(std::integral_constant<int, 24>());
  add(std::integral_constant<int, 16>());
  add(std::integral_constant<int, 8>());
  add(std::integral_constant<int, 0>());
  return sum;
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
