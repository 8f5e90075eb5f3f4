// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/winograd.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/winograd.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/activation-inl.h"
#include "kernels/simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {

namespace {

/// The one-dimensional transforms of F(2, 3): points 0, 1, -1, infinity.
struct Two {
  static constexpr int kOut = 2, kIn = 4;

  static HWY_INLINE void image(const V (&x)[kIn], V (&y)[kIn]) noexcept {
    y[0] = hn::Sub(x[0], x[2]);
    y[1] = hn::Add(x[2], x[1]);
    y[2] = hn::Sub(x[2], x[1]);
    y[3] = hn::Sub(x[3], x[1]);
  }
  static HWY_INLINE void products(const V (&x)[kIn], V (&y)[kOut]) noexcept {
    y[0] = hn::Add(x[0], hn::Add(x[1], x[2]));
    y[1] = hn::Add(x[3], hn::Sub(x[1], x[2]));
  }
};

/// Those of F(4, 3): points 0, +-kNear, +-kFar, infinity. What +p and -p share, the even and the odd
/// powers, is computed once.
struct Four {
  static constexpr int kOut = 4, kIn = 6;
  static constexpr float kNear = static_cast<float>(winograd::kNear);
  static constexpr float kFar = static_cast<float>(winograd::kFar);
  static constexpr float kNear2 = kNear * kNear, kFar2 = kFar * kFar;

  static HWY_INLINE void image(const V (&x)[kIn], V (&y)[kIn]) noexcept {
    const D d;
    const V product = hn::Set(d, kNear2 * kFar2), minus_sum = hn::Set(d, -(kNear2 + kFar2));
    y[0] = hn::MulAdd(product, x[0], hn::MulAdd(minus_sum, x[2], x[4]));
    y[5] = hn::MulAdd(product, x[1], hn::MulAdd(minus_sum, x[3], x[5]));
    const V minus_far2 = hn::Set(d, -kFar2), near = hn::Set(d, kNear);
    const V even_near = hn::MulAdd(minus_far2, x[2], x[4]), odd_near = hn::MulAdd(minus_far2, x[1], x[3]);
    y[1] = hn::MulAdd(near, odd_near, even_near);
    y[2] = hn::NegMulAdd(near, odd_near, even_near);
    const V minus_near2 = hn::Set(d, -kNear2), far = hn::Set(d, kFar);
    const V even_far = hn::MulAdd(minus_near2, x[2], x[4]), odd_far = hn::MulAdd(minus_near2, x[1], x[3]);
    y[3] = hn::MulAdd(far, odd_far, even_far);
    y[4] = hn::NegMulAdd(far, odd_far, even_far);
  }
  static HWY_INLINE void products(const V (&x)[kIn], V (&y)[kOut]) noexcept {
    const D d;
    const V even_near = hn::Add(x[1], x[2]), odd_near = hn::Sub(x[1], x[2]);
    const V even_far = hn::Add(x[3], x[4]), odd_far = hn::Sub(x[3], x[4]);
    y[0] = hn::Add(x[0], hn::Add(even_near, even_far));
    y[1] = hn::MulAdd(hn::Set(d, kNear), odd_near, hn::Mul(hn::Set(d, kFar), odd_far));
    y[2] = hn::MulAdd(hn::Set(d, kNear2), even_near, hn::Mul(hn::Set(d, kFar2), even_far));
    y[3] = hn::MulAdd(hn::Set(d, kNear2 * kNear), odd_near, hn::MulAdd(hn::Set(d, kFar2 * kFar), odd_far, x[5]));
  }
};

/// Where a tile lies.
struct Place {
  Place(const WinogradArgs& args, std::int64_t out_tile, std::int64_t tile) noexcept {
    const std::int64_t tiles_x = (args.out_w + out_tile - 1) / out_tile;
    const std::int64_t tiles_y = (args.out_h + out_tile - 1) / out_tile;
    image = tile / (tiles_x * tiles_y);
    y = tile / tiles_x % tiles_y * out_tile;
    x = tile % tiles_x * out_tile;
  }
  std::int64_t image, y, x;  ///< First output pixel.
};

/// Both directions of the image's transform for one vector of channels, at pixel[i][j] + channel. The pixels
/// that the tile `next` floats further adds are fetched ahead: in large images they come from far away.
template <class F>
HWY_INLINE void transform_patch(const float* const (&pixel)[F::kIn][F::kIn], std::int64_t channel, std::int64_t next,
                                float* to, std::int64_t stride) noexcept {
  const D d;
  V half[F::kIn][F::kIn];
  HWY_UNROLL(6)
  for (int j = 0; j < F::kIn; ++j) {
    V column[F::kIn], result[F::kIn];
    HWY_UNROLL(6)
    for (int i = 0; i < F::kIn; ++i) {
      const float* const from = pixel[i][j] + channel;
      column[i] = hn::LoadU(d, from);
      if (j >= F::kIn - F::kOut) __builtin_prefetch(from + next, 0, 2);
    }
    F::image(column, result);
    HWY_UNROLL(6)
    for (int i = 0; i < F::kIn; ++i) half[i][j] = result[i];
  }
  HWY_UNROLL(6)
  for (int i = 0; i < F::kIn; ++i) {
    V result[F::kIn];
    F::image(half[i], result);
    HWY_UNROLL(6)
    for (int j = 0; j < F::kIn; ++j) hn::StoreU(result[j], d, to + (i * F::kIn + j) * stride);
  }
}

template <class F>
void transform_image(const WinogradArgs& args, const WinogradBlock& block, base::Range rows) noexcept {
  constexpr int kIn = F::kIn;
  const RowTiles split(block.tiles.size(), kTileRows);
  const std::int64_t next = F::kOut * args.in_pixel_stride;
  std::int64_t tile = 0;  // the register tile
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    while (split.begin(tile + 1) <= row) ++tile;
    const std::int64_t turn_stride = split.height(tile) * kTurn;
    float* const to = block.image + split.begin(tile) * packed_columns(args.channels) + (row - split.begin(tile)) * kTurn;

    const Place place(args, F::kOut, block.tiles.begin + row);
    const float* const image = args.input + place.image * args.in_h * args.in_w * args.in_pixel_stride;
    const float* pixel[kIn][kIn];
    for (int i = 0; i < kIn; ++i)
      for (int j = 0; j < kIn; ++j) {
        const std::int64_t y = place.y - args.pad_top + i, x = place.x - args.pad_left + j;
        const bool inside = y >= 0 && y < args.in_h && x >= 0 && x < args.in_w;
        pixel[i][j] = inside ? image + (y * args.in_w + x) * args.in_pixel_stride : args.zeros;
      }
    std::int64_t channel = 0;
    for (; channel + kLanes <= args.channels; channel += kLanes)
      transform_patch<F>(pixel, channel, next, to + channel / kTurn * turn_stride + channel % kTurn, block.image_stride);
    if (channel == args.channels) continue;
    HWY_ALIGN float rest[kIn][kIn][kLanes] = {};
    for (int i = 0; i < kIn; ++i)
      for (int j = 0; j < kIn; ++j) {
        std::copy_n(pixel[i][j] + channel, args.channels - channel, rest[i][j]);
        pixel[i][j] = rest[i][j];
      }
    transform_patch<F>(pixel, 0, 0, to + channel / kTurn * turn_stride + channel % kTurn, block.image_stride);
  }
}

