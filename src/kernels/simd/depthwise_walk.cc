// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/depthwise_walk.h"

#include <algorithm>
#include <numeric>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/depthwise_walk.cc"
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

// Sums of kWindows x kMostRows registers and a column of input values: there are 32, or 16.
#if DNNTUNE_AVX3 || DNNTUNE_NEON
constexpr int kMostRows = 4;
#else
constexpr int kMostRows = 2;
#endif

/// How a window of kKernel x kKernel moves over kRows output rows: output column after output column. With each
/// come kStride new input columns, which belong to this window and those that follow it.
template <int kKernel, int kStride, int kRows>
struct Walk {
  static constexpr int kInRows = (kRows - 1) * kStride + kKernel;
  static constexpr int kWindows = (kKernel - 1) / kStride + 1;  ///< That an input column is in, at most.

  const float* row[kInRows];      ///< The next input column of each row; zeros for rows outside the image.
  std::int64_t row_step[kInRows];  ///< Floats to the column behind it.
  std::int64_t first, last;        ///< Input columns [first, last) are in the image, counted from output column 0's window.
  float* output;
  std::int64_t out_columns, out_step, out_row;

  HWY_INLINE void run(const float* weights, V low, V high) noexcept {
    const D d;
    const V bias = hn::Load(d, weights);
    V sum[kWindows][kRows];  // of output columns x, x + 1, ...
    HWY_UNROLL(16)
    for (int w = 0; w < kWindows; ++w) {
      HWY_UNROLL(16)
      for (int r = 0; r < kRows; ++r) sum[w][r] = bias;
    }
    // The first input column in the image may belong to a window that begins left of it.
    std::int64_t x = std::min<std::int64_t>(0, (first - kKernel + 1) / kStride);
    float* out = output + x * out_step;
    for (; x < out_columns; ++x, out += out_step) {
      HWY_UNROLL(16)
      for (int q = kKernel - kStride; q < kKernel; ++q) {
        const std::int64_t column = x * kStride + q;
        if (column < first || column >= last) continue;
        V value[kInRows];
        HWY_UNROLL(16)
        for (int y = 0; y < kInRows; ++y) {
          value[y] = hn::LoadU(d, row[y]);
          row[y] += row_step[y];
        }
        HWY_UNROLL(16)
        for (int tap_y = 0; tap_y < kKernel; ++tap_y) {
          HWY_UNROLL(16)
          for (int tap_x = q; tap_x >= 0; tap_x -= kStride) {
            const int w = (q - tap_x) / kStride;
            const V tap = hn::Load(d, weights + (1 + tap_y * kKernel + tap_x) * kLanes);
            HWY_UNROLL(16)
            for (int r = 0; r < kRows; ++r) sum[w][r] = hn::MulAdd(value[r * kStride + tap_y], tap, sum[w][r]);
          }
        }
      }
      if (x >= 0) {
        HWY_UNROLL(16)
        for (int r = 0; r < kRows; ++r) hn::StoreU(clamp(sum[0][r], low, high), d, out + r * out_row);
      }
      HWY_UNROLL(16)
      for (int r = 0; r < kRows; ++r) {
        HWY_UNROLL(16)
        for (int w = 0; w + 1 < kWindows; ++w) sum[w][r] = sum[w + 1][r];
        sum[kWindows - 1][r] = bias;
      }
    }
  }
};

/// Vectors of a pixel that should be stored one after the other. Stores to pixels a multiple of 1 KiB apart meet in few
/// sets of the level-1 cache and in one bank of the next: line by line they take ten times as long as eight lines at once.
std::int64_t store_group(std::int64_t pixel_floats) noexcept {
  constexpr std::int64_t kPageBytes = 4096, kSpread = 8;
  const std::int64_t stride = pixel_floats * static_cast<std::int64_t>(sizeof(float));
  return std::max<std::int64_t>(1, std::gcd(stride, kPageBytes) / (kSpread * static_cast<std::int64_t>(kLanes * sizeof(float))));
}

/// kRows output rows of an image, from `row` on.
template <int kKernel, int kStride, int kRows>
class RowBlock {
 public:
  RowBlock(const DepthwiseTilesArgs& args, std::int64_t image, std::int64_t row) noexcept : args_(args), group_(store_group(args.out_pixel_stride)) {
    for (int i = 0; i < kInRows; ++i) {
      const std::int64_t y = row * kStride - args.pad_top + i;
      input_[i] = y >= 0 && y < args.in_h ? args.input + (image * args.in_h + y) * args.in_w * args.in_pixel_stride : nullptr;
    }
    output_ = args.output + (image * args.out_h + row) * args.out_w * args.out_pixel_stride;
  }

  HWY_NOINLINE void run() const noexcept {
    const std::int64_t most = group_ == 1 ? args_.out_w : kStoreFloats / (group_ * kLanes), parts = (args_.out_w + most - 1) / most;
    for (std::int64_t part = 0; part < parts; ++part) columns({args_.out_w * part / parts, args_.out_w * (part + 1) / parts});
  }

