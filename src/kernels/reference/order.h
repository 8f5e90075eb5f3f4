// SPDX-License-Identifier: Apache-2.0
// Operators along one dimension: ArgMax, ArgMin, CumSum, TopK. Arrays are dense [outer, dim, inner]; a
// lane is one (outer, inner) pair, and `Range` is over lanes.
#pragma once

#include <compare>
#include <cstdint>

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// y [outer, inner]: where the extreme value stands; the first (or last) of equal ones. NaN counts as
/// the extreme value, as in numpy. dim is at least 1.
struct ArgReduceArgs {
  const void* x = nullptr;
  std::int64_t* y = nullptr;
  std::int64_t dim = 1, inner = 1;
  bool last = false;
};
using ArgReduceKernel = Kernel<ArgReduceArgs>;
/// Null for boolean.
ArgReduceKernel arg_max_kernel(DataType type) noexcept;
ArgReduceKernel arg_min_kernel(DataType type) noexcept;

/// Running sums; floating types sum in double, integers wrap. y may be x.
struct CumSumArgs {
  const void* x = nullptr;
  void* y = nullptr;
  std::int64_t dim = 1, inner = 1;
  bool exclusive = false;  ///< The element itself is left out.
  bool reverse = false;    ///< From the end.
};
using CumSumKernel = Kernel<CumSumArgs>;
/// Null for boolean.
CumSumKernel cum_sum_kernel(DataType type) noexcept;

/// An element of a lane and where it stands; the lesser key is better.
struct Ranked {
  std::uint64_t key;
  std::int64_t index;
  auto operator<=>(const Ranked&) const noexcept = default;
};

/// values and indices [outer, k, inner], from the best on; of equal elements the lower index is better.
/// NaN counts as the largest value. `order`: room for dim elements.
struct TopKArgs {
  const void* x = nullptr;
  void* values = nullptr;           ///< Null: not wanted.
  std::int64_t* indices = nullptr;  ///< Null: not wanted.
  std::int64_t dim = 1, inner = 1, k = 1;
  bool largest = true;
  Ranked* order = nullptr;
};
using TopKKernel = Kernel<TopKArgs>;
/// Null for boolean.
TopKKernel top_k_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
