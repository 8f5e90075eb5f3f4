// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/quantized_elementwise.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/quantized_elementwise.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/channels-inl.h"
#include "kernels/simd/requantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

using DF = hn::ScalableTag<float>;
using DI = hn::ScalableTag<std::int32_t>;
using DQ = hn::Rebind<std::uint8_t, DI>;  // as many bytes as there are floats in a vector
using VI = hn::Vec<DI>;
constexpr std::int64_t kLanes = hn::MaxLanes(DI());

/// Bytes as numbers, less `zero`, which counts from the byte with its sign turned to none.
struct Loader {
  HWY_INLINE Loader(bool is_signed, std::int32_t zero) noexcept
      : flip(hn::Set(DQ(), static_cast<std::uint8_t>(is_signed ? 0x80 : 0))), offset(hn::Set(DI(), zero + (is_signed ? 128 : 0))) {}
  HWY_INLINE VI operator()(const std::uint8_t* from) const noexcept {
    return hn::Sub(hn::PromoteTo(DI(), hn::Xor(hn::LoadU(DQ(), from), flip)), offset);
  }
  hn::Vec<DQ> flip;
  VI offset;
};

/// Calls whole(i) for vectors of elements, and for the rest once more with rest(i, count).
template <class Whole, class Rest>
HWY_INLINE void each_vector(base::Range elements, Whole whole, Rest rest) noexcept {
  std::int64_t i = elements.begin;
  for (; i + kLanes <= elements.end; i += kLanes) whole(i);
  if (i < elements.end) rest(i, static_cast<std::size_t>(elements.end - i));
}

void quantize(const QuantizeArgs& args, base::Range elements) noexcept {
  const VectorQuantizer quantizer(args.quantizer, args.is_signed);
  const auto scale = hn::Set(DF(), args.scale);
  const auto one = [&](const float* x, std::uint8_t* y) HWY_ATTR { hn::StoreU(quantizer(hn::Div(hn::LoadU(DF(), x), scale)), DQ(), y); };
  each_vector(
      elements, [&](std::int64_t i) HWY_ATTR { one(args.x + i, args.y + i); },
      [&](std::int64_t i, std::size_t count) HWY_ATTR {
        HWY_ALIGN float x[kLanes] = {};
        HWY_ALIGN std::uint8_t y[kLanes];
        std::memcpy(x, args.x + i, count * sizeof(float));
        one(x, y);
        std::memcpy(args.y + i, y, count);
      });
}

void dequantize(const DequantizeArgs& args, base::Range elements) noexcept {
  const Loader load(args.is_signed, args.zero_point);
  const auto scale = hn::Set(DF(), args.scale);
  const auto one = [&](const std::uint8_t* x, float* y) HWY_ATTR { hn::StoreU(hn::Mul(hn::ConvertTo(DF(), load(x)), scale), DF(), y); };
  each_vector(
      elements, [&](std::int64_t i) HWY_ATTR { one(args.x + i, args.y + i); },
      [&](std::int64_t i, std::size_t count) HWY_ATTR {
        HWY_ALIGN std::uint8_t x[kLanes] = {};
        HWY_ALIGN float y[kLanes];
        std::memcpy(x, args.x + i, count);
        one(x, y);
        std::memcpy(args.y + i, y, count * sizeof(float));
      });
}

void add(const QuantizedAddArgs& args, base::Range elements) noexcept {
  const VectorQuantizer quantizer(args.quantizer, args.is_signed);
  const Loader load_a(args.is_signed, args.a_zero), load_b(args.is_signed, args.b_zero);
  const auto a_ratio = hn::Set(DF(), args.a_ratio), b_ratio = hn::Set(DF(), args.b_ratio);
  const auto one = [&](const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* y) HWY_ATTR {
    // A product rounds before the sum, as the reference has it: no fused multiply-add.
    const auto left = hn::Mul(hn::ConvertTo(DF(), load_a(a)), a_ratio), right = hn::Mul(hn::ConvertTo(DF(), load_b(b)), b_ratio);
    hn::StoreU(quantizer(hn::Add(left, right)), DQ(), y);
  };
  each_vector(
      elements, [&](std::int64_t i) HWY_ATTR { one(args.a + i, args.b + i, args.y + i); },
      [&](std::int64_t i, std::size_t count) HWY_ATTR {
        HWY_ALIGN std::uint8_t a[kLanes] = {}, b[kLanes] = {}, y[kLanes];
        std::memcpy(a, args.a + i, count);
        std::memcpy(b, args.b + i, count);
        one(a, b, y);
        std::memcpy(args.y + i, y, count);
      });
}

