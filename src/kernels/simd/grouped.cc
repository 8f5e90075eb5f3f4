// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/grouped.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/grouped.cc"
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
constexpr int kKernel = 3;

// Sums of kWindows x kMostRows registers and a column of input values: there are 32, or 16.
#if DNNTUNE_AVX3 || DNNTUNE_NEON
constexpr int kMostRows = 4;
#else
constexpr int kMostRows = 2;
#endif

/// kRows output rows of an image, from `row` on.
template <int kStride, int kRows>
class RowBlock {
 public:
  RowBlock(const GroupedArgs& args, std::int64_t image, std::int64_t row) noexcept : args_(args) {
    for (int i = 0; i < kInRows; ++i) {
      const std::int64_t y = row * kStride - args.pad_top + i;
      inside_[i] = y >= 0 && y < args.in_h;
      input_[i] = inside_[i] ? args.input + (image * args.in_h + y) * args.in_w * args.channels : args.zeros;
    }
    output_ = args.output + (image * args.out_h + row) * args.out_w * args.channels;
  }

  /// Output channels [channel, channel + kLanes). Input channel j of their groups comes from `kSpread` ? lane by lane
  /// from the same channels of the input : one value for all.
  template <bool kSpread>
  HWY_NOINLINE void run(const float* weights, std::int64_t channel) const noexcept {
    const D d;
    const Clamp bounds = clamp_of(args_.activation);
    const V low = hn::Set(d, bounds.low), high = hn::Set(d, bounds.high);
    const std::int64_t channels = args_.channels, inputs = args_.group_channels;
    const std::int64_t from = kSpread ? channel : channel / inputs * inputs;
    const std::int64_t first = std::max<std::int64_t>(0, args_.pad_left), last = args_.in_w + args_.pad_left;
    const float* row[kInRows];
    std::int64_t step[kInRows];
    for (int i = 0; i < kInRows; ++i) {
      row[i] = input_[i] + from;
      step[i] = inside_[i] ? channels : 0;
      if (inside_[i]) row[i] += (first - args_.pad_left) * channels;
    }
    // Of 16 lanes and groups of 4, input channel 0 goes to lanes 0 to 3 from lane 0, to 4 to 7 from lane 4.
    HWY_ALIGN std::int32_t lane_of[kLanes];
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lane_of[lane] = static_cast<std::int32_t>(kSpread ? lane / inputs * inputs : 0);
    const hn::RebindToSigned<D> di;
    const auto first_lane = hn::Load(di, lane_of);

    const V bias = hn::Load(d, weights);
    V sum[kWindows][kRows];  // of output columns x, x + 1, ...
    HWY_UNROLL(16)
    for (int w = 0; w < kWindows; ++w) {
      HWY_UNROLL(16)
      for (int r = 0; r < kRows; ++r) sum[w][r] = bias;
    }
    // The first input column in the image may belong to a window that begins left of it.
    std::int64_t x = std::min<std::int64_t>(0, (first - kKernel + 1) / kStride);
    float* out = output_ + channel + x * channels;
    for (; x < args_.out_w; ++x, out += channels) {
      HWY_UNROLL(16)
      for (int q = kKernel - kStride; q < kKernel; ++q) {
        const std::int64_t column = x * kStride + q;
        if (column < first || column >= last) continue;
        const float* taps = weights + kLanes;
        auto lanes = first_lane;
        for (std::int64_t j = 0; j < inputs; ++j, taps += kKernel * kKernel * kLanes) {
          V value[kInRows];
          HWY_UNROLL(16)
          for (int i = 0; i < kInRows; ++i) {
            if constexpr (kSpread) value[i] = hn::TableLookupLanes(hn::LoadU(d, row[i]), hn::IndicesFromVec(d, lanes));
            else value[i] = hn::Set(d, row[i][j]);
          }
          HWY_UNROLL(16)
          for (int tap_y = 0; tap_y < kKernel; ++tap_y) {
            HWY_UNROLL(16)
            for (int tap_x = q; tap_x >= 0; tap_x -= kStride) {
              const int w = (q - tap_x) / kStride;
              const V tap = hn::Load(d, taps + (tap_y * kKernel + tap_x) * kLanes);
              HWY_UNROLL(16)
              for (int r = 0; r < kRows; ++r) sum[w][r] = hn::MulAdd(value[r * kStride + tap_y], tap, sum[w][r]);
            }
          }
          if constexpr (kSpread) lanes = hn::Add(lanes, hn::Set(di, 1));
        }
        for (int i = 0; i < kInRows; ++i) row[i] += step[i];
      }
      if (x >= 0) {
        HWY_UNROLL(16)
        for (int r = 0; r < kRows; ++r) hn::StoreU(clamp(sum[0][r], low, high), d, out + r * args_.out_w * channels);
      }
      HWY_UNROLL(16)
      for (int r = 0; r < kRows; ++r) {
        HWY_UNROLL(16)
        for (int w = 0; w + 1 < kWindows; ++w) sum[w][r] = sum[w + 1][r];
        sum[kWindows - 1][r] = bias;
      }
    }
  }

