// SPDX-License-Identifier: Apache-2.0
// Vector logarithms, powers, trigonometric and hyperbolic functions and their inverses in float. Polynomials are those
// of Cephes' single-precision functions.
//
// Error bounds, relative to the larger of the result and 1e-3 (tests/backends/simd_functions_test.cc tries them):
// 6e-7 for all but `power`, which has (1 + |exponent|) times 4e-7. Special values are those of the C library.

#if defined(DNNTUNE_KERNELS_SIMD_FUNCTIONS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_FUNCTIONS_INL_H
#undef DNNTUNE_KERNELS_SIMD_FUNCTIONS_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_FUNCTIONS_INL_H
#endif

#include <cmath>
#include <limits>

#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kLog2 = 0.69314718055994531f, kHalfPi = 1.5707963267948966f;

/// x = 2^exponent (1 + fraction) for positive numbers, with fraction in [sqrt(1/2) - 1, sqrt(2) - 1].
template <class V>
struct Split {
  V exponent, fraction;
};
template <class D, class V = hn::Vec<D>>
HWY_INLINE Split<V> split(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto tiny = hn::Lt(x, hn::Set(d, std::numeric_limits<float>::min()));  // denormal
  x = hn::IfThenElse(tiny, hn::Mul(x, hn::Set(d, 0x1p25f)), x);
  const auto half = hn::Set(di, 0x3f3504f3);  // sqrt(1/2)
  const auto exponent = hn::ShiftRight<23>(hn::Sub(hn::BitCast(di, x), half));
  const V mantissa = hn::BitCast(d, hn::Sub(hn::BitCast(di, x), hn::ShiftLeft<23>(exponent)));
  return {hn::Sub(hn::ConvertTo(d, exponent), hn::IfThenElseZero(tiny, hn::Set(d, 25.0f))), hn::Sub(mantissa, hn::Set(d, 1.0f))};
}

/// log(1 + f) for a fraction as above.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log_of_fraction(D d, V f) {
  const V p = polynomial(d, f, hn::Set(d, 7.0376836292e-2f), -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f,
                         1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f, -0.5f);
  return hn::MulAdd(p, hn::Mul(f, f), f);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V log(D d, V x) {
  const auto [exponent, fraction] = split(d, x);
  // ln 2 in two parts, of which the larger one times an exponent is exact.
  const V low = hn::MulAdd(exponent, hn::Set(d, -2.12194440e-4f), log_of_fraction(d, fraction));
  V result = hn::MulAdd(exponent, hn::Set(d, 0.693359375f), low);
  result = hn::IfThenElse(hn::Lt(x, hn::Set(d, kInfinity)), result, x);  // infinity, NaN
  result = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::NaN(d), result);
  return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Set(d, -kInfinity), result);
}

/// log(1 + x), exact to first order in the error of that sum.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log1p(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V sum = hn::Add(one, x);
  const V result = hn::Mul(log(d, sum), hn::Div(x, hn::Sub(sum, one)));
  return hn::IfThenElse(hn::Eq(sum, one), x, hn::IfThenElse(hn::Eq(x, hn::Set(d, kInfinity)), x, result));
}

/// exp(x) - 1 = 2^n (exp(r) - 1) + 2^n - 1, with half of 2^n so that all powers are floats.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V expm1(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V inside = clamp(d, x, -25.0f, 88.7228f);
  const V n = hn::Round(hn::Mul(inside, hn::Set(d, 1.44269504088896341f)));
  V r = hn::MulAdd(n, hn::Set(d, -0.693359375f), inside);
  r = hn::MulAdd(n, hn::Set(d, 2.12194440e-4f), r);
  const V p = polynomial(d, r, hn::Set(d, 1.9875691500e-4f), 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                         1.6666665459e-1f, 5.0000001201e-1f);
  const V e = hn::MulAdd(p, hn::Mul(r, r), r);
  const V power = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 126))));
  const V half = hn::MulAdd(power, e, hn::Sub(power, hn::Set(d, 0.5f)));
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, 88.7228f)), hn::Set(d, kInfinity), hn::Add(half, half));
}

