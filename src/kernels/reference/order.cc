// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/order.h"

#include <algorithm>
#include <numeric>

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

using base::Range;

// Whether a stands before b; NaN is larger than any number.
struct Larger {
  template <typename V>
  static bool before(V a, V b) noexcept { return a > b || (is_nan(a) && !is_nan(b)); }
};
struct Smaller {
  template <typename V>
  static bool before(V a, V b) noexcept { return a < b || (!is_nan(a) && is_nan(b)); }
};
// numpy's argmin takes a NaN too.
struct SmallerOrNan {
  template <typename V>
  static bool before(V a, V b) noexcept { return a < b || (is_nan(a) && !is_nan(b)); }
};

std::int64_t lane_start(std::int64_t lane, std::int64_t dim, std::int64_t inner) noexcept {
  return lane / inner * dim * inner + lane % inner;
}

template <typename T, typename Order>
void arg_reduce(const ArgReduceArgs& args, Range range) noexcept {
  for (std::int64_t lane = range.begin; lane < range.end; ++lane) {
    const T* x = static_cast<const T*>(args.x) + lane_start(lane, args.dim, args.inner);
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < args.dim; ++i) {
      const auto value = value_of(x[i * args.inner]);
      const auto champion = value_of(x[best * args.inner]);
      if (Order::before(value, champion) || (args.last && !Order::before(champion, value))) best = i;
    }
    args.y[lane] = best;
  }
}

template <typename T>
void cum_sum(const CumSumArgs& args, Range range) noexcept {
  for (std::int64_t lane = range.begin; lane < range.end; ++lane) {
    const std::int64_t start = lane_start(lane, args.dim, args.inner);
    const T* x = static_cast<const T*>(args.x) + start;
    T* y = static_cast<T*>(args.y) + start;
    Accumulator<T> sum{0};
    for (std::int64_t i = 0; i < args.dim; ++i) {
      const std::int64_t at = (args.reverse ? args.dim - 1 - i : i) * args.inner;
      const Accumulator<T> before = sum;
      sum += load(x[at]);
      y[at] = store<T>(args.exclusive ? before : sum);
    }
  }
}

template <typename T, typename Order>
void sort_lane(const TopKArgs& args, const T* x) noexcept {
  std::iota(args.order, args.order + args.dim, std::int64_t{0});
  std::partial_sort(args.order, args.order + args.k, args.order + args.dim, [&](std::int64_t a, std::int64_t b) {
    const auto value_a = value_of(x[a * args.inner]);
    const auto value_b = value_of(x[b * args.inner]);
    if (Order::before(value_a, value_b)) return true;
    return !Order::before(value_b, value_a) && a < b;
  });
}

template <typename T>
void top_k(const TopKArgs& args, Range range) noexcept {
  for (std::int64_t lane = range.begin; lane < range.end; ++lane) {
    const T* x = static_cast<const T*>(args.x) + lane_start(lane, args.dim, args.inner);
    if (args.largest) sort_lane<T, Larger>(args, x);
    else sort_lane<T, Smaller>(args, x);
    const std::int64_t start = lane_start(lane, args.k, args.inner);
    for (std::int64_t i = 0; i < args.k; ++i) {
      const std::int64_t at = start + i * args.inner;
      if (args.values != nullptr) static_cast<T*>(args.values)[at] = x[args.order[i] * args.inner];
      if (args.indices != nullptr) args.indices[at] = args.order[i];
    }
  }
}

}  // namespace

ArgReduceKernel arg_max_kernel(DataType type) noexcept {
  return pick<ArgReduceKernel>(Numbers{}, type, [](auto tag) -> ArgReduceKernel { return arg_reduce<typename decltype(tag)::type, Larger>; });
}

ArgReduceKernel arg_min_kernel(DataType type) noexcept {
  return pick<ArgReduceKernel>(Numbers{}, type,
                               [](auto tag) -> ArgReduceKernel { return arg_reduce<typename decltype(tag)::type, SmallerOrNan>; });
}

CumSumKernel cum_sum_kernel(DataType type) noexcept {
  return pick<CumSumKernel>(Numbers{}, type, [](auto tag) -> CumSumKernel { return cum_sum<typename decltype(tag)::type>; });
}

TopKKernel top_k_kernel(DataType type) noexcept {
  return pick<TopKKernel>(Numbers{}, type, [](auto tag) -> TopKKernel { return top_k<typename decltype(tag)::type>; });
}

}  // namespace dnntune::kernels::reference