void mean(const QuantizedMeanArgs& args, base::Range blocks) noexcept {
  const VectorQuantizer quantizer(args.quantizer, args.is_signed);
  const Loader load(args.is_signed, args.x_zero);
  const auto multiplier = hn::Set(DF(), args.multiplier);
  const std::int64_t blocks_an_image = (args.channels + kMeanChannels - 1) / kMeanChannels;
  const auto quantized = [&](VI sum) HWY_ATTR { return quantizer(hn::Mul(hn::ConvertTo(DF(), sum), multiplier)); };
  for (std::int64_t block = blocks.begin; block < blocks.end; ++block) {
    const std::uint8_t* const x = args.x + block / blocks_an_image * args.positions * args.channels;
    std::uint8_t* const y = args.y + block / blocks_an_image * args.channels;
    const std::int64_t first = block % blocks_an_image * kMeanChannels;
    each_vector(
        {first, std::min(args.channels, first + kMeanChannels)},
        [&](std::int64_t c) HWY_ATTR {
          VI sum = hn::Zero(DI());
          for (std::int64_t p = 0; p < args.positions; ++p) sum = hn::Add(sum, load(x + p * args.channels + c));
          hn::StoreU(quantized(sum), DQ(), y + c);
        },
        [&](std::int64_t c, std::size_t count) HWY_ATTR {
          HWY_ALIGN std::uint8_t bytes[kLanes] = {};
          VI sum = hn::Zero(DI());
          for (std::int64_t p = 0; p < args.positions; ++p) {
            std::memcpy(bytes, x + p * args.channels + c, count);
            sum = hn::Add(sum, load(bytes));
          }
          hn::StoreU(quantized(sum), DQ(), bytes);
          std::memcpy(y + c, bytes, count);
        });
  }
}

void max_pool(const ByteMaxPoolArgs& args, base::Range rows) noexcept {
  const hn::ScalableTag<std::uint8_t> d;
  constexpr std::int64_t kBytes = hn::MaxLanes(decltype(d)());
  const auto flip = hn::Set(d, static_cast<std::uint8_t>(args.is_signed ? 0x80 : 0));
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const std::int64_t y = row % args.out_h * args.stride_h - args.pad_top;
    const base::Range taps_y = taps_inside(y, args.kernel_h, args.dilation_h, args.in_h);
    const std::uint8_t* const image = args.input + row / args.out_h * args.in_h * args.in_w * args.channels;
    for (std::int64_t out_x = 0; out_x < args.out_w; ++out_x) {
      const std::int64_t x = out_x * args.stride_w - args.pad_left;
      const base::Range taps_x = taps_inside(x, args.kernel_w, args.dilation_w, args.in_w);
      std::uint8_t* const to = args.output + (row * args.out_w + out_x) * args.channels;
      const auto each_tap = [&](auto visit) HWY_ATTR {
        for (std::int64_t ky = taps_y.begin; ky < taps_y.end; ++ky)
          for (std::int64_t kx = taps_x.begin; kx < taps_x.end; ++kx)
            visit(image + ((y + ky * args.dilation_h) * args.in_w + x + kx * args.dilation_w) * args.channels);
      };
      std::int64_t c = 0;
      for (; c + kBytes <= args.channels; c += kBytes) {
        auto best = hn::Zero(d);
        each_tap([&](const std::uint8_t* pixel) HWY_ATTR { best = hn::Max(best, hn::Xor(hn::LoadU(d, pixel + c), flip)); });
        hn::StoreU(hn::Xor(best, flip), d, to + c);
      }
      for (; c < args.channels; ++c) {
        const auto turn = static_cast<std::uint8_t>(args.is_signed ? 0x80 : 0);
        std::uint8_t best = 0;
        each_tap([&](const std::uint8_t* pixel) HWY_ATTR { best = std::max(best, static_cast<std::uint8_t>(pixel[c] ^ turn)); });
        to[c] = best ^ turn;
      }
    }
  }
}

const ByteKernels* kernels() {
  static constexpr ByteKernels table = {&quantize, &dequantize, &add, &mean, &max_pool};
  return &table;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernels);
const ByteKernels& byte_kernels() noexcept { return *HWY_DYNAMIC_DISPATCH(kernels)(); }
}  // namespace dnntune::kernels::simd
#endif
