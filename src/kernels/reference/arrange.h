// SPDX-License-Identifier: Apache-2.0
// OneHot, Trilu, ReverseSequence: elements placed by where they stand.
#pragma once

#include <cstddef>

#include "dnntune/tensor.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

/// indices [outer, inner], y [outer, depth, inner]; values is {off, on}. A negative index counts from
/// the end; one outside [-depth, depth) gives off everywhere. `Range` is over the elements of indices.
struct OneHotArgs {
  const void* indices = nullptr;
  DataType index_type = DataType::undefined;  ///< Any number; fractions are cut off.
  const void* values = nullptr;
  void* y = nullptr;
  std::int64_t depth = 0, inner = 1;
};
using OneHotKernel = void (*)(const OneHotArgs&, Range) noexcept;
/// For elements of `bytes` (1, 2, 4 or 8); null for others.
OneHotKernel one_hot_kernel(std::size_t bytes) noexcept;

/// x and y [matrices, rows, columns]: keeps what lies on or above (upper) or on or below diagonal k, and
/// writes 0 elsewhere. `Range` is over matrices x rows. y may be x.
struct TriluArgs {
  const void* x = nullptr;
  void* y = nullptr;
  std::int64_t rows = 1, columns = 1, k = 0;
  bool upper = true;
};
using TriluKernel = void (*)(const TriluArgs&, Range) noexcept;
TriluKernel trilu_kernel(std::size_t bytes) noexcept;

/// x and y [d0, d1, slice]: the first lengths[b] steps of sequence b in reverse order, the rest as it
/// is. Time is dimension 0 and the sequence dimension 1, or the reverse. `Range` is over d0 x d1.
struct ReverseSequenceArgs {
  const void* x = nullptr;
  const std::int64_t* lengths = nullptr;  ///< In [0, time dimension].
  void* y = nullptr;
  std::int64_t d1 = 1;
  bool time_first = true;
  std::size_t slice_bytes = 0;
};
void reverse_sequence(const ReverseSequenceArgs& args, Range range) noexcept;

}  // namespace dnntune::kernels::reference
