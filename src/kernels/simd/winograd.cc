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
#include "kernels/simd/winograd_weights-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {

namespace {

/// Coefficients of the product of (t - point^2) over an axis's points but `skip`, from the lowest power of t up.
struct Polynomial {
  float c[kMostWinogradPairs + 1] = {1.0f};
};
constexpr Polynomial without(int pairs, int skip) {
  double c[kMostWinogradPairs + 1] = {1.0};
  int degree = 0;
  for (int pair = 0; pair < pairs; ++pair) {
    if (pair == skip) continue;
    const double root = kWinogradPoints[pairs][pair] * kWinogradPoints[pairs][pair];
    ++degree;
    for (int i = degree; i >= 0; --i) c[i] = (i > 0 ? c[i - 1] : 0.0) - root * (i < degree ? c[i] : 0.0);
  }
  Polynomial result;
  for (int i = 0; i <= kMostWinogradPairs; ++i) result.c[i] = static_cast<float>(c[i]);
  return result;
}
constexpr float power(double x, int exponent) {
  double result = 1.0;
  for (int i = 0; i < exponent; ++i) result *= x;
  return static_cast<float>(result);
}

/// The transforms along one axis. What a point and its negative share, the even and the odd powers, is computed
/// once.
template <int kOut_, int kTaps>
struct Axis {
  static constexpr int kOut = kOut_, kIn = kOut + kTaps - 1;
  static constexpr int kPairs = (kIn - 2) / 2;
  static_assert(kIn == 2 * kPairs + 2 && kPairs <= kMostWinogradPairs);

  /// The sum of x[first + 2 i] * coefficient i, the highest of which, `degree`, is 1.
  static HWY_INLINE V every_other(const V (&x)[kIn], int first, int degree, const Polynomial& polynomial) noexcept {
    const D d;
    V sum = x[first + 2 * degree];
    HWY_UNROLL(16)
    for (int i = degree - 1; i >= 0; --i) sum = hn::MulAdd(hn::Set(d, polynomial.c[i]), x[first + 2 * i], sum);
    return sum;
  }
  template <int kPair>
  static HWY_INLINE void image_pair(const V (&x)[kIn], V (&y)[kIn]) noexcept {
    const D d;
    constexpr Polynomial others = without(kPairs, kPair);
    const V even = every_other(x, 2, kPairs - 1, others), odd = every_other(x, 1, kPairs - 1, others);
    const V point = hn::Set(d, static_cast<float>(kWinogradPoints[kPairs][kPair]));
    y[1 + 2 * kPair] = hn::MulAdd(point, odd, even);
    y[2 + 2 * kPair] = hn::NegMulAdd(point, odd, even);
    if constexpr (kPair + 1 < kPairs) image_pair<kPair + 1>(x, y);
  }
  static HWY_INLINE void image(const V (&x)[kIn], V (&y)[kIn]) noexcept {
    constexpr Polynomial all = without(kPairs, -1);
    y[0] = every_other(x, 0, kPairs, all);
    image_pair<0>(x, y);
    y[kIn - 1] = every_other(x, 1, kPairs, all);
  }

