// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/reduce.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/reduce.cc"
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

// A reduction: the result of no elements, a step, and two results as one. `of` has what args say, as vectors.
template <class D>
struct Of {
  using V = hn::Vec<D>;
  HWY_INLINE Of(D d, const ReduceArgs& args) noexcept
      : sign(args.negated ? hn::SignBit(d) : hn::Zero(d)), nan_wins(hn::Eq(hn::Set(d, args.skips_nan ? 1.0f : 0.0f), hn::Zero(d))) {}
  V sign;
  hn::Mask<D> nan_wins;
  V shift{};
};

struct Additive {
  static constexpr float kStart = 0.0f;
  template <class D, class V>
  static HWY_INLINE V combine(D, const Of<D>&, V a, V b) noexcept { return hn::Add(a, b); }
};
struct Sum : Additive {
  template <class D, class V>
  static HWY_INLINE V step(D, const Of<D>&, V total, V x) noexcept { return hn::Add(total, x); }
};
struct SumSquare : Additive {
  template <class D, class V>
  static HWY_INLINE V step(D, const Of<D>& of, V total, V x) noexcept {
    const V apart = hn::Sub(x, of.shift);
    return hn::MulAdd(apart, apart, total);
  }
};
struct SumAbs : Additive {
  template <class D, class V>
  static HWY_INLINE V step(D, const Of<D>&, V total, V x) noexcept { return hn::Add(total, hn::Abs(x)); }
};
struct SumExp : Additive {
  template <class D, class V>
  static HWY_INLINE V step(D d, const Of<D>& of, V total, V x) noexcept { return hn::Add(total, exp(d, hn::Sub(x, of.shift))); }
};
struct Product {
  static constexpr float kStart = 1.0f;
  template <class D, class V>
  static HWY_INLINE V step(D, const Of<D>&, V total, V x) noexcept { return hn::Mul(total, x); }
  template <class D, class V>
  static HWY_INLINE V combine(D, const Of<D>&, V a, V b) noexcept { return hn::Mul(a, b); }
};
struct Maximum {
  static constexpr float kStart = -kInfinity;
  template <class D, class V>
  static HWY_INLINE V step(D d, const Of<D>& of, V best, V x) noexcept { return larger(d, best, hn::Xor(x, of.sign), of.nan_wins); }
  template <class D, class V>
  static HWY_INLINE V combine(D d, const Of<D>& of, V a, V b) noexcept { return larger(d, a, b, of.nan_wins); }
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE V finish(D d, const ReduceArgs& args, const Of<D>& of, V result) noexcept {
  switch (args.finish) {
    case ReduceArgs::Finish::scale: break;
    case ReduceArgs::Finish::root: return hn::Sqrt(result);
    case ReduceArgs::Finish::log: return hn::Add(log(d, result), of.shift);
  }
  return hn::Xor(hn::Mul(result, hn::Set(d, args.factor)), of.sign);
}

/// An infinite shift would make infinities NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V finite(D d, V shift) noexcept {
  return hn::IfThenElse(hn::Eq(hn::Abs(shift), hn::Set(d, kInfinity)), hn::Zero(d), shift);
}

template <class F>
void reduce_rows(const ReduceArgs& args, base::Range rows) noexcept {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  Of of(d, args);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    of.shift = args.shift == nullptr ? hn::Zero(d) : finite(d, hn::Set(d, args.shift[row]));
    const auto halves = fold_row(d, args.x + row * args.count, args.count, V{hn::Set(d, F::kStart)},
                                 [&](V total, V x) HWY_ATTR { return F::step(d, of, total, x); });
    const float result = fold_lanes(d, F::combine(d, of, halves.even, halves.odd), [&](auto narrow, auto a, auto b) HWY_ATTR {
      return F::combine(narrow, Of(narrow, args), a, b);
    });
    args.y[row] = hn::GetLane(finish(d, args, of, V{hn::Set(d, result)}));
  }
}

