// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/depthwise_tiles.h"

#include <algorithm>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/depthwise_tiles.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::int64_t kLanes = hn::MaxLanes(D());

// Sums of a tile are kRows x kColumns registers; the taps of a 3x3 window are kept in registers too where
// there are 32.
constexpr int kColumns = 4;
#if DNNTUNE_AVX3 || DNNTUNE_NEON
constexpr int most_rows(int kernel, int stride) { return kernel == 3 && stride == 1 ? 4 : 2; }
#else
constexpr int most_rows(int, int) { return 2; }
#endif

/// The input pixels under a tile, zeros for those outside the image.
template <int kKernel, int kStride, int kRows>
struct Window {
  static constexpr int kInRows = (kRows - 1) * kStride + kKernel;
  static constexpr int kInColumns = (kColumns - 1) * kStride + kKernel;
  const float* pixel[kInRows][kInColumns];

  HWY_INLINE void place(const DepthwiseTilesArgs& args, const float* image, std::int64_t y, std::int64_t x) noexcept {
    const std::int64_t step = args.dilation;
    const bool inside_x = x >= 0 && x + (kInColumns - 1) * step < args.in_w;
    for (int i = 0; i < kInRows; ++i, y += step) {
      const bool inside_y = y >= 0 && y < args.in_h;
      const std::int64_t first = (y * args.in_w + x) * args.in_pixel_stride;
      if (inside_x && inside_y) {
        for (int j = 0; j < kInColumns; ++j) pixel[i][j] = image + (first + j * step * args.in_pixel_stride);
      } else {
        for (int j = 0; j < kInColumns; ++j) {
          const bool inside = inside_y && x + j * step >= 0 && x + j * step < args.in_w;
          pixel[i][j] = inside ? image + (first + j * step * args.in_pixel_stride) : args.zeros;
        }
      }
    }
  }
};

template <int kKernel, int kStride, int kRows>
HWY_INLINE void compute(const DepthwiseTilesArgs& args, const Window<kKernel, kStride, kRows>& window, float* output, V low, V high) noexcept {
  const D d;
  constexpr int kTaps = kKernel * kKernel;
  const float* weights = args.weights;
  const std::int64_t out_row = args.dilation * args.out_w * args.out_pixel_stride;
  const std::int64_t out_pixel = args.dilation * args.out_pixel_stride;
  for (std::int64_t step = 0; step < args.channels; step += kLanes, weights += (kTaps + 1) * kLanes) {
    const std::int64_t c = std::min(step, args.channels - kLanes);
    V sum[kRows][kColumns];
    const V bias = hn::Load(d, weights);
    HWY_UNROLL(16)
    for (int r = 0; r < kRows; ++r) {
      HWY_UNROLL(16)
      for (int p = 0; p < kColumns; ++p) sum[r][p] = bias;
    }
    HWY_UNROLL(16)
    for (int y = 0; y < window.kInRows; ++y) {
      HWY_UNROLL(16)
      for (int x = 0; x < window.kInColumns; ++x) {
        const V value = hn::LoadU(d, window.pixel[y][x] + c);
        HWY_UNROLL(16)
        for (int r = 0; r < kRows; ++r) {
          HWY_UNROLL(16)
          for (int p = 0; p < kColumns; ++p) {
            const int tap_y = y - r * kStride, tap_x = x - p * kStride;
            if (tap_y < 0 || tap_y >= kKernel || tap_x < 0 || tap_x >= kKernel) continue;
            sum[r][p] = hn::MulAdd(value, hn::Load(d, weights + (1 + tap_y * kKernel + tap_x) * kLanes), sum[r][p]);
          }
        }
      }
    }
    HWY_UNROLL(16)
    for (int r = 0; r < kRows; ++r) {
      HWY_UNROLL(16)
      for (int p = 0; p < kColumns; ++p) hn::StoreU(clamp(sum[r][p], low, high), d, output + r * out_row + p * out_pixel + c);
    }
  }
}

