// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/elementwise.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/elementwise.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/activation-inl.h"
#include "kernels/simd/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// y where |x| is an angle that a vector function takes, else `exact` of each float.
template <class F>
HWY_INLINE V of_angle(D d, V x, V y, F exact) noexcept {
  if (HWY_LIKELY(hn::AllFalse(d, hn::Gt(hn::Abs(x), hn::Set(d, kMostAngle))))) return y;
  HWY_ALIGN float angles[hn::MaxLanes(D())];
  hn::Store(x, d, angles);
  for (float& angle : angles) angle = exact(angle);
  return hn::Load(d, angles);
}

// Function objects, so that a kernel is an instantiation a function: F{}(d, x, args) of a vector.
#define DNNTUNE_UNARY(name, expression)                                                     \
  struct name {                                                                             \
    HWY_INLINE V operator()(D d, V x, [[maybe_unused]] const UnaryArgs& args) const noexcept { \
      (void)d;                                                                              \
      return expression;                                                                    \
    }                                                                                       \
  }
DNNTUNE_UNARY(Abs, hn::Abs(x));
DNNTUNE_UNARY(Acos, acos(d, x));
DNNTUNE_UNARY(Acosh, acosh(d, x));
DNNTUNE_UNARY(Asin, asin(d, x));
DNNTUNE_UNARY(Asinh, asinh(d, x));
DNNTUNE_UNARY(Atan, atan(d, x));
DNNTUNE_UNARY(Atanh, atanh(d, x));
DNNTUNE_UNARY(Ceil, hn::Ceil(x));
DNNTUNE_UNARY(Celu, hn::IfThenElse(hn::Lt(x, hn::Zero(d)),
                                   hn::Mul(hn::Set(d, args.alpha), expm1(d, hn::Div(x, hn::Set(d, args.alpha)))), x));
DNNTUNE_UNARY(Clip, clamp(d, x, args.alpha, args.beta));
DNNTUNE_UNARY(Cos, of_angle(d, x, sine_cosine(d, x).cosine, [](float v) { return std::cos(v); }));
DNNTUNE_UNARY(Cosh, cosh(d, x));
DNNTUNE_UNARY(Elu, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(hn::Set(d, args.alpha), expm1(d, x)), x));
DNNTUNE_UNARY(Erf, erf(d, x));
DNNTUNE_UNARY(Exp, exp(d, x));
DNNTUNE_UNARY(Floor, hn::Floor(x));
DNNTUNE_UNARY(Gelu, hn::Mul(hn::Mul(hn::Set(d, 0.5f), x), hn::Add(hn::Set(d, 1.0f), erf(d, hn::Mul(x, hn::Set(d, 0.70710678f))))));
// sqrt(2 / pi) (x + 0.044715 x^3), in Horner's form.
DNNTUNE_UNARY(GeluTanh, hn::Mul(hn::Mul(hn::Set(d, 0.5f), x),
                                hn::Add(hn::Set(d, 1.0f), tanh(d, hn::Mul(x, hn::MulAdd(hn::Mul(x, x), hn::Set(d, 0.035677408f), hn::Set(d, 0.79788456f)))))));
DNNTUNE_UNARY(HardSigmoid, hard_sigmoid(d, x, args.alpha, args.beta));
DNNTUNE_UNARY(HardSwish, hn::Mul(x, hard_sigmoid(d, x, 1.0f / 6.0f, 0.5f)));
DNNTUNE_UNARY(LeakyRelu, leaky_relu(d, x, args.alpha));
DNNTUNE_UNARY(Log, log(d, x));
DNNTUNE_UNARY(Neg, hn::Neg(x));
DNNTUNE_UNARY(Reciprocal, hn::Div(hn::Set(d, 1.0f), x));
DNNTUNE_UNARY(Relu, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x));
DNNTUNE_UNARY(Round, hn::Round(x));
DNNTUNE_UNARY(Scale, hn::Mul(hn::Set(d, args.alpha), x));
DNNTUNE_UNARY(Selu, hn::Mul(hn::Set(d, args.beta),
                            hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(hn::Set(d, args.alpha), expm1(d, x)))));
