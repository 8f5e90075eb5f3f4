// SPDX-License-Identifier: Apache-2.0
// Folds of a row of floats into one, and of a vector's lanes.

#if defined(DNNTUNE_KERNELS_SIMD_FOLD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_FOLD_INL_H
#undef DNNTUNE_KERNELS_SIMD_FOLD_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_FOLD_INL_H
#endif

#include <algorithm>
#include <cstdint>
#include <limits>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// f(d, a, b) of all lanes, in an order that depends on their number only.
template <class D, class V = hn::Vec<D>, class F>
HWY_INLINE float fold_lanes([[maybe_unused]] D d, V v, [[maybe_unused]] F f) noexcept {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (hn::MaxLanes(D()) > 4) {
    const hn::Half<D> half;
    return fold_lanes(half, f(half, hn::LowerHalf(half, v), hn::UpperHalf(half, v)), f);
  } else if constexpr (hn::MaxLanes(D()) == 4) {
    v = f(d, v, hn::Shuffle1032(v));
    return hn::GetLane(f(d, v, hn::Shuffle2301(v)));
  }
#endif
  return hn::GetLane(v);
}

/// Two partial results of a row, lane by lane.
template <class V>
struct Halves {
  V even, odd;
};

/// Folds f(total, x) over a row, vector by vector, from `start` in every lane; lanes beyond the row's end are
/// left out. Two chains, so that one step need not wait for the one before.
template <class D, class V = hn::Vec<D>, class F>
HWY_INLINE Halves<V> fold_row(D d, const float* x, std::int64_t count, V start, F f) noexcept {
  constexpr std::int64_t kWidth = hn::MaxLanes(D());
  Halves<V> result = {start, start};
  std::int64_t i = 0;
  for (; i + 2 * kWidth <= count; i += 2 * kWidth) {
    result.even = f(result.even, hn::LoadU(d, x + i));
    result.odd = f(result.odd, hn::LoadU(d, x + i + kWidth));
  }
  if (i + kWidth <= count) {
    result.even = f(result.even, hn::LoadU(d, x + i));
    i += kWidth;
  }
  if (i < count) {
    HWY_ALIGN float rest[kWidth] = {};
    std::copy_n(x + i, count - i, rest);
    const auto inside = hn::FirstN(d, static_cast<std::size_t>(count - i));
    result.odd = hn::IfThenElse(inside, f(result.odd, hn::Load(d, rest)), result.odd);
  }
  return result;
}

template <class D, class V = hn::Vec<D>, class F>
HWY_INLINE float sum_of_row(D d, const float* x, std::int64_t count, F term) noexcept {
  const auto sum = fold_row(d, x, count, V{hn::Zero(d)}, [&](V total, V v) HWY_ATTR { return hn::Add(total, term(v)); });
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum.even, sum.odd)));
}

/// The larger one. Of a NaN, `b` where `nan_wins`, else `a`.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V larger(D, V a, V b, hn::Mask<D> nan_wins) noexcept {
  return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::And(hn::IsNaN(b), nan_wins)), b, a);
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
