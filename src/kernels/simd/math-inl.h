// SPDX-License-Identifier: Apache-2.0
// Vector exp, sigmoid, tanh and erf in float, and a loop that applies a function to an array.
//
// Error bounds, found by trying every float (tests/backends/simd_elementwise_test.cc tries a sample of them):
// exp 2 units in the last place; sigmoid, tanh and erf 4e-7 absolute, and relative for |x| < 1.
// All pass NaN through and reach their limits at infinity.

#if defined(DNNTUNE_KERNELS_SIMD_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_MATH_INL_H
#undef DNNTUNE_KERNELS_SIMD_MATH_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_MATH_INL_H
#endif

#include <algorithm>
#include <cstdint>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// x within [low, high]; lets NaN through with every instruction set.
template <class V>
HWY_INLINE V clamp(V x, V low, V high) {
#if DNNTUNE_X86_VECTORS
  return hn::Min(high, hn::Max(low, x));  // of a NaN and another, x86 takes the second operand
#else
  x = hn::IfThenElse(hn::Lt(x, low), low, x);
  return hn::IfThenElse(hn::Lt(high, x), high, x);
#endif
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V clamp(D d, V x, float low, float high) {
  return clamp(x, hn::Set(d, low), hn::Set(d, high));
}

/// Horner's rule; coefficients from the highest power down.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V polynomial(D, V, V sum) {
  return sum;
}
template <class D, class V = hn::Vec<D>, class... Rest>
HWY_INLINE V polynomial(D d, V x, V sum, float next, Rest... rest) {
  return polynomial(d, x, hn::MulAdd(sum, x, hn::Set(d, next)), rest...);
}

/// exp(x) = 2^n exp(r) with r = x - n ln 2 in [-ln 2 / 2, ln 2 / 2]; minimax polynomial of Cephes' expf.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  x = clamp(d, x, -104.0f, 89.0f);
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504088896341f)));
  V r = hn::MulAdd(n, hn::Set(d, -0.693359375f), x);
  r = hn::MulAdd(n, hn::Set(d, 2.12194440e-4f), r);
  const V p = polynomial(d, r, hn::Set(d, 1.9875691500e-4f), 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                         1.6666665459e-1f, 5.0000001201e-1f);
  const V e = hn::Add(hn::MulAdd(p, hn::Mul(r, r), r), hn::Set(d, 1.0f));
  // Two factors, because 2^n itself may not be a float at either end of the range.
  const auto i = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(i);
  const auto power = [&](auto k) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(k, hn::Set(di, 127)))); };
  return hn::Mul(hn::Mul(e, power(half)), power(hn::Sub(i, half)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, exp(d, hn::Neg(x))));
}

/// Rational minimax approximation on [-7.9, 7.9], as in Eigen's ptanh; beyond, tanh rounds to +-1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh(D d, V x) {
  x = clamp(d, x, -7.90531110763549805f, 7.90531110763549805f);
  const V x2 = hn::Mul(x, x);
  const V p = polynomial(d, x2, hn::Set(d, -2.76076847742355e-16f), 2.00018790482477e-13f, -8.60467152213735e-11f,
                         5.12229709037114e-08f, 1.48572235717979e-05f, 6.37261928875436e-04f, 4.89352455891786e-03f);
  const V q = polynomial(d, x2, hn::Set(d, 1.19825839466702e-06f), 1.18534705686654e-04f, 2.26843463243900e-03f,
                         4.89352518554385e-03f);
  return hn::Div(hn::Mul(x, p), q);
}

/// Rational minimax approximation on [-4, 4], as in Eigen's erf; beyond, erf rounds to +-1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V erf(D d, V x) {
  x = clamp(d, x, -4.0f, 4.0f);
  const V x2 = hn::Mul(x, x);
  const V p = polynomial(d, x2, hn::Set(d, -2.72614225801306e-10f), 2.77068142495902e-08f, -2.10102402082508e-06f,
                         -5.69250639462346e-05f, -7.34990630326855e-04f, -2.95459980854025e-03f, -1.60960333262415e-02f);
  const V q = polynomial(d, x2, hn::Set(d, -1.45660718464996e-05f), -2.13374055278905e-04f, -1.68282697438203e-03f,
                         -7.37332916720468e-03f, -1.42647390514189e-02f);
  return clamp(d, hn::Div(hn::Mul(x, p), q), -1.0f, 1.0f);
}

/// to[i] = f(from[i]...) for whole vectors; the last few go through a buffer, so that nothing beyond the
/// arrays is touched. `to` may be one of `from`.
template <class D, class F, class... From>
HWY_INLINE void map(D d, std::int64_t count, float* to, F f, const From*... from) {
  constexpr std::int64_t kLanes = hn::MaxLanes(D());
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) hn::StoreU(f(hn::LoadU(d, from + i)...), d, to + i);
  if (i == count) return;
  HWY_ALIGN float rest[kLanes];
  const auto load_rest = [&](const float* source) HWY_ATTR {
    hn::Store(hn::Zero(d), d, rest);
    std::copy_n(source + i, count - i, rest);
    return hn::Load(d, rest);
  };
  const auto result = f(load_rest(from)...);
  hn::Store(result, d, rest);
  std::copy_n(rest, count - i, to + i);
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