 private:
  static constexpr int kInRows = Walk<kKernel, kStride, kRows>::kInRows;
  static constexpr std::int64_t kStoreFloats = 1792;  ///< Of an output row, that wait to be stored.

  void columns(base::Range range) const noexcept {
    const D d;
    const Clamp bounds = clamp_of(args_.activation);
    const V low = hn::Set(d, bounds.low), high = hn::Set(d, bounds.high);
    const std::int64_t channels = args_.channels, in_pixel = args_.in_pixel_stride, out_pixel = args_.out_pixel_stride;
    const std::int64_t out_row = args_.out_w * out_pixel;
    const std::int64_t left = range.begin * kStride - args_.pad_left, reach = (range.size() - 1) * kStride + kKernel;
    Walk<kKernel, kStride, kRows> walk;
    walk.first = std::clamp<std::int64_t>(-left, 0, reach);
    walk.last = std::clamp<std::int64_t>(args_.in_w - left, walk.first, reach);
    walk.out_columns = range.size();
    const std::int64_t in_offset = (left + walk.first) * in_pixel;
    float* const output = output_ + range.begin * out_pixel;
    alignas(64) float waiting[kRows * kStoreFloats];
    const float* weights = args_.weights;
    for (std::int64_t next = 0; next < channels; next += group_ * kLanes) {
      const std::int64_t vectors = std::min(group_, (channels - next + kLanes - 1) / kLanes);
      // The last vector overlaps the one before it.
      const auto channel = [&](std::int64_t v) HWY_ATTR { return std::min(next + v * kLanes, channels - kLanes); };
      walk.out_step = group_ == 1 ? out_pixel : vectors * kLanes;
      walk.out_row = group_ == 1 ? out_row : range.size() * walk.out_step;
      for (std::int64_t v = 0; v < vectors; ++v, weights += (kKernel * kKernel + 1) * kLanes) {
        for (int i = 0; i < kInRows; ++i) {
          walk.row[i] = input_[i] == nullptr ? args_.zeros : input_[i] + in_offset + channel(v);
          walk.row_step[i] = input_[i] == nullptr ? 0 : in_pixel;
        }
        walk.output = group_ == 1 ? output + channel(v) : waiting + v * kLanes;
        walk.run(weights, low, high);
      }
      if (group_ == 1) continue;
      const float* from = waiting;
      for (int r = 0; r < kRows; ++r)
        for (std::int64_t x = 0; x < range.size(); ++x)
          for (std::int64_t v = 0; v < vectors; ++v, from += kLanes)
            hn::StoreU(hn::Load(d, from), d, output + r * out_row + x * out_pixel + channel(v));
    }
  }

  const DepthwiseTilesArgs& args_;
  const std::int64_t group_;
  const float* input_[kInRows];  ///< Null for rows outside the image.
  float* output_;
};

template <int kKernel, int kStride>
void run(const DepthwiseTilesArgs& args, base::Range rows) noexcept {
  const bool complete = clamp_of(args.activation).complete;
  while (rows.begin < rows.end) {
    const std::int64_t image = rows.begin / args.out_h, first = rows.begin % args.out_h;
    const std::int64_t last = std::min(args.out_h, first + rows.size());
    for (std::int64_t row = first; row < last; row += kMostRows) {
      switch (std::min<std::int64_t>(kMostRows, last - row)) {
        case 1: RowBlock<kKernel, kStride, 1>(args, image, row).run(); break;
        case 2: RowBlock<kKernel, kStride, 2>(args, image, row).run(); break;
        case 3: RowBlock<kKernel, kStride, std::min(3, kMostRows)>(args, image, row).run(); break;
        default: RowBlock<kKernel, kStride, kMostRows>(args, image, row).run(); break;
      }
    }
    if (!complete)
      activate_rows(args.activation, args.output + rows.begin * args.out_w * args.out_pixel_stride, (last - first) * args.out_w,
                    args.channels, args.out_pixel_stride);
    rows.begin += last - first;
  }
}

template <int kKernel, int kStride>
constexpr DepthwiseTiles kWalk = {kLanes, kMostRows, 1, &run<kKernel, kStride>};

const DepthwiseTiles* find(std::int64_t kernel, std::int64_t stride) {
  if (kernel == 3 && stride == 1) return &kWalk<3, 1>;
  if (kernel == 3 && stride == 2) return &kWalk<3, 2>;
  if (kernel == 5 && stride == 1) return &kWalk<5, 1>;
  if (kernel == 5 && stride == 2) return &kWalk<5, 2>;
  return nullptr;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(find);
const DepthwiseTiles* depthwise_walk(std::int64_t kernel, std::int64_t stride) noexcept {
  return HWY_DYNAMIC_DISPATCH(find)(kernel, stride);
}
}  // namespace dnntune::kernels::simd
#endif
