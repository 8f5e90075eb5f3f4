// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/rowwise.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/rowwise.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/channels-inl.h"
#include "kernels/simd/fold-inl.h"
#include "kernels/simd/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::int64_t kLanes = hn::MaxLanes(D());

HWY_INLINE float max_of_row(const float* x, std::int64_t count) noexcept {
  const D d;
  const V lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  const auto best = fold_row(d, x, count, lowest, [](V a, V b) HWY_ATTR { return hn::Max(a, b); });
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(best.even, best.odd)));
}

void softmax(const RowArgs& args, base::Range rows) noexcept {
  const D d;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* const x = args.x + row * args.x_stride;
    float* const y = args.y + row * args.y_stride;
    const V largest = hn::Set(d, max_of_row(x, args.columns));  // taken off, so that none overflows
    map(d, args.columns, y, [&](V v) HWY_ATTR { return exp(d, hn::Sub(v, largest)); }, x);
    const V scale = hn::Set(d, 1.0f / sum_of_row(d, y, args.columns, [](V v) HWY_ATTR { return v; }));
    map(d, args.columns, y, [&](V v) HWY_ATTR { return hn::Mul(v, scale); }, y);
  }
}

void log_softmax(const RowArgs& args, base::Range rows) noexcept {
  const D d;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* const x = args.x + row * args.x_stride;
    const V largest = hn::Set(d, max_of_row(x, args.columns));
    const float sum = sum_of_row(d, x, args.columns, [&](V v) HWY_ATTR { return exp(d, hn::Sub(v, largest)); });
    const V log_sum = hn::Set(d, std::log(sum));
    map(
        d, args.columns, args.y + row * args.y_stride,
        [&](V v) HWY_ATTR { return hn::Sub(hn::Sub(v, largest), log_sum); }, x);
  }
}

// Softmax along an axis with others behind it: a vector is of neighbouring columns.
template <bool kLog>
void softmax_columns(const RowArgs& args, base::Range blocks) noexcept {
  each_column_vector(args.inner, blocks, [&](auto d, std::int64_t outer, std::int64_t c) HWY_ATTR {
    using W = hn::Vec<decltype(d)>;
    const std::int64_t first = outer * args.columns * args.inner + c, end = first + args.columns * args.inner;
    W largest = hn::LoadU(d, args.x + first);
    for (std::int64_t i = first; i < end; i += args.inner) largest = hn::Max(largest, hn::LoadU(d, args.x + i));
    W sum = hn::Zero(d);
    for (std::int64_t i = first; i < end; i += args.inner) {
      const W e = exp(d, hn::Sub(hn::LoadU(d, args.x + i), largest));
      sum = hn::Add(sum, e);
      if (!kLog) hn::StoreU(e, d, args.y + i);
    }
    const W last = kLog ? log(d, sum) : hn::Div(hn::Set(d, 1.0f), sum);
    for (std::int64_t i = first; i < end; i += args.inner)
      hn::StoreU(kLog ? hn::Sub(hn::Sub(hn::LoadU(d, args.x + i), largest), last) : hn::Mul(hn::LoadU(d, args.y + i), last), d, args.y + i);
  });
}

void layer_normalization(const RowArgs& args, base::Range rows) noexcept {
  const D d;
  const float per_column = 1.0f / static_cast<float>(args.columns);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* const x = args.x + row * args.x_stride;
    float* const y = args.y + row * args.y_stride;
    const V mean = hn::Set(d, per_column * sum_of_row(d, x, args.columns, [](V v) HWY_ATTR { return v; }));
    const float variance = per_column * sum_of_row(d, x, args.columns, [&](V v) HWY_ATTR {
                             const V apart = hn::Sub(v, mean);
                             return hn::Mul(apart, apart);
                           });
    const V inverse = hn::Set(d, 1.0f / std::sqrt(variance + args.epsilon));
    const auto normalized = [&](V v, V scale) HWY_ATTR { return hn::Mul(hn::Mul(hn::Sub(v, mean), inverse), scale); };
    if (args.shift == nullptr) {
      map(d, args.columns, y, normalized, x, args.scale);
    } else {
      map(
          d, args.columns, y,
          [&](V v, V scale, V shift) HWY_ATTR { return hn::Add(normalized(v, scale), shift); }, x, args.scale, args.shift);
    }
  }
}

void scale_shift(const RowArgs& args, base::Range rows) noexcept {
  const D d;
  for (std::int64_t row = rows.begin; row < rows.end; ++row)
    map(
        d, args.columns, args.y + row * args.y_stride,
        [](V v, V scale, V shift) HWY_ATTR { return hn::MulAdd(v, scale, shift); }, args.x + row * args.x_stride, args.scale,
        args.shift);
}

void lrn(const RowArgs& args, base::Range rows) noexcept {
  const D d;
  float* const squares = args.scratch;  // of channels -before to columns + after
  const std::int64_t window = args.before + 1 + args.after;
  std::fill_n(squares, lrn_scratch_floats(args.columns, window - 1), 0.0f);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* const x = args.x + row * args.x_stride;
    map(d, args.columns, squares + args.before, [](V v) HWY_ATTR { return hn::Mul(v, v); }, x);
    // y(c) needs squares[c] to squares[c + window - 1]; whole vectors may read into the zeros behind.
    float* const y = args.y + row * args.y_stride;
    const auto denominator = [&](std::int64_t c) HWY_ATTR {
      V sum = hn::LoadU(d, squares + c);
      for (std::int64_t i = 1; i < window; ++i) sum = hn::Add(sum, hn::LoadU(d, squares + c + i));
      const V base = hn::MulAdd(hn::Set(d, args.alpha), sum, hn::Set(d, args.bias));
      if (args.power != 0.75f) return exp(d, hn::Mul(hn::Set(d, args.power), log(d, base)));
      const V root = hn::Sqrt(base);  // of real networks
      return hn::Mul(root, hn::Sqrt(root));
    };
    std::int64_t c = 0;
    for (; c + kLanes <= args.columns; c += kLanes) hn::StoreU(hn::Div(hn::LoadU(d, x + c), denominator(c)), d, y + c);
    if (c < args.columns) {
      const V rest = denominator(c);
      HWY_ALIGN float divisors[kLanes];
      hn::Store(rest, d, divisors);
      for (std::int64_t i = c; i < args.columns; ++i) y[i] = x[i] / divisors[i - c];
    }
  }
}

RowwiseFn row_of(RowFunction function) {
  switch (function) {
    case RowFunction::softmax: return &softmax;
    case RowFunction::log_softmax: return &log_softmax;
    case RowFunction::softmax_columns: return &softmax_columns<false>;
    case RowFunction::log_softmax_columns: return &softmax_columns<true>;
    case RowFunction::layer_normalization: return &layer_normalization;
    case RowFunction::scale_shift: return &scale_shift;
    case RowFunction::lrn: return &lrn;
  }
  return nullptr;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(row_of);
RowwiseFn row_kernel(RowFunction function) noexcept { return HWY_DYNAMIC_DISPATCH(row_of)(function); }
}  // namespace dnntune::kernels::simd
#endif