  template <int kTo>
  static HWY_INLINE void products_to(const V (&x)[kIn], const V (&even)[kPairs], const V (&odd)[kPairs], V (&y)[kOut]) noexcept {
    const D d;
    const V(&part)[kPairs] = kTo % 2 == 0 ? even : odd;
    const auto point = [&](int pair) HWY_ATTR { return hn::Set(d, power(kWinogradPoints[kPairs][pair], kTo)); };
    V sum = kTo == 0 ? hn::Add(x[0], part[kPairs - 1])
            : kTo == kOut - 1 ? hn::MulAdd(point(kPairs - 1), part[kPairs - 1], x[kIn - 1])
                              : hn::Mul(point(kPairs - 1), part[kPairs - 1]);
    HWY_UNROLL(16)
    for (int pair = kPairs - 2; pair >= 0; --pair)
      sum = kTo == 0 ? hn::Add(sum, part[pair]) : hn::MulAdd(point(pair), part[pair], sum);
    y[kTo] = sum;
    if constexpr (kTo + 1 < kOut) products_to<kTo + 1>(x, even, odd, y);
  }
  static HWY_INLINE void products(const V (&x)[kIn], V (&y)[kOut]) noexcept {
    V even[kPairs], odd[kPairs];
    HWY_UNROLL(16)
    for (int pair = 0; pair < kPairs; ++pair) {
      even[pair] = hn::Add(x[1 + 2 * pair], x[2 + 2 * pair]);
      odd[pair] = hn::Sub(x[1 + 2 * pair], x[2 + 2 * pair]);
    }
    products_to<0>(x, even, odd, y);
  }
};

/// An axis along which the window has one tap.
template <>
struct Axis<1, 1> {
  static constexpr int kOut = 1, kIn = 1;
  static HWY_INLINE void image(const V (&x)[1], V (&y)[1]) noexcept { y[0] = x[0]; }
  static HWY_INLINE void products(const V (&x)[1], V (&y)[1]) noexcept { y[0] = x[0]; }
};

/// Where a tile lies.
struct Place {
  Place(const WinogradArgs& args, std::int64_t height, std::int64_t width, std::int64_t tile) noexcept {
    const std::int64_t tiles_x = (args.out_w + width - 1) / width;
    const std::int64_t tiles_y = (args.out_h + height - 1) / height;
    image = tile / (tiles_x * tiles_y);
    y = tile / tiles_x % tiles_y * height;
    x = tile % tiles_x * width;
  }
  std::int64_t image, y, x;  ///< First output pixel.
};

/// Both directions of the image's transform for one vector of channels, at pixel[i][j] + channel. The pixels
/// that the tile `next` floats further adds are fetched ahead: in large images they come from far away.
template <class Words, class Y, class X>
HWY_INLINE void transform_patch(const float* const (&pixel)[Y::kIn][X::kIn], std::int64_t channel, std::int64_t next,
                                float* to, std::int64_t stride) noexcept {
  const D d;
  V half[Y::kIn][X::kIn];
  HWY_UNROLL(16)
  for (int j = 0; j < X::kIn; ++j) {
    V column[Y::kIn], result[Y::kIn];
    HWY_UNROLL(16)
    for (int i = 0; i < Y::kIn; ++i) {
      const float* const from = pixel[i][j] + channel;
      column[i] = hn::LoadU(d, from);
      if (j >= X::kIn - X::kOut) __builtin_prefetch(from + next, 0, 2);
    }
    Y::image(column, result);
    HWY_UNROLL(16)
    for (int i = 0; i < Y::kIn; ++i) half[i][j] = result[i];
  }
  HWY_UNROLL(16)
  for (int i = 0; i < Y::kIn; ++i) {
    V result[X::kIn];
    X::image(half[i], result);
    HWY_UNROLL(16)
    for (int j = 0; j < X::kIn; ++j) Words::store(result[j], to + (i * X::kIn + j) * stride);
  }
}

template <class Words, class Y, class X>
void transform_image(const WinogradArgs& args, const WinogradBlock& block, base::Range rows) noexcept {
  const RowTiles split(block.tiles.size(), kTileRows);
  const std::int64_t next = X::kOut * args.in_pixel_stride;
  const std::int64_t words = (args.channels + Words::kValues - 1) / Words::kValues;
  std::int64_t tile = 0;  // the register tile
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    while (split.begin(tile + 1) <= row) ++tile;
    const std::int64_t turn_stride = split.height(tile) * kTurn;
    float* const to = block.image + split.begin(tile) * packed_columns(words) + (row - split.begin(tile)) * kTurn;

    const Place place(args, Y::kOut, X::kOut, block.tiles.begin + row);
    const float* const image = args.input + place.image * args.in_h * args.in_w * args.in_pixel_stride;
    const float* pixel[Y::kIn][X::kIn];
    for (int i = 0; i < Y::kIn; ++i)
      for (int j = 0; j < X::kIn; ++j) {
        const std::int64_t y = place.y - args.pad_top + i, x = place.x - args.pad_left + j;
        const bool inside = y >= 0 && y < args.in_h && x >= 0 && x < args.in_w;
        pixel[i][j] = inside ? image + (y * args.in_w + x) * args.in_pixel_stride : args.zeros;
      }
    HWY_ALIGN float rest[Y::kIn][X::kIn][kLanes];
    for (std::int64_t channel = 0; channel < args.channels; channel += kLanes) {
      std::int64_t from = channel;
      if (const std::int64_t count = args.channels - channel; count < kLanes) {
        for (int i = 0; i < Y::kIn; ++i)
          for (int j = 0; j < X::kIn; ++j) {
            std::fill_n(rest[i][j], kLanes, 0.0f);
            std::copy_n(pixel[i][j] + channel, count, rest[i][j]);
            pixel[i][j] = rest[i][j];
          }
        from = 0;
      }
      float* const word = to + channel / Words::kTurnValues * turn_stride + channel % Words::kTurnValues / Words::kValues;
      transform_patch<Words, Y, X>(pixel, from, next, word, block.image_stride);
    }
  }
}

