// SPDX-License-Identifier: Apache-2.0
// Walking an index space in row-major order while N operands move at strides of their own: what
// broadcasting, transposing, slicing and reducing have in common.
#pragma once

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

namespace detail {
/// `body` is what for_runs was given. For N from 1 to 3.
template <int N>
using RunFn = void (*)(const void* body, std::int64_t first, const std::array<std::int64_t, N>& offsets, std::int64_t length) noexcept;
template <int N>
void walk_runs(const Walk<N>& walk, Range range, RunFn<N> run, const void* body) noexcept;
}  // namespace detail

/// Calls body(first, offsets, length) for each run along the innermost dimension inside `range`:
/// element `first` of the walk lies at offsets[k] of operand k, and `length` elements follow one another
/// at inner_stride(k). The walk itself is compiled once, not into each of a thousand kernels.
template <int N, typename Body>
void for_runs(const Walk<N>& walk, Range range, const Body& body) noexcept {
  const auto run = [](const void* given, std::int64_t first, const std::array<std::int64_t, N>& offsets, std::int64_t length) noexcept {
    (*static_cast<const Body*>(given))(first, offsets, length);
  };
  detail::walk_runs<N>(walk, range, run, &body);
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
