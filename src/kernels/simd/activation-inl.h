// SPDX-License-Identifier: Apache-2.0
// The fused activations on vectors.

#if defined(DNNTUNE_KERNELS_SIMD_ACTIVATION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_ACTIVATION_INL_H
#undef DNNTUNE_KERNELS_SIMD_ACTIVATION_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_ACTIVATION_INL_H
#endif

#include <limits>

#include "kernels/activation.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {

/// The part of an activation that is a clamp, which every kernel applies before it stores.
struct Clamp {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  bool complete = true;  ///< False: `activate` must follow.
};

HWY_INLINE Clamp clamp_of(const Activation& activation) noexcept {
  Clamp clamp;
  switch (activation.kind) {
    case Activation::Kind::none: break;
    case Activation::Kind::relu: clamp.low = 0.0f; break;
    case Activation::Kind::clip:
      clamp.low = activation.alpha;
      clamp.high = activation.beta;
      break;
    default: clamp.complete = false;
  }
  return clamp;
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V hard_sigmoid(D d, V x, float alpha, float beta) {
  return clamp(d, hn::MulAdd(hn::Set(d, alpha), x, hn::Set(d, beta)), 0.0f, 1.0f);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V leaky_relu(D d, V x, float slope) {
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, hn::Set(d, slope)), x);
}

/// Applies an activation to `count` floats in place.
HWY_INLINE void activate(const Activation& activation, float* x, std::int64_t count) noexcept {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const float alpha = activation.alpha, beta = activation.beta;
  switch (activation.kind) {
    case Activation::Kind::none: return;
    case Activation::Kind::relu: 
      return map(
          d, count, x, [&](V v) HWY_ATTR { return hn::IfThenElse(hn::Lt(v, hn::Zero(d)), hn::Zero(d), v); }, x);
    case Activation::Kind::clip: return map(d, count, x, [&](V v) HWY_ATTR { return clamp(d, v, alpha, beta); }, x);
    case Activation::Kind::leaky_relu:
      return map(d, count, x, [&](V v) HWY_ATTR { return leaky_relu(d, v, alpha); }, x);
    case Activation::Kind::sigmoid: return map(d, count, x, [&](V v) HWY_ATTR { return sigmoid(d, v); }, x);
    case Activation::Kind::tanh: return map(d, count, x, [&](V v) HWY_ATTR { return tanh(d, v); }, x);
    case Activation::Kind::hard_sigmoid:
      return map(d, count, x, [&](V v) HWY_ATTR { return hard_sigmoid(d, v, alpha, beta); }, x);
    case Activation::Kind::hard_swish:
      return map(
          d, count, x, [&](V v) HWY_ATTR { return hn::Mul(v, hard_sigmoid(d, v, 1.0f / 6.0f, 0.5f)); }, x);
  }
}

/// The same for `rows` rows of `columns` floats, `stride` floats apart.
HWY_INLINE void activate_rows(const Activation& activation, float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride) noexcept {
  if (stride == columns) return activate(activation, x, rows * columns);
  for (; rows > 0; --rows, x += stride) activate(activation, x, columns);
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