/// Row by row, so that memory is read in order, with the results of a vector's columns in `totals`; those of kRows
/// rows on their own first, which keeps the error of long sums small.
template <class F>
void reduce(const ReduceArgs& args, base::Range blocks) noexcept {
  if (args.inner == 1) return reduce_rows<F>(args, blocks);
  constexpr std::int64_t kRows = 64;
  with_channel_vectors(args.inner, [&](auto d) HWY_ATTR {
    constexpr std::int64_t kLanes = hn::MaxLanes(decltype(d)());
    using V = hn::Vec<decltype(d)>;
    Of of(d, args);
    HWY_ALIGN float totals[kMostColumns + kLanes], parts[kMostColumns + kLanes], shifts[kMostColumns + kLanes];
    each_column_block(args.inner, blocks, [&](std::int64_t outer, base::Range columns) HWY_ATTR {
      // f(place, first column) for each vector; the last one overlaps the one before.
      const auto each_vector = [&](auto f) HWY_ATTR {
        for (std::int64_t at = 0; at < columns.size(); at += kLanes) f(at, std::min(columns.begin + at, columns.end - kLanes));
      };
      const V start = hn::Set(d, F::kStart);
      each_vector([&](std::int64_t at, std::int64_t c) HWY_ATTR {
        hn::Store(start, d, totals + at);
        hn::Store(args.shift == nullptr ? hn::Zero(d) : finite(d, hn::LoadU(d, args.shift + outer * args.inner + c)), d, shifts + at);
      });
      for (std::int64_t row = 0; row < args.count; row += kRows) {
        const float* from = args.x + (outer * args.count + row) * args.inner;
        each_vector([&](std::int64_t at, std::int64_t) HWY_ATTR { hn::Store(start, d, parts + at); });
        for (std::int64_t i = std::min(kRows, args.count - row); i > 0; --i, from += args.inner)
          each_vector([&](std::int64_t at, std::int64_t c) HWY_ATTR {
            of.shift = hn::Load(d, shifts + at);
            hn::Store(F::step(d, of, hn::Load(d, parts + at), hn::LoadU(d, from + c)), d, parts + at);
          });
        each_vector([&](std::int64_t at, std::int64_t) HWY_ATTR {
          hn::Store(F::combine(d, of, hn::Load(d, totals + at), hn::Load(d, parts + at)), d, totals + at);
        });
      }
      each_vector([&](std::int64_t at, std::int64_t c) HWY_ATTR {
        of.shift = hn::Load(d, shifts + at);
        hn::StoreU(finish(d, args, of, hn::Load(d, totals + at)), d, args.y + outer * args.inner + c);
      });
    });
  });
}

ReduceFn reduce_of(Reduction reduction) {
  switch (reduction) {
    case Reduction::sum: return &reduce<Sum>;
    case Reduction::sum_square: return &reduce<SumSquare>;
    case Reduction::sum_abs: return &reduce<SumAbs>;
    case Reduction::sum_exp: return &reduce<SumExp>;
    case Reduction::product: return &reduce<Product>;
    case Reduction::maximum: return &reduce<Maximum>;
  }
  return nullptr;
}

/// First the extreme value, then where it stands.
void arg_reduce_rows(const ArgReduceArgs& args, base::Range rows) noexcept {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::int64_t kLanes = hn::MaxLanes(decltype(d)());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* const x = args.x + row * args.count;
    float extreme = 0.0f;
    ReduceArgs reduction = {.x = x, .y = &extreme, .count = args.count};
    reduction.negated = args.minimum;
    reduce_rows<Maximum>(reduction, {0, 1});
    // Where there is a NaN, it is the extreme value; then nothing is equal to it.
    const auto is_extreme = [&](float v) { return v == extreme || v != v; };
    std::int64_t i = 0;
    if (args.last) {
      i = args.count - 1;
      while (!is_extreme(x[i])) --i;
    } else {
      const V wanted = hn::Set(d, extreme);
      const auto none = [&](V v) HWY_ATTR { return hn::AllFalse(d, hn::Or(hn::Eq(v, wanted), hn::IsNaN(v))); };
      while (i + kLanes <= args.count && none(hn::LoadU(d, x + i))) i += kLanes;
      while (!is_extreme(x[i])) ++i;
    }
    args.y[row] = i;
  }
}

void arg_reduce(const ArgReduceArgs& args, base::Range blocks) noexcept {
  if (args.inner == 1) return arg_reduce_rows(args, blocks);
  each_column_vector(args.inner, blocks, [&](auto d, std::int64_t outer, std::int64_t c) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> di;
    const auto sign = args.minimum ? hn::SignBit(d) : hn::Zero(d);
    const float* from = args.x + outer * args.count * args.inner + c;
    auto best = hn::Xor(hn::LoadU(d, from), sign);
    auto index = hn::Zero(di);
    const auto before = [&](auto a, auto b) HWY_ATTR { return hn::Or(hn::Gt(a, b), hn::AndNot(hn::IsNaN(b), hn::IsNaN(a))); };
    for (std::int64_t i = 1; i < args.count; ++i) {
      from += args.inner;
      const auto x = hn::Xor(hn::LoadU(d, from), sign);
      const auto better = args.last ? hn::Not(before(best, x)) : before(x, best);
      best = hn::IfThenElse(better, x, best);
      index = hn::IfThenElse(hn::RebindMask(di, better), hn::Set(di, static_cast<std::int32_t>(i)), index);
    }
    HWY_ALIGN std::int32_t places[hn::MaxLanes(decltype(d)())];
    hn::Store(index, di, places);
    std::copy(std::begin(places), std::end(places), args.y + outer * args.inner + c);
  });
}

ArgReduceFn arg_reduce_of() { return &arg_reduce; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(reduce_of);
ReduceFn reduce_kernel(Reduction reduction) noexcept { return HWY_DYNAMIC_DISPATCH(reduce_of)(reduction); }
HWY_EXPORT(arg_reduce_of);
ArgReduceFn arg_reduce_kernel() noexcept { return HWY_DYNAMIC_DISPATCH(arg_reduce_of)(); }
}  // namespace dnntune::kernels::simd
#endif