/// a to the power b: the fraction's and the exponent's part of b log2(a) are reduced apart.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V power(D d, V a, V b) {
  const hn::RebindToSigned<D> di;
  const V zero = hn::Zero(d), one = hn::Set(d, 1.0f), magnitude = hn::Abs(a);
  const auto [exponent, fraction] = split(d, magnitude);
  const V log2_fraction = hn::Mul(log_of_fraction(d, fraction), hn::Set(d, 1.44269504088896341f));
  const V all = hn::Mul(b, hn::Add(exponent, log2_fraction));
  const V n = hn::Round(clamp(d, all, -160.0f, 160.0f));
  const V rest = hn::MulAdd(b, log2_fraction, hn::MulSub(b, exponent, n));
  const auto i = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(i);
  const auto scale = [&](auto k) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(k, hn::Set(di, 127)))); };
  const V near = hn::Mul(hn::Mul(exp(d, hn::Mul(rest, hn::Set(d, kLog2))), scale(half)), scale(hn::Sub(i, half)));
  V result = hn::IfThenElse(hn::Lt(hn::Abs(all), hn::Set(d, 159.0f)), near, hn::IfThenElse(hn::Gt(all, zero), hn::Set(d, kInfinity), zero));
  // Bases of 0 and infinity; those whose logarithm is NaN.
  const auto grows = hn::Gt(b, zero);
  result = hn::IfThenElse(hn::Eq(magnitude, zero), hn::IfThenElse(grows, zero, hn::Set(d, kInfinity)), result);
  result = hn::IfThenElse(hn::Eq(magnitude, hn::Set(d, kInfinity)), hn::IfThenElse(grows, hn::Set(d, kInfinity), zero), result);
  // Negative bases have integer powers only; of odd ones the sign stays. All floats from 2^24 on are even.
  const V size = hn::Abs(b), halved = hn::Mul(b, hn::Set(d, 0.5f));
  const auto whole = hn::Eq(hn::Floor(b), b);
  const auto odd = hn::And(hn::And(whole, hn::Ne(hn::Floor(halved), halved)), hn::Lt(size, hn::Set(d, 0x1p24f)));
  result = hn::IfThenElse(odd, hn::CopySignToAbs(result, a), result);
  const auto undefined = hn::AndNot(whole, hn::And(hn::Lt(a, zero), hn::Lt(magnitude, hn::Set(d, kInfinity))));
  result = hn::IfThenElse(undefined, hn::NaN(d), result);
  result = hn::IfThenElse(hn::Or(hn::IsNaN(a), hn::IsNaN(b)), hn::NaN(d), result);
  const auto stays = hn::And(hn::Eq(magnitude, one), hn::Eq(size, hn::Set(d, kInfinity)));
  return hn::IfThenElse(hn::Or(hn::Or(hn::Eq(b, zero), hn::Eq(a, one)), stays), one, result);
}

