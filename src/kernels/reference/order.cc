// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/order.h"

#include <algorithm>
#include <bit>

#include "kernels/reference/numbers.h"

namespace dnntune::kernels::reference {
namespace {

using base::Range;

std::int64_t lane_start(std::int64_t lane, std::int64_t dim, std::int64_t inner) noexcept {
  return lane / inner * dim * inner + lane % inner;
}

// Integers in the order of what they stand for. No number has the first or the last key, which NaN gets.
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
std::uint64_t key_of(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);  // -0 equals 0
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}
std::uint64_t key_of(std::int64_t value) noexcept { return static_cast<std::uint64_t>(value) ^ kSign; }
std::uint64_t key_of(std::uint64_t value) noexcept { return value; }

/// Which element of a lane is best: the largest or the smallest, NaN before all numbers or after them.
struct Preference {
  bool largest;
  bool nan_first;
};

template <typename V>
void read_keys(DataType type, const void* x, std::int64_t first, std::int64_t step, std::int64_t count, Preference preference,
               std::uint64_t* keys) noexcept {
  for_blocks(count, [&](std::int64_t i, std::int64_t size) {
    V values[kBlock];
    read(type, x, first + i * step, step, size, values);
    for (std::int64_t k = 0; k < size; ++k) {
      if (is_nan(values[k])) keys[i + k] = preference.nan_first ? 0 : ~std::uint64_t{0};
      else keys[i + k] = preference.largest ? ~key_of(values[k]) : key_of(values[k]);
    }
  });
}

/// The best element has the least key.
void read_keys(DataType type, const void* x, std::int64_t first, std::int64_t step, std::int64_t count, Preference preference,
               std::uint64_t* keys) noexcept {
  switch (arithmetic_of(type)) {
    case Arithmetic::real: return read_keys<double>(type, x, first, step, count, preference, keys);
    case Arithmetic::signed_integer: return read_keys<std::int64_t>(type, x, first, step, count, preference, keys);
    case Arithmetic::unsigned_integer: return read_keys<std::uint64_t>(type, x, first, step, count, preference, keys);
    case Arithmetic::none: return;
  }
}

void arg_reduce(const ArgReduceArgs& args, DataType type, Range range, Preference preference) noexcept {
  for (std::int64_t lane = range.begin; lane < range.end; ++lane) {
    const std::int64_t start = lane_start(lane, args.dim, args.inner);
    std::uint64_t best = 0;
    for_blocks(args.dim, [&](std::int64_t i, std::int64_t count) {
      std::uint64_t keys[kBlock];
      read_keys(type, args.x, start + i * args.inner, args.inner, count, preference, keys);
      for (std::int64_t k = 0; k < count; ++k) {
        if (i + k > 0 && keys[k] > best) continue;
        if (i + k > 0 && keys[k] == best && !args.last) continue;
        best = keys[k];
        args.y[lane] = i + k;
      }
    });
  }
}

// NaN counts as the extreme value for both, as in numpy.
void arg_max(const ArgReduceArgs& args, ElementTypes types, Range range) noexcept { arg_reduce(args, types.type, range, {true, true}); }
void arg_min(const ArgReduceArgs& args, ElementTypes types, Range range) noexcept { arg_reduce(args, types.type, range, {false, true}); }

// V: double or an unsigned integer, which wraps.
template <typename V>
void cum_sum(const CumSumArgs& args, ElementTypes types, Range range) noexcept {
  for (std::int64_t lane = range.begin; lane < range.end; ++lane) {
    const std::int64_t start = lane_start(lane, args.dim, args.inner) + (args.reverse ? (args.dim - 1) * args.inner : 0);
    const std::int64_t step = args.reverse ? -args.inner : args.inner;
    V sum{0};
    for_blocks(args.dim, [&](std::int64_t i, std::int64_t count) {
      V values[kBlock];
      read(types.type, args.x, start + i * step, step, count, values);
      for (std::int64_t k = 0; k < count; ++k) {
        const V before = sum;
        sum += values[k];
        values[k] = args.exclusive ? before : sum;
      }
      write(types.type, values, count, args.y, start + i * step, step);
    });
  }
}

void top_k(const TopKArgs& args, ElementTypes types, Range range) noexcept {
  for (std::int64_t lane = range.begin; lane < range.end; ++lane) {
    const std::int64_t from = lane_start(lane, args.dim, args.inner);
    for_blocks(args.dim, [&](std::int64_t i, std::int64_t count) {
      std::uint64_t keys[kBlock];
      read_keys(types.type, args.x, from + i * args.inner, args.inner, count, {args.largest, args.largest}, keys);
      for (std::int64_t k = 0; k < count; ++k) args.order[i + k] = {keys[k], i + k};
    });
    std::partial_sort(args.order, args.order + args.k, args.order + args.dim);
    const std::int64_t to = lane_start(lane, args.k, args.inner);
    for (std::int64_t i = 0; i < args.k; ++i) {
      const std::int64_t index = args.order[i].index;
      const std::int64_t place = to + i * args.inner;
      if (args.values != nullptr) copy_element(size_of(types.type), args.x, from + index * args.inner, args.values, place);
      if (args.indices != nullptr) args.indices[place] = index;
    }
  }
}


}  // namespace

ArgReduceKernel arg_max_kernel(DataType type) noexcept { return is_number(type) ? ArgReduceKernel(arg_max, {type}) : nullptr; }

ArgReduceKernel arg_min_kernel(DataType type) noexcept { return is_number(type) ? ArgReduceKernel(arg_min, {type}) : nullptr; }

CumSumKernel cum_sum_kernel(DataType type) noexcept {
  if (!is_number(type)) return nullptr;
  return {is_real(type) ? cum_sum<double> : cum_sum<std::uint64_t>, {type}};
}

TopKKernel top_k_kernel(DataType type) noexcept { return is_number(type) ? TopKKernel(top_k, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