 private:
  static constexpr int kInRows = (kRows - 1) * kStride + kKernel;
  static constexpr int kWindows = (kKernel - 1) / kStride + 1;  ///< That an input column is in, at most.

  const GroupedArgs& args_;
  const float* input_[kInRows];  ///< Zeros for rows outside the image.
  bool inside_[kInRows];
  float* output_;
};

template <int kStride, int kRows>
void output_rows(const GroupedArgs& args, base::Range vectors, std::int64_t image, std::int64_t row) noexcept {
  const RowBlock<kStride, kRows> block(args, image, row);
  const std::int64_t vector_floats = (1 + kKernel * kKernel * args.group_channels) * kLanes;
  for (std::int64_t v = vectors.begin; v < vectors.end; ++v) {
    const float* const weights = args.weights + v * vector_floats;
    const std::int64_t channel = grouped_channel(v, args.channels, args.group_channels, kLanes);
    args.group_channels < kLanes ? block.template run<true>(weights, channel) : block.template run<false>(weights, channel);
  }
}

template <int kStride>
void run(const GroupedArgs& args, base::Range vectors, base::Range rows) noexcept {
  while (rows.begin < rows.end) {
    const std::int64_t image = rows.begin / args.out_h, first = rows.begin % args.out_h;
    const std::int64_t last = std::min(args.out_h, first + rows.size());
    for (std::int64_t row = first; row < last; row += kMostRows) {
      switch (std::min<std::int64_t>(kMostRows, last - row)) {
        case 1: output_rows<kStride, 1>(args, vectors, image, row); break;
        case 2: output_rows<kStride, 2>(args, vectors, image, row); break;
        case 3: output_rows<kStride, std::min(3, kMostRows)>(args, vectors, image, row); break;
        default: output_rows<kStride, kMostRows>(args, vectors, image, row); break;
      }
    }
    rows.begin += last - first;
  }
}

const GroupedKernel* find(std::int64_t stride) {
  static constexpr GroupedKernel kKernels[] = {{kLanes, kMostRows, &run<1>}, {kLanes, kMostRows, &run<2>}};
  return &kKernels[stride - 1];
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(find);
const GroupedKernel& grouped_kernel(std::int64_t stride) noexcept { return *HWY_DYNAMIC_DISPATCH(find)(stride); }

void pack_grouped(const float* weights, const float* bias, std::int64_t channels, std::int64_t group_channels, std::int64_t lanes,
                  float* packed) noexcept {
  constexpr std::int64_t kTaps = 9;
  for (std::int64_t v = 0; v < grouped_vectors(channels, group_channels, lanes); ++v) {
    const std::int64_t c = grouped_channel(v, channels, group_channels, lanes);
    for (std::int64_t i = 0; i < lanes; ++i) *packed++ = bias == nullptr ? 0.0f : bias[c + i];
    for (std::int64_t j = 0; j < group_channels; ++j)
      for (std::int64_t tap = 0; tap < kTaps; ++tap)
        for (std::int64_t i = 0; i < lanes; ++i) *packed++ = weights[((c + i) * group_channels + j) * kTaps + tap];
  }
}
}  // namespace dnntune::kernels::simd
#endif