/// Sine and cosine of numbers up to kMostAngle; of larger ones, which lose their fraction, garbage.
inline constexpr float kMostAngle = 8192.0f;
template <class V>
struct SineCosine {
  V sine, cosine;
};
template <class D, class V = hn::Vec<D>>
HWY_INLINE SineCosine<V> sine_cosine(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 1.0f / kHalfPi)));
  V r = hn::MulAdd(n, hn::Set(d, -1.5703125f), x);  // pi / 2 in three parts
  r = hn::MulAdd(n, hn::Set(d, -4.837512969970703125e-4f), r);
  r = hn::MulAdd(n, hn::Set(d, -7.54978995489188216e-8f), r);
  const V r2 = hn::Mul(r, r);
  const V s = hn::MulAdd(polynomial(d, r2, hn::Set(d, -1.9515295891e-4f), 8.3321608736e-3f, -1.6666654611e-1f), hn::Mul(r2, r), r);
  const V c = hn::MulAdd(polynomial(d, r2, hn::Set(d, 2.443315711809948e-5f), -1.388731625493765e-3f, 4.166664568298827e-2f, -0.5f), r2,
                         hn::Set(d, 1.0f));
  const auto quadrant = hn::ConvertTo(di, n);
  const auto swaps = hn::RebindMask(d, hn::TestBit(quadrant, hn::Set(di, 1)));
  // The sign bit: bit 1 of the quadrant for the sine, of the next quadrant for the cosine.
  const auto sign = [&](auto q) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<30>(hn::And(q, hn::Set(di, 2)))); };
  return {hn::Xor(hn::IfThenElse(swaps, c, s), sign(quadrant)),
          hn::Xor(hn::IfThenElse(swaps, s, c), sign(hn::Add(quadrant, hn::Set(di, 1))))};
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V sinh(D d, V x) {
  const V size = hn::Abs(x), x2 = hn::Mul(x, x);
  const V root = exp(d, hn::Mul(size, hn::Set(d, 0.5f))), half = hn::Mul(hn::Mul(hn::Set(d, 0.5f), root), root);
  const V large = hn::Sub(half, hn::Div(hn::Set(d, 0.25f), half));
  const V p = polynomial(d, x2, hn::Set(d, 2.03721912945e-4f), 8.33028376239e-3f, 1.66667160211e-1f);
  return hn::IfThenElse(hn::Lt(size, hn::Set(d, 1.0f)), hn::MulAdd(p, hn::Mul(x2, x), x), hn::CopySignToAbs(large, x));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V cosh(D d, V x) {
  const V root = exp(d, hn::Mul(hn::Abs(x), hn::Set(d, 0.5f))), half = hn::Mul(hn::Mul(hn::Set(d, 0.5f), root), root);
  return hn::Add(half, hn::Div(hn::Set(d, 0.25f), half));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V asinh(D d, V x) {
  const V size = hn::Abs(x), one = hn::Set(d, 1.0f);
  const auto large = hn::Gt(size, hn::Set(d, 1e4f));  // its square may be infinite; log(2 |x|) is all that counts
  const V x2 = hn::Mul(x, x);
  const V excess = hn::Add(size, hn::Div(x2, hn::Add(one, hn::Sqrt(hn::Add(x2, one)))));
  const V result = hn::IfThenElse(large, hn::Add(log(d, size), hn::Set(d, kLog2)), log1p(d, excess));
  return hn::CopySignToAbs(result, x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V acosh(D d, V x) {
  const V one = hn::Set(d, 1.0f), above = hn::Sub(x, one);
  const V near = log1p(d, hn::Add(above, hn::Sqrt(hn::Mul(above, hn::Add(above, hn::Set(d, 2.0f))))));
  const V result = hn::IfThenElse(hn::Gt(x, hn::Set(d, 1e4f)), hn::Add(log(d, x), hn::Set(d, kLog2)), near);
  return hn::IfThenElse(hn::Lt(x, one), hn::NaN(d), result);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V atanh(D d, V x) {
  const V size = hn::Abs(x);
  const V result = log1p(d, hn::Div(hn::Add(size, size), hn::Sub(hn::Set(d, 1.0f), size)));
  return hn::CopySignToAbs(hn::Mul(hn::Set(d, 0.5f), result), x);
}

/// The arc sine of |x|: `angle`, or pi/2 - 2 `angle` where `large`.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V arc(D d, V size, hn::Mask<D> large) {
  const V half = hn::Set(d, 0.5f);
  const V z = hn::IfThenElse(large, hn::NegMulAdd(half, size, half), hn::Mul(size, size));
  const V r = hn::IfThenElse(large, hn::Sqrt(z), size);
  const V p = polynomial(d, z, hn::Set(d, 4.2163199048e-2f), 2.4181311049e-2f, 4.5470025998e-2f, 7.4953002686e-2f, 1.6666752422e-1f);
  return hn::MulAdd(p, hn::Mul(z, r), r);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V asin(D d, V x) {
  const V size = hn::Abs(x);
  const auto large = hn::Gt(size, hn::Set(d, 0.5f));
  const V angle = arc(d, size, large);
  const V result = hn::IfThenElse(large, hn::NegMulAdd(hn::Set(d, 2.0f), angle, hn::Set(d, kHalfPi)), angle);
  return hn::Or(result, hn::And(x, hn::SignBit(d)));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V acos(D d, V x) {
  const V size = hn::Abs(x);
  const auto large = hn::Gt(size, hn::Set(d, 0.5f)), negative = hn::Lt(x, hn::Zero(d));
  const V angle = arc(d, size, large), twice = hn::Add(angle, angle);
  const V of_large = hn::IfThenElse(negative, hn::Sub(hn::Set(d, 2.0f * kHalfPi), twice), twice);
  const V of_small = hn::Sub(hn::Set(d, kHalfPi), hn::Xor(angle, hn::And(x, hn::SignBit(d))));
  return hn::IfThenElse(large, of_large, of_small);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V atan(D d, V x) {
  const V size = hn::Abs(x), one = hn::Set(d, 1.0f);
  const auto large = hn::Gt(size, hn::Set(d, 2.414213562373095f)), middle = hn::Gt(size, hn::Set(d, 0.4142135623730950f));
  const V t = hn::Div(hn::IfThenElse(large, hn::Neg(one), hn::IfThenElse(middle, hn::Sub(size, one), size)),
                      hn::IfThenElse(large, size, hn::IfThenElse(middle, hn::Add(size, one), one)));
  const V from = hn::IfThenElse(large, hn::Set(d, kHalfPi), hn::IfThenElseZero(middle, hn::Set(d, 0.5f * kHalfPi)));
  const V t2 = hn::Mul(t, t);
  const V p = polynomial(d, t2, hn::Set(d, 8.05374449538e-2f), -1.38776856032e-1f, 1.99777106478e-1f, -3.33329491539e-1f);
  return hn::CopySignToAbs(hn::Add(from, hn::MulAdd(p, hn::Mul(t2, t), t)), x);
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