/// `height` x `width` output pixels of a tile, `count` channels.
template <class F>
HWY_INLINE void finish_patch(const float* from, std::int64_t stride, V bias, V low, V high, std::int64_t height,
                             std::int64_t width, std::int64_t count, float* to, std::int64_t row_stride,
                             std::int64_t pixel_stride) noexcept {
  const D d;
  V half[F::kOut][F::kIn];
  HWY_UNROLL(6)
  for (int j = 0; j < F::kIn; ++j) {
    V column[F::kIn], result[F::kOut];
    HWY_UNROLL(6)
    for (int i = 0; i < F::kIn; ++i) column[i] = hn::Load(d, from + (i * F::kIn + j) * stride);
    F::products(column, result);
    HWY_UNROLL(4)
    for (int i = 0; i < F::kOut; ++i) half[i][j] = result[i];
  }
  HWY_UNROLL(4)
  for (int i = 0; i < F::kOut; ++i) {
    if (i >= height) return;
    V result[F::kOut];
    F::products(half[i], result);
    HWY_UNROLL(4)
    for (int j = 0; j < F::kOut; ++j) {
      if (j >= width) break;
      const V value = clamp(hn::Add(result[j], bias), low, high);
      float* const pixel = to + i * row_stride + j * pixel_stride;
      if (count == kLanes) {
        hn::StoreU(value, d, pixel);
        __builtin_prefetch(pixel + F::kOut * pixel_stride, 1, 2);
      } else {
        HWY_ALIGN float rest[kLanes];
        hn::Store(value, d, rest);
        std::copy_n(rest, count, pixel);
      }
    }
  }
}

template <class F>
void transform_products(const WinogradArgs& args, const WinogradBlock& block, base::Range rows) noexcept {
  const D d;
  const Clamp clamp = clamp_of(args.activation);
  const V low = hn::Set(d, clamp.low), high = hn::Set(d, clamp.high);
  const std::int64_t row_stride = args.out_w * args.out_pixel_stride;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const Place place(args, F::kOut, block.tiles.begin + row);
    const std::int64_t height = std::min<std::int64_t>(F::kOut, args.out_h - place.y);
    const std::int64_t width = std::min<std::int64_t>(F::kOut, args.out_w - place.x);
    float* const to = args.output + ((place.image * args.out_h + place.y) * args.out_w + place.x) * args.out_pixel_stride;
    const float* const from = block.products + row * block.products_columns;
    for (std::int64_t channel = 0; channel < args.out_channels; channel += kLanes) {
      const V bias = args.bias == nullptr ? hn::Zero(d) : hn::LoadU(d, args.bias + channel);
      const std::int64_t count = std::min(kLanes, args.out_channels - channel);
      finish_patch<F>(from + channel, block.products_stride, bias, low, high, height, width, count, to + channel, row_stride,
                      args.out_pixel_stride);
    }
    if (clamp.complete) continue;
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x)
        activate(args.activation, to + y * row_stride + x * args.out_pixel_stride, args.out_channels);
  }
}

const WinogradKernels* kernels(std::int64_t out_tile) {
  static constexpr WinogradKernels kTwo = {2, 16, &transform_image<Two>, &transform_products<Two>};
  static constexpr WinogradKernels kFour = {4, 36, &transform_image<Four>, &transform_products<Four>};
  return out_tile == 2 ? &kTwo : &kFour;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernels);
const WinogradKernels& winograd_kernels(std::int64_t out_tile) noexcept { return *HWY_DYNAMIC_DISPATCH(kernels)(out_tile); }
}  // namespace dnntune::kernels::simd
#endif
