// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/quantized_depthwise.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "kernels/simd/cpu_features.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/quantized_depthwise.cc"
#include "kernels/simd/integer_targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/dot-inl.h"
#include "kernels/simd/requantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET != HWY_SCALAR
using DB = hn::Repartition<std::uint8_t, DI>;
using VB = hn::Vec<DB>;
constexpr std::int64_t kBlock = 4 * kIntLanes;  // channels

/// `count` channels of a pixel; fewer than a block are followed by anything.
HWY_INLINE VB load(const std::uint8_t* from, std::int64_t count) noexcept {
  const DB d;
  if (count == kBlock) return hn::LoadU(d, from);
#if DNNTUNE_VNNI
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
#else
  HWY_ALIGN std::uint8_t bytes[kBlock] = {};
  std::memcpy(bytes, from, static_cast<std::size_t>(count));
  return hn::Load(d, bytes);
#endif
}

HWY_INLINE void store(VB bytes, std::uint8_t* to, std::int64_t count) noexcept {
  const DB d;
  if (count == kBlock) return hn::StoreU(bytes, d, to);
#if DNNTUNE_VNNI
  hn::BlendedStore(bytes, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
#else
  HWY_ALIGN std::uint8_t edge[kBlock];
  hn::Store(bytes, d, edge);
  std::memcpy(to, edge, static_cast<std::size_t>(count));
#endif
}

/// One block of channels of one output pixel. Four taps of a channel become the bytes of a 32-bit lane; vector j has
/// channels 4 j to 4 j + 3 of each 16.
template <bool kHasDot>
HWY_INLINE void compute_block(const std::uint8_t* const* taps, std::int64_t quads, std::int64_t channel, std::int64_t count,
                              const std::int8_t* weights, const VB flip, const VectorQuantizer& quantizer, std::uint8_t* to) noexcept {
  const DI d;
  const DB db;
  const hn::Repartition<std::uint16_t, DI> dh;
  const hn::ScalableTag<float> df;
  const auto* w = reinterpret_cast<const std::int32_t*>(weights);
  VI sum[4];
  HWY_UNROLL(4)
  for (int j = 0; j < 4; ++j) sum[j] = hn::Load(d, w + j * kIntLanes);
  w += 4 * kIntLanes;
  const auto* const multiplier = reinterpret_cast<const float*>(w);
  w += 4 * kIntLanes;
  for (std::int64_t q = 0; q < quads; ++q, taps += 4, w += 4 * kIntLanes) {
    const VB t0 = hn::Xor(load(taps[0] + channel, count), flip), t1 = hn::Xor(load(taps[1] + channel, count), flip);
    const VB t2 = hn::Xor(load(taps[2] + channel, count), flip), t3 = hn::Xor(load(taps[3] + channel, count), flip);
    const auto low01 = hn::BitCast(dh, hn::InterleaveLower(db, t0, t1)), high01 = hn::BitCast(dh, hn::InterleaveUpper(db, t0, t1));
    const auto low23 = hn::BitCast(dh, hn::InterleaveLower(db, t2, t3)), high23 = hn::BitCast(dh, hn::InterleaveUpper(db, t2, t3));
    sum[0] = dot<kHasDot>(sum[0], hn::BitCast(d, hn::InterleaveLower(dh, low01, low23)), hn::Load(d, w));
    sum[1] = dot<kHasDot>(sum[1], hn::BitCast(d, hn::InterleaveUpper(dh, low01, low23)), hn::Load(d, w + kIntLanes));
    sum[2] = dot<kHasDot>(sum[2], hn::BitCast(d, hn::InterleaveLower(dh, high01, high23)), hn::Load(d, w + 2 * kIntLanes));
    sum[3] = dot<kHasDot>(sum[3], hn::BitCast(d, hn::InterleaveUpper(dh, high01, high23)), hn::Load(d, w + 3 * kIntLanes));
  }
  VI result[4];
  HWY_UNROLL(4)
  for (int j = 0; j < 4; ++j)
    result[j] = quantizer.unsigned_of(hn::Mul(hn::ConvertTo(df, sum[j]), hn::Load(df, multiplier + j * kIntLanes)));
  // Byte j of lane l is channel 4 j + l: transposed it is in order.
  alignas(16) static constexpr std::uint8_t kTransposed[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  const VI lanes = hn::Or(hn::Or(result[0], hn::ShiftLeft<8>(result[1])), hn::Or(hn::ShiftLeft<16>(result[2]), hn::ShiftLeft<24>(result[3])));
  const VB bytes = hn::TableLookupBytes(hn::BitCast(db, lanes), hn::LoadDup128(db, kTransposed));
  const VB turned = hn::Xor(bytes, hn::Set(db, hn::GetLane(quantizer.flip)));
  store(turned, to, count);
}

template <bool kHasDot>
void run(const QuantizedDepthwiseArgs& args, base::Range rows) noexcept {
  const std::int64_t taps = args.kernel_h * args.kernel_w, quads = (taps + 3) / 4;
  const VectorQuantizer quantizer(args.quantizer, args.output_signed);
  const VB flip = hn::Set(DB(), args.flip);
  std::array<const std::uint8_t*, kMostQuantizedTaps> at;
  at.fill(args.padding);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const std::uint8_t* const image = args.input + row / args.out_h * args.in_h * args.in_w * args.channels;
    const std::int64_t y = row % args.out_h * args.stride_h - args.pad_top;
    for (std::int64_t out_x = 0; out_x < args.out_w; ++out_x) {
      const std::int64_t x = out_x * args.stride_w - args.pad_left;
      std::size_t tap = 0;
      for (std::int64_t ky = 0; ky < args.kernel_h; ++ky) {
        const std::int64_t in_y = y + ky * args.dilation_h;
        const bool row_inside = in_y >= 0 && in_y < args.in_h;
        for (std::int64_t kx = 0; kx < args.kernel_w; ++kx, ++tap) {
          const std::int64_t in_x = x + kx * args.dilation_w;
          const bool inside = row_inside && in_x >= 0 && in_x < args.in_w;
          at[tap] = inside ? image + (in_y * args.in_w + in_x) * args.channels : args.padding;
        }
      }
      std::uint8_t* const to = args.output + (row * args.out_w + out_x) * args.channels;
      const std::int8_t* weights = args.weights;
      for (std::int64_t c = 0; c < args.channels; c += kBlock, weights += (8 + 4 * quads) * kIntLanes * 4)
        compute_block<kHasDot>(at.data(), quads, c, std::min(kBlock, args.channels - c), weights, flip, quantizer, to + c);
    }
  }
}

#endif

const QuantizedDepthwiseKernels* kernels(bool has_dot) {
#if HWY_TARGET == HWY_SCALAR  // its vectors of one element have nothing to interleave
  static_cast<void>(has_dot);
  return nullptr;
#else
  static constexpr QuantizedDepthwiseKernels plain = {kSignedA, kBlock, &run<false>};
#if DNNTUNE_NEON
  static constexpr QuantizedDepthwiseKernels with_dot = {kSignedA, kBlock, &run<true>};
  return has_dot ? &with_dot : &plain;
#else
  static_cast<void>(has_dot);
  return &plain;
#endif
#endif
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernels);

const QuantizedDepthwiseKernels* quantized_depthwise_kernels() noexcept { return HWY_DYNAMIC_DISPATCH(kernels)(has_arm_dot_product()); }

std::int64_t quantized_depthwise_bytes(const QuantizedDepthwiseKernels& kernels, std::int64_t channels, std::int64_t taps) noexcept {
  return (channels + kernels.block - 1) / kernels.block * kernels.block * (8 + (taps + 3) / 4 * 4);
}

void pack_quantized_depthwise(const QuantizedDepthwiseKernels& kernels, const std::uint8_t* weights, std::uint8_t flip, const std::int32_t* start,
                              const float* multiplier, std::int64_t channels, std::int64_t taps, std::int8_t* packed) noexcept {
  const std::int64_t lanes = kernels.block / 4;
  for (std::int64_t first = 0; first < channels; first += kernels.block) {
    auto* const starts = reinterpret_cast<std::int32_t*>(packed);
    auto* const multipliers = reinterpret_cast<float*>(starts + kernels.block);
    std::int8_t* quads = reinterpret_cast<std::int8_t*>(multipliers + kernels.block);
    for (std::int64_t j = 0; j < 4; ++j)
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        const std::int64_t c = first + lane / 4 * 16 + j * 4 + lane % 4, at = j * lanes + lane;
        const bool inside = c < channels;
        starts[at] = inside ? start[c] : 0;
        multipliers[at] = inside ? multiplier[c] : 0.0f;
        for (std::int64_t tap = 0; tap < (taps + 3) / 4 * 4; ++tap)
          quads[(tap / 4 * kernels.block + at) * 4 + tap % 4] =
              inside && tap < taps ? static_cast<std::int8_t>(weights[c * taps + tap] ^ flip) : std::int8_t{0};
      }
    packed = quads + (taps + 3) / 4 * kernels.block * 4;
  }
}

}  // namespace dnntune::kernels::simd
#endif
