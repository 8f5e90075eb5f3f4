// SPDX-License-Identifier: Apache-2.0
// Walking an index space in row-major order while N operands move at strides of their own: what
// broadcasting, transposing, slicing and reducing have in common.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/checked.h"
#include "base/thread_pool.h"
#include "dnntune/tensor.h"

namespace dnntune::kernels::reference {

using base::Range;
using Strides = std::vector<std::int64_t>;

inline constexpr int kMaxRank = 16;

/// Dimensions outermost first, strides in elements (0: broadcast, negative: backwards). The rank is at
/// least 1; a scalar has one dimension of 1.
template <int N>
struct Walk {
  int rank = 1;
  std::int64_t count = 1;
  std::array<std::int64_t, kMaxRank> dims{1};
  std::array<std::array<std::int64_t, kMaxRank>, N> strides{};

  std::int64_t inner_stride(int operand) const noexcept {
    return strides[static_cast<std::size_t>(operand)][static_cast<std::size_t>(rank - 1)];
  }
};

/// Calls body(first, offsets, length) for each run along the innermost dimension inside `range`:
/// element `first` of the walk lies at offsets[k] of operand k, and `length` elements follow one another
/// at inner_stride(k).
template <int N, typename Body>
void for_runs(const Walk<N>& walk, Range range, Body body) noexcept {
  if (range.begin >= range.end) return;
  std::array<std::int64_t, kMaxRank> index{};
  std::array<std::int64_t, N> offsets{};
  const auto move = [&](std::size_t d, std::int64_t steps) {
    index[d] += steps;
    for (std::size_t k = 0; k < N; ++k) offsets[k] += steps * walk.strides[k][d];
  };
  std::int64_t rest = range.begin;
  for (auto d = static_cast<std::size_t>(walk.rank); d-- > 0;) {
    move(d, rest % walk.dims[d]);
    rest /= walk.dims[d];
  }
  const auto last = static_cast<std::size_t>(walk.rank - 1);
  for (std::int64_t first = range.begin; first < range.end;) {
    const std::int64_t length = std::min(walk.dims[last] - index[last], range.end - first);
    body(first, offsets, length);
    first += length;
    move(last, length);
    for (std::size_t d = last; d > 0 && index[d] == walk.dims[d]; --d) {
      move(d, -walk.dims[d]);
      move(d - 1, 1);
    }
  }
}

namespace detail {
/// Drops dimensions of 1 and merges neighbours that every operand passes as one.
void merge_dimensions(Shape& dims, std::vector<Strides>& strides);
[[noreturn]] void throw_rank(std::size_t rank, std::string_view what);
}  // namespace detail

/// Throws, naming `what`, unsupported when more than kMaxRank dimensions remain after merging and
/// limit_exceeded when the elements cannot be counted.
template <int N>
Walk<N> make_walk(Shape dims, const std::array<Strides, N>& strides, std::string_view what) {
  Walk<N> walk;
  walk.count = base::element_count(dims, what);
  if (walk.count == 0) {
    walk.dims[0] = 0;
    return walk;
  }
  std::vector<Strides> merged(strides.begin(), strides.end());
  detail::merge_dimensions(dims, merged);
  if (dims.size() > kMaxRank) detail::throw_rank(dims.size(), what);
  walk.rank = static_cast<int>(dims.size());
  for (std::size_t d = 0; d < dims.size(); ++d) {
    walk.dims[d] = dims[d];
    for (std::size_t k = 0; k < N; ++k) walk.strides[k][d] = merged[k][d];
  }
  return walk;
}

}  // namespace dnntune::kernels::reference
