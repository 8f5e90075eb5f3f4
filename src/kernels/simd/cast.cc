// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/cast.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/cast.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

using D = hn::ScalableTag<float>;
using DI = hn::RebindToSigned<D>;
using V = hn::Vec<D>;
using VI = hn::Vec<DI>;
constexpr std::int64_t kLanes = hn::MaxLanes(D());

template <class T>
using Narrow = hn::Rebind<T, D>;
template <class T>
HWY_INLINE VI load_wide(const T* from) noexcept {
  return hn::PromoteTo(DI(), hn::LoadU(Narrow<T>(), from));
}
template <class T>
HWY_INLINE void store_narrow(VI values, T* to) noexcept {
  hn::StoreU(hn::DemoteTo(Narrow<T>(), values), Narrow<T>(), to);
}
HWY_INLINE VI constant(std::int32_t x) noexcept { return hn::Set(DI(), x); }

// How an element type is stored: a vector of it as floats, and back.
template <class Integer>
struct Whole {
  using T = Integer;
  static HWY_INLINE V load(const T* from) noexcept {
    if constexpr (sizeof(T) == 4) return hn::ConvertTo(D(), hn::LoadU(DI(), from));
    else return hn::ConvertTo(D(), load_wide(from));
  }
  static HWY_INLINE void store(V x, T* to) noexcept {
    x = hn::IfThenZeroElse(hn::IsNaN(x), x);
    if constexpr (sizeof(T) == 4) {
      // 2^31 itself is no integer of 32 bits; the float before it is.
      const VI inside = hn::ConvertTo(DI(), clamp(D(), x, -2147483648.0f, 2147483520.0f));
      hn::StoreU(hn::IfThenElse(hn::RebindMask(DI(), hn::Ge(x, hn::Set(D(), 2147483648.0f))), constant(2147483647), inside), DI(), to);
    } else {
      store_narrow(hn::ConvertTo(DI(), clamp(D(), x, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())), to);
    }
  }
};
struct Boolean {
  using T = std::uint8_t;
  static HWY_INLINE V load(const T* from) noexcept { return hn::ConvertTo(D(), hn::Min(load_wide(from), constant(1))); }
  static HWY_INLINE void store(V x, T* to) noexcept {
    const auto zero = hn::RebindMask(DI(), hn::Eq(x, hn::Zero(D())));
    store_narrow(hn::IfThenZeroElse(zero, constant(1)), to);
  }
};
struct Single {
  using T = float;
  static HWY_INLINE V load(const T* from) noexcept { return hn::LoadU(D(), from); }
  static HWY_INLINE void store(V x, T* to) noexcept { hn::StoreU(x, D(), to); }
};

template <class From, class To>
void cast(const ConvertArgs& args, base::Range elements) noexcept {
  const auto* x = static_cast<const typename From::T*>(args.from);
  auto* y = static_cast<typename To::T*>(args.to);
  std::int64_t i = elements.begin;
  for (; i + kLanes <= elements.end; i += kLanes) To::store(From::load(x + i), y + i);
  if (i == elements.end) return;
  typename From::T last[kLanes] = {};
  typename To::T result[kLanes];
  std::copy(x + i, x + elements.end, last);
  To::store(From::load(last), result);
  std::copy_n(result, elements.end - i, y + i);
}

template <class Other>
ConvertFn either(bool to_float) {
  return to_float ? &cast<Other, Single> : &cast<Single, Other>;
}

ConvertFn cast_of(DataType other, bool to_float) {
  switch (other) {
    case DataType::int8: return either<Whole<std::int8_t>>(to_float);
    case DataType::uint8: return either<Whole<std::uint8_t>>(to_float);
    case DataType::int32: return either<Whole<std::int32_t>>(to_float);
    case DataType::boolean: return either<Boolean>(to_float);
    default: return nullptr;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(cast_of);
ConvertFn cast_kernel(DataType from, DataType to) noexcept {
  if (to == DataType::float32) return HWY_DYNAMIC_DISPATCH(cast_of)(from, true);
  return from == DataType::float32 ? HWY_DYNAMIC_DISPATCH(cast_of)(to, false) : nullptr;
}
}  // namespace dnntune::kernels::simd
#endif
