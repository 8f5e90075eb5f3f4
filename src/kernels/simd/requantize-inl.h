// SPDX-License-Identifier: Apache-2.0
// From sums of 32 bits to bytes, by the formulas of kernels/quantization.h.

#if defined(DNNTUNE_KERNELS_SIMD_REQUANTIZE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_REQUANTIZE_INL_H
#undef DNNTUNE_KERNELS_SIMD_REQUANTIZE_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_REQUANTIZE_INL_H
#endif

#include <cstdint>

#include <hwy/highway.h>

#include "kernels/quantization.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// A Quantizer for vectors. Bytes are unsigned inside; `flip` turns the sign of int8 around at the end.
struct VectorQuantizer {
  using DI = hn::ScalableTag<std::int32_t>;
  using DF = hn::ScalableTag<float>;
  using DB = hn::Rebind<std::uint8_t, DI>;

  HWY_INLINE VectorQuantizer(const Quantizer& quantizer, bool is_signed) noexcept
      : least(hn::Set(DF(), quantizer.least())),
        most(hn::Set(DF(), quantizer.most())),
        zero(hn::Set(DI(), quantizer.zero_point + (is_signed ? 128 : 0))),
        flip(hn::Set(DB(), static_cast<std::uint8_t>(is_signed ? 0x80 : 0))) {}

  /// `scaled`: in output steps. A NaN becomes the least value, as comparisons have it.
  HWY_INLINE hn::Vec<DB> operator()(hn::Vec<DF> scaled) const noexcept { return hn::Xor(hn::DemoteTo(DB(), unsigned_of(scaled)), flip); }
  /// The same before the sign is turned, in 32 bits.
  HWY_INLINE hn::Vec<DI> unsigned_of(hn::Vec<DF> scaled) const noexcept {
    const auto raised = hn::IfThenElse(hn::Gt(scaled, least), scaled, least);
    return hn::Add(hn::NearestInt(hn::Min(raised, most)), zero);
  }

  hn::Vec<DF> least, most;
  hn::Vec<DI> zero;
  hn::Vec<DB> flip;
};

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