DNNTUNE_UNARY(Shrink, hn::IfThenElse(hn::Lt(x, hn::Set(d, -args.alpha)), hn::Add(x, hn::Set(d, args.beta)),
                                     hn::IfThenElse(hn::Gt(x, hn::Set(d, args.alpha)), hn::Sub(x, hn::Set(d, args.beta)),
                                                    hn::IfThenElseZero(hn::IsNaN(x), x))));
DNNTUNE_UNARY(Sigmoid, sigmoid(d, x));
DNNTUNE_UNARY(Sign, hn::IfThenElse(hn::Gt(hn::Abs(x), hn::Zero(d)), hn::CopySignToAbs(hn::Set(d, 1.0f), x), x));
DNNTUNE_UNARY(Sin, of_angle(d, x, sine_cosine(d, x).sine, [](float v) { return std::sin(v); }));
DNNTUNE_UNARY(Sinh, sinh(d, x));
DNNTUNE_UNARY(Softplus, hn::Add(hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x), log1p(d, exp(d, hn::Neg(hn::Abs(x))))));
DNNTUNE_UNARY(Mish, hn::Mul(x, tanh(d, Softplus()(d, x, args))));
DNNTUNE_UNARY(Softsign, hn::Div(x, hn::Add(hn::Set(d, 1.0f), hn::Abs(x))));
DNNTUNE_UNARY(Sqrt, hn::Sqrt(x));
DNNTUNE_UNARY(Square, hn::Mul(x, x));
DNNTUNE_UNARY(Swish, hn::Mul(x, sigmoid(d, hn::Mul(hn::Set(d, args.alpha), x))));
DNNTUNE_UNARY(Tan, of_angle(d, x, hn::Div(sine_cosine(d, x).sine, sine_cosine(d, x).cosine), [](float v) { return std::tan(v); }));
DNNTUNE_UNARY(Tanh, tanh(d, x));
DNNTUNE_UNARY(ThresholdedRelu, hn::IfThenZeroElse(hn::Le(x, hn::Set(d, args.alpha)), x));
#undef DNNTUNE_UNARY

template <class F>
void unary(const UnaryArgs& args, base::Range elements) noexcept {
  const D d;
  map(
      d, elements.size(), args.y + elements.begin, [&](V x) HWY_ATTR { return F{}(d, x, args); },
      args.x + elements.begin);
}

UnaryFn unary_of(Unary function) {
  switch (function) {
    case Unary::abs: return &unary<Abs>;
    case Unary::acos: return &unary<Acos>;
    case Unary::acosh: return &unary<Acosh>;
    case Unary::asin: return &unary<Asin>;
    case Unary::asinh: return &unary<Asinh>;
    case Unary::atan: return &unary<Atan>;
    case Unary::atanh: return &unary<Atanh>;
    case Unary::ceil: return &unary<Ceil>;
    case Unary::celu: return &unary<Celu>;
    case Unary::clip: return &unary<Clip>;
    case Unary::cos: return &unary<Cos>;
    case Unary::cosh: return &unary<Cosh>;
    case Unary::elu: return &unary<Elu>;
    case Unary::erf: return &unary<Erf>;
    case Unary::exp: return &unary<Exp>;
    case Unary::floor: return &unary<Floor>;
    case Unary::gelu: return &unary<Gelu>;
    case Unary::gelu_tanh: return &unary<GeluTanh>;
    case Unary::hard_sigmoid: return &unary<HardSigmoid>;
    case Unary::hard_swish: return &unary<HardSwish>;
    case Unary::leaky_relu: return &unary<LeakyRelu>;
    case Unary::log: return &unary<Log>;
    case Unary::mish: return &unary<Mish>;
    case Unary::neg: return &unary<Neg>;
    case Unary::reciprocal: return &unary<Reciprocal>;
    case Unary::relu: return &unary<Relu>;
    case Unary::round: return &unary<Round>;
    case Unary::scale: return &unary<Scale>;
    case Unary::selu: return &unary<Selu>;
    case Unary::shrink: return &unary<Shrink>;
    case Unary::sigmoid: return &unary<Sigmoid>;
    case Unary::sign: return &unary<Sign>;
    case Unary::sin: return &unary<Sin>;
    case Unary::sinh: return &unary<Sinh>;
    case Unary::softplus: return &unary<Softplus>;
    case Unary::softsign: return &unary<Softsign>;
    case Unary::sqrt: return &unary<Sqrt>;
    case Unary::square: return &unary<Square>;
    case Unary::swish: return &unary<Swish>;
    case Unary::tan: return &unary<Tan>;
    case Unary::tanh: return &unary<Tanh>;
    case Unary::thresholded_relu: return &unary<ThresholdedRelu>;
  }
  return nullptr;
}

