// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/convert.h"

#include "base/half.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/convert.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef DNNTUNE_CONVERT_TABLE
#define DNNTUNE_CONVERT_TABLE
namespace dnntune::kernels::simd {
struct ConvertKernels {
  ConvertFn widen_float16, widen_bfloat16, narrow_float16, narrow_bfloat16;
};
}  // namespace dnntune::kernels::simd
#endif

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using Bits = hn::Rebind<std::uint16_t, D>;
constexpr std::int64_t kLanes = hn::MaxLanes(D());

/// `vector(i)` for whole vectors of elements, `scalar(i)` for the rest.
template <class Vector, class Scalar>
HWY_INLINE void for_each(base::Range elements, const Vector& vector, const Scalar& scalar) noexcept {
  std::int64_t i = elements.begin;
  for (; i + kLanes <= elements.end; i += kLanes) vector(i);
  for (; i < elements.end; ++i) scalar(i);
}

// Without instructions for float16, Highway truncates and knows no infinity.
#define DNNTUNE_HAS_FLOAT16 (DNNTUNE_AVX2 || DNNTUNE_NEON)

void widen_float16(const ConvertArgs& args, base::Range elements) noexcept {
  const auto* const from = static_cast<const std::uint16_t*>(args.from);
  float* const to = static_cast<float*>(args.to);
  const auto scalar = [&](std::int64_t i) { to[i] = base::float16_to_float(from[i]); };
#if DNNTUNE_HAS_FLOAT16
  for_each(
      elements,
      [&](std::int64_t i) HWY_ATTR {
        const hn::Rebind<hwy::float16_t, D> half;
        hn::StoreU(hn::PromoteTo(D(), hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(from + i))), D(), to + i);
      },
      scalar);
#else
  for (std::int64_t i = elements.begin; i < elements.end; ++i) scalar(i);
#endif
}

void narrow_float16(const ConvertArgs& args, base::Range elements) noexcept {
  const float* const from = static_cast<const float*>(args.from);
  auto* const to = static_cast<std::uint16_t*>(args.to);
  const auto scalar = [&](std::int64_t i) { to[i] = base::float_to_float16(from[i]); };
#if DNNTUNE_HAS_FLOAT16
  for_each(
      elements,
      [&](std::int64_t i) HWY_ATTR {
        const hn::Rebind<hwy::float16_t, D> half;
        hn::StoreU(hn::DemoteTo(half, hn::LoadU(D(), from + i)), half, reinterpret_cast<hwy::float16_t*>(to + i));
      },
      scalar);
#else
  for (std::int64_t i = elements.begin; i < elements.end; ++i) scalar(i);
#endif
}

void widen_bfloat16(const ConvertArgs& args, base::Range elements) noexcept {
  const auto* const from = static_cast<const std::uint16_t*>(args.from);
  float* const to = static_cast<float*>(args.to);
  for_each(
      elements,
      [&](std::int64_t i) HWY_ATTR {
        const hn::RebindToUnsigned<D> wide;
        hn::StoreU(hn::BitCast(D(), hn::ShiftLeft<16>(hn::PromoteTo(wide, hn::LoadU(Bits(), from + i)))), D(), to + i);
      },
      [&](std::int64_t i) { to[i] = base::bfloat16_to_float(from[i]); });
}

void narrow_bfloat16(const ConvertArgs& args, base::Range elements) noexcept {
  const float* const from = static_cast<const float*>(args.from);
  auto* const to = static_cast<std::uint16_t*>(args.to);
  for_each(
      elements,
      [&](std::int64_t i) HWY_ATTR {
        const hn::RebindToUnsigned<D> wide;
        const auto value = hn::LoadU(D(), from + i);
        const auto bits = hn::BitCast(wide, value);
        const auto high = hn::ShiftRight<16>(bits);
        const auto odd = hn::And(high, hn::Set(wide, 1));
        const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(wide, 0x7fff))));
        const auto quiet = hn::Or(high, hn::Set(wide, 0x40));
        const auto result = hn::IfThenElse(hn::RebindMask(wide, hn::IsNaN(value)), quiet, rounded);
        hn::StoreU(hn::DemoteTo(Bits(), hn::BitCast(hn::RebindToSigned<D>(), result)), Bits(), to + i);
      },
      [&](std::int64_t i) { to[i] = base::float_to_bfloat16(from[i]); });
}

#undef DNNTUNE_HAS_FLOAT16

const ConvertKernels* kernels() {
  static constexpr ConvertKernels table = {&widen_float16, &widen_bfloat16, &narrow_float16, &narrow_bfloat16};
  return &table;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernels);
ConvertFn convert_kernel(DataType from, DataType to) noexcept {
  const ConvertKernels& table = *HWY_DYNAMIC_DISPATCH(kernels)();
  if (to == DataType::float32 && from == DataType::float16) return table.widen_float16;
  if (to == DataType::float32 && from == DataType::bfloat16) return table.widen_bfloat16;
  if (from == DataType::float32 && to == DataType::float16) return table.narrow_float16;
  if (from == DataType::float32 && to == DataType::bfloat16) return table.narrow_bfloat16;
  return nullptr;
}
}  // namespace dnntune::kernels::simd
#endif
