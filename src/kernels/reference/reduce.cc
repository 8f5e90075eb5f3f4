// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/reduce.h"

#include <cmath>
#include <limits>

#include "kernels/reference/numbers.h"

namespace dnntune::kernels::reference {
namespace {

template <typename V>
struct State {
  V total;
  double highest = -std::numeric_limits<double>::infinity();  ///< log_sum_exp: of the values so far
};

/// A reduction of values: what it starts with, how a block of values goes in, what comes out.
template <typename V>
struct Steps {
  V (*start)(DataType type) noexcept;
  void (*step)(State<V>& state, const V* values, std::int64_t count) noexcept;
  V (*finish)(const State<V>& state, std::int64_t count) noexcept;
};

template <typename V>
V zero(DataType) noexcept { return V{0}; }
template <typename V>
V one(DataType) noexcept { return V{1}; }

template <typename V, typename F>
void fold(State<V>& state, const V* values, std::int64_t count) noexcept {
  V total = state.total;  // in a register
  for (std::int64_t i = 0; i < count; ++i) total = F{}(total, values[i]);
  state.total = total;
}
// f(total, value), a lambda without captures.
template <typename V, typename F>
Steps<V> folding(V (*start)(DataType) noexcept, F, V (*finish)(const State<V>&, std::int64_t) noexcept) noexcept {
  return {start, fold<V, F>, finish};
}

// log(sum(exp(x))) = m + log(sum(exp(x - m))) for any m: rescaled whenever a new maximum m comes.
void step_log_sum_exp(State<double>& state, const double* values, std::int64_t count) noexcept {
  for (std::int64_t i = 0; i < count; ++i) {
    const double x = values[i];
    if (x == state.highest) {
      state.total += 1.0;
    } else if (x < state.highest) {
      state.total += std::exp(x - state.highest);
    } else {
      state.total = state.total * std::exp(state.highest - x) + 1.0;
      state.highest = x;
    }
  }
}

template <typename V>
V total_of(const State<V>& state, std::int64_t) noexcept { return state.total; }
template <typename V>
V mean_of(const State<V>& state, std::int64_t count) noexcept {
  if (std::is_integral_v<V> && count == 0) return V{0};
  return state.total / static_cast<V>(count);
}

template <typename V>
void reduce(const ReduceArgs& args, DataType type, Range range, const Steps<V>& steps) noexcept {
  const std::int64_t step_kept = args.kept->inner_stride(0);
  const std::int64_t step_reduced = args.reduced->inner_stride(0);
  const Range all{0, args.reduced->count};
  for_runs(*args.kept, range, [&](std::int64_t first, const std::array<std::int64_t, 1>& at, std::int64_t length) {
    for (std::int64_t i = 0; i < length; ++i) {
      State<V> state{steps.start(type)};
      for_runs(*args.reduced, all, [&](std::int64_t, const std::array<std::int64_t, 1>& from, std::int64_t run) {
        for_blocks(run, [&](std::int64_t j, std::int64_t count) {
          V values[kBlock];
          read(type, args.x, at[0] + i * step_kept + from[0] + j * step_reduced, step_reduced, count, values);
          steps.step(state, values, count);
        });
      });
      write_one(type, steps.finish(state, all.end), args.y, first + i);
    }
  });
}

// The reductions that are computed in the arithmetic of the elements.
template <typename V, Reduction op>
Steps<V> steps() noexcept {
  const auto add = [](V total, V v) { return wrap_add(total, v); };
  if constexpr (op == Reduction::mean) return folding<V>(zero<V>, add, mean_of<V>);
  if constexpr (op == Reduction::sum) return folding<V>(zero<V>, add, total_of<V>);
  if constexpr (op == Reduction::max) return folding<V>(lowest<V>, [](V total, V v) { return larger(total, v); }, total_of<V>);
  if constexpr (op == Reduction::min) return folding<V>(highest<V>, [](V total, V v) { return smaller(total, v); }, total_of<V>);
  if constexpr (op == Reduction::prod) return folding<V>(one<V>, [](V total, V v) { return wrap_mul(total, v); }, total_of<V>);
  if constexpr (op == Reduction::l1)
    return folding<V>(zero<V>, [](V total, V v) { return v < V{0} ? wrap_sub(total, v) : wrap_add(total, v); }, total_of<V>);
  if constexpr (op == Reduction::sum_square)
    return folding<V>(zero<V>, [](V total, V v) { return wrap_add(total, wrap_mul(v, v)); }, total_of<V>);
}
// Those that are computed in double whatever the elements are.
template <Reduction op>
Steps<double> real_steps() noexcept {
  if constexpr (op == Reduction::l2)
    return folding<double>(zero<double>, [](double total, double v) { return total + v * v; },
                           [](const State<double>& state, std::int64_t) noexcept { return std::sqrt(state.total); });
  if constexpr (op == Reduction::log_sum)
    return folding<double>(zero<double>, [](double total, double v) { return total + v; },
                           [](const State<double>& state, std::int64_t) noexcept { return std::log(state.total); });
  if constexpr (op == Reduction::log_sum_exp)
    return {zero<double>, step_log_sum_exp,
            [](const State<double>& state, std::int64_t) noexcept { return state.highest + std::log(state.total); }};
}

template <Reduction op>
ReduceKernel over_numbers(DataType type) noexcept {
  return pick_number<ReduceKernel>(type, [type](auto tag) -> ReduceKernel {
    using V = typename decltype(tag)::type;
    return {[](const ReduceArgs& args, ElementTypes types, Range range) noexcept { reduce<V>(args, types.type, range, steps<V, op>()); }, {type}};
  });
}
template <Reduction op>
ReduceKernel in_double(DataType type) noexcept {
  if (!is_number(type)) return nullptr;
  return {[](const ReduceArgs& args, ElementTypes types, Range range) noexcept { reduce(args, types.type, range, real_steps<op>()); }, {type}};
}

}  // namespace

ReduceKernel reduce_kernel(Reduction op, DataType type) noexcept {
  switch (op) {
    case Reduction::mean: return over_numbers<Reduction::mean>(type);
    case Reduction::sum: return over_numbers<Reduction::sum>(type);
    case Reduction::max: return over_numbers<Reduction::max>(type);
    case Reduction::min: return over_numbers<Reduction::min>(type);
    case Reduction::prod: return over_numbers<Reduction::prod>(type);
    case Reduction::l1: return over_numbers<Reduction::l1>(type);
    case Reduction::l2: return in_double<Reduction::l2>(type);
    case Reduction::log_sum: return in_double<Reduction::log_sum>(type);
    case Reduction::log_sum_exp: return in_double<Reduction::log_sum_exp>(type);
    case Reduction::sum_square: return over_numbers<Reduction::sum_square>(type);
  }
  return nullptr;
}

}  // namespace dnntune::kernels::reference
