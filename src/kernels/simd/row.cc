// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/row.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/row.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/activation-inl.h"
#include "kernels/simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {

namespace {

// Vectors of weights as they are stored.
struct Fp32 {
  using Element = float;
  static const Element* from(const GemmArgs& args) noexcept { return args.b; }
  static HWY_INLINE V load(const Element* at) noexcept { return hn::Load(D(), at); }
};
template <typename H>
struct Half {
  using Element = std::uint16_t;
  static const Element* from(const GemmArgs& args) noexcept { return args.b_half; }
  static HWY_INLINE V load(const Element* at) noexcept {
    const hn::Rebind<H, D> half;
    return hn::PromoteTo(D(), hn::Load(half, reinterpret_cast<const H*>(at)));
  }
};

// One row of C over kPanels whole panels at a time. Enough independent sums to hide the latency of
// an addition; the order in which they are added is fixed.
template <class W, int kPanels, int kVectors>
void row_panels(const GemmArgs& args, std::int64_t panel, float low, float high) noexcept {
  const D d;
  const PanelLayout& layout = args.layout;
  constexpr int kPhases = 8 / (kPanels * kVectors);
  constexpr std::int64_t kWidth = kVectors * kLanes;
  const typename W::Element* b[kPanels];
  for (int p = 0; p < kPanels; ++p) b[p] = W::from(args) + layout.offset(panel + p);
  V acc[kPhases][kPanels][kVectors];
  HWY_UNROLL(16)
  for (int s = 0; s < kPhases; ++s) {
    HWY_UNROLL(16)
    for (int p = 0; p < kPanels; ++p) {
      HWY_UNROLL(16)
      for (int j = 0; j < kVectors; ++j) acc[s][p][j] = hn::Zero(d);
    }
  }
  const auto step = [&](std::int64_t k, int s) HWY_ATTR {
    const V a = hn::Set(d, args.a[k]);
    HWY_UNROLL(16)
    for (int p = 0; p < kPanels; ++p) {
      HWY_UNROLL(16)
      for (int j = 0; j < kVectors; ++j)
        acc[s][p][j] = hn::MulAdd(a, W::load(b[p] + k * kWidth + j * kLanes), acc[s][p][j]);
    }
  };
  std::int64_t k = 0;
  for (; k + kPhases <= layout.rows; k += kPhases) {
    HWY_UNROLL(16)
    for (int s = 0; s < kPhases; ++s) step(k + s, s);
  }
  for (; k < layout.rows; ++k) step(k, 0);

  for (int p = 0; p < kPanels; ++p) {
    const std::int64_t first = (panel + p) * layout.panel_columns();
    const std::int64_t columns = std::min(kWidth, layout.columns - first);
    HWY_ALIGN float result[kWidth];
    for (int j = 0; j < kVectors; ++j) {
      V sum = acc[0][p][j];
      for (int s = 1; s < kPhases; ++s) sum = hn::Add(sum, acc[s][p][j]);
      const float* const start = args.accumulate ? args.c : args.bias;
      if (start != nullptr) sum = hn::Add(sum, hn::LoadU(d, start + first + j * kLanes));
      hn::Store(clamp(d, sum, low, high), d, result + j * kLanes);
    }
    std::copy_n(result, columns, args.c + first);
  }
}

// Pairs of panels, so that how a column is computed does not depend on the range.
template <class W>
void row(const GemmArgs& args, base::Range pairs) noexcept {
  const PanelLayout& layout = args.layout;
  const Clamp clamp = clamp_of(args.activation);
  for (std::int64_t pair = pairs.begin; pair < pairs.end; ++pair) {
    const std::int64_t first = 2 * pair, second = first + 1;
    const bool has_second = second < layout.panels();
    const bool first_wide = layout.width(first) == 2 * kLanes;
    const bool second_wide = has_second && layout.width(second) == 2 * kLanes;
    if (second_wide) {
      row_panels<W, 2, 2>(args, first, clamp.low, clamp.high);
      continue;
    }
    if (first_wide) {
      row_panels<W, 1, 2>(args, first, clamp.low, clamp.high);
    } else {
      row_panels<W, 1, 1>(args, first, clamp.low, clamp.high);
    }
    if (has_second) row_panels<W, 1, 1>(args, second, clamp.low, clamp.high);
  }
  if (!clamp.complete && pairs.size() > 0) {
    const std::int64_t pair_columns = 2 * layout.panel_columns();
    const std::int64_t begin = pairs.begin * pair_columns;
    activate(args.activation, args.c + begin, std::min(layout.columns, pairs.end * pair_columns) - begin);
  }
}

const RowKernels* kernels() {
  static constexpr RowKernels table = {&row<Fp32>, &row<Half<hwy::float16_t>>, &row<Half<hwy::bfloat16_t>>};
  return &table;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernels);
const RowKernels& row_kernels() noexcept { return *HWY_DYNAMIC_DISPATCH(kernels)(); }
}  // namespace dnntune::kernels::simd
#endif