/// kRows output rows from `row` on, `dilation` apart: so are the pixels of a tile, whose windows then share
/// their taps as those of neighbours do without dilation.
template <int kKernel, int kStride, int kRows>
HWY_NOINLINE void output_rows(const DepthwiseTilesArgs& args, std::int64_t image, std::int64_t row) noexcept {
  const D d;
  const Clamp bounds = clamp_of(args.activation);
  const V low = hn::Set(d, bounds.low), high = hn::Set(d, bounds.high);
  const float* const input = args.input + image * args.in_h * args.in_w * args.in_pixel_stride;
  float* const output = args.output + (image * args.out_h + row) * args.out_w * args.out_pixel_stride;
  Window<kKernel, kStride, kRows> window;
  for (std::int64_t first = 0; first < args.dilation; ++first) {
    const std::int64_t columns = (args.out_w - first + args.dilation - 1) / args.dilation;
    for (std::int64_t step = 0; step < columns; step += kColumns) {
      const std::int64_t column = first + std::min(step, columns - kColumns) * args.dilation;
      window.place(args, input, row * kStride - args.pad_top, column * kStride - args.pad_left);
      compute(args, window, output + column * args.out_pixel_stride, low, high);
    }
  }
}

template <int kKernel, int kStride>
void run(const DepthwiseTilesArgs& args, base::Range rows) noexcept {
  constexpr int kRows = most_rows(kKernel, kStride);
  const bool complete = clamp_of(args.activation).complete;
  while (rows.begin < rows.end) {
    const std::int64_t image = rows.begin / args.out_h, first = rows.begin % args.out_h;
    const std::int64_t last = std::min(args.out_h, first + rows.size());
    for (std::int64_t phase = first; phase < std::min(last, first + args.dilation); ++phase) {
      for (std::int64_t row = phase; row < last; row += kRows * args.dilation) {
        switch (std::min<std::int64_t>(kRows, (last - row + args.dilation - 1) / args.dilation)) {
          case 1: output_rows<kKernel, kStride, 1>(args, image, row); break;
          case 2: output_rows<kKernel, kStride, 2>(args, image, row); break;
          case 3: output_rows<kKernel, kStride, std::min(3, kRows)>(args, image, row); break;
          default: output_rows<kKernel, kStride, std::min(4, kRows)>(args, image, row); break;
        }
      }
    }
    if (!complete)
      activate_rows(args.activation, args.output + rows.begin * args.out_w * args.out_pixel_stride, (last - first) * args.out_w,
                    args.channels, args.out_pixel_stride);
    rows.begin += last - first;
  }
}

template <int kKernel, int kStride>
constexpr DepthwiseTiles kTiles = {kLanes, most_rows(kKernel, kStride), kColumns, &run<kKernel, kStride>};

const DepthwiseTiles* find(std::int64_t kernel, std::int64_t stride) {
  if (kernel == 3 && stride == 1) return &kTiles<3, 1>;
  if (kernel == 3 && stride == 2) return &kTiles<3, 2>;
  if (kernel == 5 && stride == 1) return &kTiles<5, 1>;
  return nullptr;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(find);
const DepthwiseTiles* depthwise_tiles(std::int64_t kernel, std::int64_t stride) noexcept {
  return HWY_DYNAMIC_DISPATCH(find)(kernel, stride);
}

void pack_depthwise_tiles(const float* weights, const float* bias, std::int64_t channels, std::int64_t taps, std::int64_t lanes,
                          float* packed) noexcept {
  for (std::int64_t step = 0; step < channels; step += lanes) {
    const std::int64_t c = std::min(step, channels - lanes);
    for (std::int64_t i = 0; i < lanes; ++i) *packed++ = bias == nullptr ? 0.0f : bias[c + i];
    for (std::int64_t tap = 0; tap < taps; ++tap)
      for (std::int64_t i = 0; i < lanes; ++i) *packed++ = weights[(c + i) * taps + tap];
  }
}
}  // namespace dnntune::kernels::simd
#endif
