// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/rowwise.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/rowwise.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::int64_t kLanes = hn::MaxLanes(D());

/// Two partial results of a row, lane by lane.
struct Halves {
  V even, odd;
};

/// Folds f over a row, vector by vector, from `start` in every lane; lanes beyond the row's end are left
/// out. Two chains, so that one step need not wait for the one before.
template <class F>
HWY_INLINE Halves fold_row(const float* x, std::int64_t count, V start, F f) noexcept {
  const D d;
  Halves result = {start, start};
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    result.even = f(result.even, hn::LoadU(d, x + i));
    result.odd = f(result.odd, hn::LoadU(d, x + i + kLanes));
  }
  if (i + kLanes <= count) {
    result.even = f(result.even, hn::LoadU(d, x + i));
    i += kLanes;
  }
  if (i < count) {
    HWY_ALIGN float rest[kLanes] = {};
    std::copy_n(x + i, count - i, rest);
    const auto inside = hn::FirstN(d, static_cast<std::size_t>(count - i));
    result.odd = hn::IfThenElse(inside, f(result.odd, hn::Load(d, rest)), result.odd);
  }
  return result;
}

template <class F>
HWY_INLINE float sum_of_row(const float* x, std::int64_t count, F term) noexcept {
  const D d;
  const Halves sum = fold_row(x, count, hn::Zero(d), [&](V total, V v) HWY_ATTR { return hn::Add(total, term(v)); });
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum.even, sum.odd)));
}

HWY_INLINE float max_of_row(const float* x, std::int64_t count) noexcept {
  const D d;
  const V lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  const Halves best = fold_row(x, count, lowest, [](V a, V b) HWY_ATTR { return hn::Max(a, b); });
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(best.even, best.odd)));
}

void softmax(const RowArgs& args, base::Range rows) noexcept {
  const D d;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* const x = args.x + row * args.columns;
    float* const y = args.y + row * args.columns;
    const V largest = hn::Set(d, max_of_row(x, args.columns));  // taken off, so that none overflows
    map(d, args.columns, y, [&](V v) HWY_ATTR { return exp(d, hn::Sub(v, largest)); }, x);
    const V scale = hn::Set(d, 1.0f / sum_of_row(y, args.columns, [](V v) HWY_ATTR { return v; }));
    map(d, args.columns, y, [&](V v) HWY_ATTR { return hn::Mul(v, scale); }, y);
  }
}

void log_softmax(const RowArgs& args, base::Range rows) noexcept {
  const D d;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* const x = args.x + row * args.columns;
    const V largest = hn::Set(d, max_of_row(x, args.columns));
    const float sum = sum_of_row(x, args.columns, [&](V v) HWY_ATTR { return exp(d, hn::Sub(v, largest)); });
    const V log_sum = hn::Set(d, std::log(sum));
    map(
        d, args.columns, args.y + row * args.columns,
        [&](V v) HWY_ATTR { return hn::Sub(hn::Sub(v, largest), log_sum); }, x);
  }
}

void layer_normalization(const RowArgs& args, base::Range rows) noexcept {
  const D d;
  const float per_column = 1.0f / static_cast<float>(args.columns);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* const x = args.x + row * args.columns;
    float* const y = args.y + row * args.columns;
    const V mean = hn::Set(d, per_column * sum_of_row(x, args.columns, [](V v) HWY_ATTR { return v; }));
    const float variance = per_column * sum_of_row(x, args.columns, [&](V v) HWY_ATTR {
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
        d, args.columns, args.y + row * args.columns,
        [](V v, V scale, V shift) HWY_ATTR { return hn::MulAdd(v, scale, shift); }, args.x + row * args.columns, args.scale,
        args.shift);
}

void row_sum(const RowArgs& args, base::Range rows) noexcept {
  for (std::int64_t row = rows.begin; row < rows.end; ++row)
    args.y[row] = args.factor * sum_of_row(args.x + row * args.columns, args.columns, [](V v) HWY_ATTR { return v; });
}

void lrn_three_quarters(const RowArgs& args, base::Range rows) noexcept {
  const D d;
  float* const squares = args.scratch;  // of channels -before to columns + after
  const std::int64_t window = args.before + 1 + args.after;
  std::fill_n(squares, lrn_scratch_floats(args.columns, window - 1), 0.0f);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* const x = args.x + row * args.columns;
    map(d, args.columns, squares + args.before, [](V v) HWY_ATTR { return hn::Mul(v, v); }, x);
    // y(c) needs squares[c] to squares[c + window - 1]; whole vectors may read into the zeros behind.
    float* const y = args.y + row * args.columns;
    const auto denominator = [&](std::int64_t c) HWY_ATTR {
      V sum = hn::LoadU(d, squares + c);
      for (std::int64_t i = 1; i < window; ++i) sum = hn::Add(sum, hn::LoadU(d, squares + c + i));
      const V base = hn::MulAdd(hn::Set(d, args.alpha), sum, hn::Set(d, args.bias));
      const V root = hn::Sqrt(base);
      return hn::Mul(root, hn::Sqrt(root));  // base^(1/2 + 1/4)
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

RowFn row_of(RowFunction function) {
  switch (function) {
    case RowFunction::softmax: return &softmax;
    case RowFunction::log_softmax: return &log_softmax;
    case RowFunction::layer_normalization: return &layer_normalization;
    case RowFunction::scale_shift: return &scale_shift;
    case RowFunction::row_sum: return &row_sum;
    case RowFunction::lrn_three_quarters: return &lrn_three_quarters;
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
RowFn row_kernel(RowFunction function) noexcept { return HWY_DYNAMIC_DISPATCH(row_of)(function); }
}  // namespace dnntune::kernels::simd
#endif