#define DNNTUNE_BINARY(name, expression)                             \
  struct name {                                                      \
    HWY_INLINE V operator()(D d, V a, V b) const noexcept {          \
      (void)d;                                                       \
      return expression;                                             \
    }                                                                \
  }
DNNTUNE_BINARY(Add, hn::Add(a, b));
DNNTUNE_BINARY(Sub, hn::Sub(a, b));
DNNTUNE_BINARY(Mul, hn::Mul(a, b));
DNNTUNE_BINARY(Div, hn::Div(a, b));
DNNTUNE_BINARY(Max, hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a));
DNNTUNE_BINARY(Min, hn::IfThenElse(hn::Or(hn::Lt(b, a), hn::IsNaN(b)), b, a));
DNNTUNE_BINARY(Pow, power(d, a, b));
DNNTUNE_BINARY(Prelu, hn::IfThenElse(hn::Lt(a, hn::Zero(d)), hn::Mul(a, b), a));
#undef DNNTUNE_BINARY

template <class F>
void binary(const BinaryArgs& args, base::Range elements) noexcept {
  const D d;
  const bool a_repeats = args.walk->inner_stride(0) == 0;
  const bool b_repeats = args.walk->inner_stride(1) == 0;
  reference::for_runs(*args.walk, elements, [&](std::int64_t first, const std::array<std::int64_t, 2>& at, std::int64_t count) HWY_ATTR {
    const float* const a = args.a + at[0];
    const float* const b = args.b + at[1];
    float* const y = args.y + first;
    if (!a_repeats && !b_repeats) {
      map(d, count, y, [&](V x, V z) HWY_ATTR { return F{}(d, x, z); }, a, b);
    } else if (!a_repeats) {
      const V z = hn::Set(d, *b);
      map(d, count, y, [&](V x) HWY_ATTR { return F{}(d, x, z); }, a);
    } else {
      const V x = hn::Set(d, *a);
      if (b_repeats) {
        std::fill_n(y, count, hn::GetLane(F{}(d, x, hn::Set(d, *b))));
      } else {
        map(d, count, y, [&](V z) HWY_ATTR { return F{}(d, x, z); }, b);
      }
    }
  });
}

BinaryFn binary_of(Binary function) {
  switch (function) {
    case Binary::add: return &binary<Add>;
    case Binary::sub: return &binary<Sub>;
    case Binary::mul: return &binary<Mul>;
    case Binary::div: return &binary<Div>;
    case Binary::max: return &binary<Max>;
    case Binary::min: return &binary<Min>;
    case Binary::pow: return &binary<Pow>;
    case Binary::prelu: return &binary<Prelu>;
  }
  return nullptr;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(unary_of);
UnaryFn unary_kernel(Unary function) noexcept { return HWY_DYNAMIC_DISPATCH(unary_of)(function); }
HWY_EXPORT(binary_of);
BinaryFn binary_kernel(Binary function) noexcept { return HWY_DYNAMIC_DISPATCH(binary_of)(function); }
}  // namespace dnntune::kernels::simd
#endif
