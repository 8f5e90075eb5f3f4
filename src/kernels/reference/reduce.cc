// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/reduce.h"

#include <cmath>
#include <limits>

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

// What sums are kept in.
template <typename V>
using Wide = std::conditional_t<std::is_floating_point_v<V>, double, std::conditional_t<std::is_signed_v<V>, std::int64_t, std::uint64_t>>;

template <typename V>
V result(double value) noexcept {
  if constexpr (std::is_integral_v<V>) {
    return saturate<V>(value);
  } else {
    return static_cast<V>(value);
  }
}

// Each reduction of values of type V: a start, a step and an end.
template <typename V>
struct Sum {
  Wide<V> total{0};
  void step(V v) noexcept { total = wrap_add(total, static_cast<Wide<V>>(v)); }
  V finish(std::int64_t) const noexcept { return static_cast<V>(total); }
};
template <typename V>
struct Mean : Sum<V> {
  V finish(std::int64_t count) const noexcept {
    if (std::is_integral_v<V> && count == 0) return V{0};
    return static_cast<V>(this->total / static_cast<Wide<V>>(count));
  }
};
template <typename V>
struct Prod {
  Wide<V> total{1};
  void step(V v) noexcept { total = wrap_mul(total, static_cast<Wide<V>>(v)); }
  V finish(std::int64_t) const noexcept { return static_cast<V>(total); }
};
template <typename V>
struct SumSquare : Sum<V> {
  void step(V v) noexcept { this->total = wrap_add(this->total, wrap_mul(static_cast<Wide<V>>(v), static_cast<Wide<V>>(v))); }
};
template <typename V>
struct L1 : Sum<V> {
  void step(V v) noexcept {
    const auto w = static_cast<Wide<V>>(v);
    this->total = w < Wide<V>{0} ? wrap_sub(this->total, w) : wrap_add(this->total, w);
  }
};
template <typename V>
struct L2 {
  double total = 0.0;
  void step(V v) noexcept { total += static_cast<double>(v) * static_cast<double>(v); }
  V finish(std::int64_t) const noexcept { return result<V>(std::sqrt(total)); }
};
template <typename V>
struct LogSum {
  double total = 0.0;
  void step(V v) noexcept { total += static_cast<double>(v); }
  V finish(std::int64_t) const noexcept { return result<V>(std::log(total)); }
};
// NaN wins, as in numpy.
template <typename V>
struct Max {
  V best = std::numeric_limits<V>::has_infinity ? -std::numeric_limits<V>::infinity() : std::numeric_limits<V>::lowest();
  void step(V v) noexcept { best = v > best || is_nan(v) ? v : best; }
  V finish(std::int64_t) const noexcept { return best; }
};
template <typename V>
struct Min {
  V best = std::numeric_limits<V>::has_infinity ? std::numeric_limits<V>::infinity() : std::numeric_limits<V>::max();
  void step(V v) noexcept { best = v < best || is_nan(v) ? v : best; }
  V finish(std::int64_t) const noexcept { return best; }
};
// log(sum(exp(x))) = m + log(sum(exp(x - m))) for any m: rescaled whenever a new maximum m comes.
template <typename V>
struct LogSumExp {
  double highest = -std::numeric_limits<double>::infinity();
  double total = 0.0;  // of exp(v - highest)
  void step(V v) noexcept {
    const auto x = static_cast<double>(v);
    if (x == highest) {
      total += 1.0;
    } else if (x < highest) {
      total += std::exp(x - highest);
    } else {
      total = total * std::exp(highest - x) + 1.0;
      highest = x;
    }
  }
  V finish(std::int64_t) const noexcept { return result<V>(highest + std::log(total)); }
};

template <typename T, template <typename> class R>
void reduce(const ReduceArgs& args, Range range) noexcept {
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  const std::int64_t step_kept = args.kept->inner_stride(0);
  const std::int64_t step_reduced = args.reduced->inner_stride(0);
  const Range all{0, args.reduced->count};
  for_runs(*args.kept, range, [&](std::int64_t first, const std::array<std::int64_t, 1>& at, std::int64_t length) {
    for (std::int64_t i = 0; i < length; ++i) {
      const T* base = x + at[0] + i * step_kept;
      R<Compute<T>> reduction;
      for_runs(*args.reduced, all, [&](std::int64_t, const std::array<std::int64_t, 1>& from, std::int64_t count) {
        R<Compute<T>> local = reduction;  // in registers
        for (std::int64_t j = 0; j < count; ++j) local.step(value_of(base[from[0] + j * step_reduced]));
        reduction = local;
      });
      y[first + i] = element<T>(reduction.finish(all.end));
    }
  });
}

template <template <typename> class R>
ReduceKernel over_numbers(DataType type) noexcept {
  return pick<ReduceKernel>(Numbers{}, type, [](auto tag) -> ReduceKernel { return reduce<typename decltype(tag)::type, R>; });
}

}  // namespace

ReduceKernel reduce_kernel(Reduction op, DataType type) noexcept {
  switch (op) {
    case Reduction::mean: return over_numbers<Mean>(type);
    case Reduction::sum: return over_numbers<Sum>(type);
    case Reduction::max: return over_numbers<Max>(type);
    case Reduction::min: return over_numbers<Min>(type);
    case Reduction::prod: return over_numbers<Prod>(type);
    case Reduction::l1: return over_numbers<L1>(type);
    case Reduction::l2: return over_numbers<L2>(type);
    case Reduction::log_sum: return over_numbers<LogSum>(type);
    case Reduction::log_sum_exp: return over_numbers<LogSumExp>(type);
    case Reduction::sum_square: return over_numbers<SumSquare>(type);
  }
  return nullptr;
}

}  // namespace dnntune::kernels::reference
