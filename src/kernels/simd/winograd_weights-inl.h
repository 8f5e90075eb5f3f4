// SPDX-License-Identifier: Apache-2.0
// Winograd's transform of a layer's weights.

#if defined(DNNTUNE_KERNELS_SIMD_WINOGRAD_WEIGHTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_WINOGRAD_WEIGHTS_INL_H
#undef DNNTUNE_KERNELS_SIMD_WINOGRAD_WEIGHTS_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_WINOGRAD_WEIGHTS_INL_H
#endif

#include <algorithm>
#include <cstdint>

#include <hwy/highway.h>

#include "kernels/simd/transpose-inl.h"
#include "kernels/simd/winograd.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The weights' transform along one axis. For a point x it takes (1, x, x^2, ...) / N(x), N(x) being the product
/// of x's distances to the other finite points; for infinity the last tap.
template <int kOut, int kTaps_>
struct WeightAxis {
  using D = hn::ScalableTag<double>;
  using V = hn::Vec<D>;
  static constexpr int kTaps = kTaps_, kIn = kOut + kTaps - 1;

  struct Rows {
    double g[kIn][kTaps] = {};
  };
  static constexpr Rows rows() {
    Rows rows;
    rows.g[kIn - 1][kTaps - 1] = 1.0;
    if (kIn == 1) return rows;
    constexpr int kPairs = (kIn - 2) / 2;
    double points[kIn] = {};
    for (int pair = 0; pair < kPairs; ++pair) {
      points[1 + 2 * pair] = kWinogradPoints[kPairs][pair];
      points[2 + 2 * pair] = -kWinogradPoints[kPairs][pair];
    }
    for (int i = 0; i < kIn - 1; ++i) {
      double power = 1.0;
      for (int j = 0; j < kIn - 1; ++j)
        if (j != i) power /= points[i] - points[j];
      for (int tap = 0; tap < kTaps; ++tap, power *= points[i]) rows.g[i][tap] = power;
    }
    return rows;
  }

  template <int kTo = 0>
  static HWY_INLINE void transform(const V (&x)[kTaps], V (&y)[kIn]) noexcept {
    const D d;
    constexpr Rows all = rows();
    if constexpr (kTo == kIn - 1) {
      y[kTo] = x[kTaps - 1];
    } else if constexpr (kTo == 0) {
      y[0] = hn::Mul(hn::Set(d, all.g[0][0]), x[0]);
    } else {
      V sum = hn::Mul(hn::Set(d, all.g[kTo][0]), x[0]);
      HWY_UNROLL(8)
      for (int tap = 1; tap < kTaps; ++tap) sum = hn::MulAdd(hn::Set(d, all.g[kTo][tap]), x[tap], sum);
      y[kTo] = sum;
    }
    if constexpr (kTo + 1 < kIn) transform<kTo + 1>(x, y);
  }
};

/// Both directions for a vector of columns: tap t is at from + t * width, position p goes to to + p * stride.
template <class Y, class X>
HWY_INLINE void transform_window(const float* from, std::int64_t width, float* to, std::int64_t stride) noexcept {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> floats;
  using Vector = hn::Vec<decltype(d)>;
  Vector half[Y::kIn][X::kTaps];
  HWY_UNROLL(8)
  for (int x = 0; x < X::kTaps; ++x) {
    Vector column[Y::kTaps], result[Y::kIn];
    HWY_UNROLL(8)
    for (int y = 0; y < Y::kTaps; ++y) column[y] = hn::PromoteTo(d, hn::LoadU(floats, from + (y * X::kTaps + x) * width));
    Y::transform(column, result);
    HWY_UNROLL(16)
    for (int i = 0; i < Y::kIn; ++i) half[i][x] = result[i];
  }
  HWY_UNROLL(16)
  for (int i = 0; i < Y::kIn; ++i) {
    Vector result[X::kIn];
    X::transform(half[i], result);
    HWY_UNROLL(16)
    for (int j = 0; j < X::kIn; ++j) hn::StoreU(hn::DemoteTo(floats, result[j]), floats, to + (i * X::kIn + j) * stride);
  }
}

/// WinogradKernels::transform_weights
template <class Y, class X>
void transform_weights(const float* weights, const PanelLayout& layout, base::Range panels, float* packed) noexcept {
  constexpr std::int64_t kTaps = Y::kTaps * X::kTaps;
  constexpr std::int64_t kStep = hn::MaxLanes(hn::ScalableTag<double>()), kMostColumns = 2 * hn::MaxLanes(hn::ScalableTag<float>());
  constexpr std::int64_t kChannels = 8;  // input channels at a time: their taps stay in a level-1 cache
  HWY_ALIGN float windows[kChannels * kTaps * kMostColumns];
  for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
    const std::int64_t first = panel * layout.panel_columns(), width = layout.width(panel);
    const float* const from = weights + (panel - panels.begin) * layout.panel_columns() * layout.rows * kTaps;
    for (std::int64_t channel = 0; channel < layout.rows; channel += kChannels) {
      const std::int64_t channels = std::min(kChannels, layout.rows - channel);
      transpose_columns(from + channel * kTaps, layout.rows * kTaps, std::min(width, layout.columns - first), width, channels * kTaps,
                        [](std::int64_t i) { return i; }, windows);
      for (std::int64_t k = 0; k < channels; ++k)
        for (std::int64_t n = 0; n < width; n += kStep)
          transform_window<Y, X>(windows + k * kTaps * width + n, width, packed + layout.offset(panel) + (channel + k) * width + n, layout.floats());
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