/// `height` x `width` output pixels of a tile, `count` channels.
template <class Y, class X>
HWY_INLINE void finish_patch(const float* from, std::int64_t stride, V bias, V low, V high, std::int64_t height,
                             std::int64_t width, std::int64_t count, float* to, std::int64_t row_stride,
                             std::int64_t pixel_stride) noexcept {
  const D d;
  V half[Y::kOut][X::kIn];
  HWY_UNROLL(16)
  for (int j = 0; j < X::kIn; ++j) {
    V column[Y::kIn], result[Y::kOut];
    HWY_UNROLL(16)
    for (int i = 0; i < Y::kIn; ++i) column[i] = hn::Load(d, from + (i * X::kIn + j) * stride);
    Y::products(column, result);
    HWY_UNROLL(16)
    for (int i = 0; i < Y::kOut; ++i) half[i][j] = result[i];
  }
  HWY_UNROLL(16)
  for (int i = 0; i < Y::kOut; ++i) {
    if (i >= height) return;
    V result[X::kOut];
    X::products(half[i], result);
    HWY_UNROLL(16)
    for (int j = 0; j < X::kOut; ++j) {
      if (j >= width) break;
      const V value = clamp(hn::Add(result[j], bias), low, high);
      float* const pixel = to + i * row_stride + j * pixel_stride;
      if (count == kLanes) {
        hn::StoreU(value, d, pixel);
        __builtin_prefetch(pixel + X::kOut * pixel_stride, 1, 2);
      } else {
        HWY_ALIGN float rest[kLanes];
        hn::Store(value, d, rest);
        std::copy_n(rest, count, pixel);
      }
    }
  }
}

template <class Y, class X>
void transform_products(const WinogradArgs& args, const WinogradBlock& block, base::Range rows) noexcept {
  const D d;
  const Clamp clamp = clamp_of(args.activation);
  const V low = hn::Set(d, clamp.low), high = hn::Set(d, clamp.high);
  const std::int64_t row_stride = args.out_w * args.out_pixel_stride;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const Place place(args, Y::kOut, X::kOut, block.tiles.begin + row);
    const std::int64_t height = std::min<std::int64_t>(Y::kOut, args.out_h - place.y);
    const std::int64_t width = std::min<std::int64_t>(X::kOut, args.out_w - place.x);
    float* const to = args.output + ((place.image * args.out_h + place.y) * args.out_w + place.x) * args.out_pixel_stride;
    const float* const from = block.products + row * block.products_columns;
    for (std::int64_t channel = 0; channel < args.out_channels; channel += kLanes) {
      const V bias = args.bias == nullptr ? hn::Zero(d) : hn::LoadU(d, args.bias + channel);
      const std::int64_t count = std::min(kLanes, args.out_channels - channel);
      finish_patch<Y, X>(from + channel, block.products_stride, bias, low, high, height, width, count, to + channel, row_stride,
                      args.out_pixel_stride);
    }
    if (clamp.complete) continue;
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x)
        activate(args.activation, to + y * row_stride + x * args.out_pixel_stride, args.out_channels);
  }
}

template <int kKernelH, int kKernelW, int kOutH, int kOutW>
constexpr WinogradKernels entry() {
  using Y = Axis<kOutH, kKernelH>;
  using X = Axis<kOutW, kKernelW>;
#if DNNTUNE_BFLOAT16
  constexpr auto kTransformImageBfloat16 = &transform_image<PairWords, Y, X>;
#else
  constexpr auto kTransformImageBfloat16 = nullptr;
#endif
  return {{kKernelH, kKernelW, kOutH, kOutW}, &transform_image<FloatWords, Y, X>, kTransformImageBfloat16, &transform_products<Y, X>,
          &transform_weights<WeightAxis<kOutH, kKernelH>, WeightAxis<kOutW, kKernelW>>};
}

std::span<const WinogradKernels> kernels() {
  static constexpr WinogradKernels kTable[] = {entry<3, 3, 2, 2>(), entry<3, 3, 4, 4>(), entry<5, 5, 2, 2>(),
                                               entry<1, 3, 1, 4>(), entry<3, 1, 4, 1>(), entry<1, 7, 1, 4>(),
                                               entry<7, 1, 4, 1>()};
  return kTable;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernels);
std::span<const WinogradKernels> winograd_kernels() noexcept { return HWY_DYNAMIC_DISPATCH(kernels)(); }

// Measured on one core of a Zen 5 (1 MiB of level-2 cache), ResNet-50 and VGG16 as wholes: 500 to 2500 KiB lie within
// 3 % of each other; 28 tiles take 4 % longer on VGG16, whose weights come from memory, and 112 no less.
std::int64_t winograd_block_tiles(const WinogradShape& shape, std::int64_t tiles, const PanelLayout& layout) noexcept {
  constexpr std::int64_t kBlockFloats = 640 * 1024 / 4;
  constexpr std::int64_t kLeast = 56;
  const std::int64_t fitting = kBlockFloats / (shape.positions() * (packed_columns(layout.rows) + layout.padded_columns()));
  const std::int64_t most = std::max(fitting, kLeast);
  const std::int64_t blocks = (tiles + most - 1) / most;
  return (tiles + blocks - 1) / blocks;
}

}  // namespace dnntune::kernels::simd
#endif
