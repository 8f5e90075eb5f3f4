// SPDX-License-Identifier: Apache-2.0
// Gather, GatherElements, GatherND. Indices are int32 or int64; a negative one counts from the end. The
// caller has checked them with `find_bad_index` or `find_bad_tuple`.
#pragma once

#include <cstddef>

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

/// Position of the first index outside [-limit, limit); -1 when there is none.
std::int64_t find_bad_index(const void* indices, DataType type, std::int64_t count, std::int64_t limit) noexcept;
/// The same for tuples of `length` indices, entry k against limits[k]; the position is that of the index.
std::int64_t find_bad_tuple(const void* indices, DataType type, std::int64_t tuples, int length,
                            const std::int64_t* limits) noexcept;
/// Index i as a number; `type` is any integer or floating type (truncated).
std::int64_t index_at(const void* indices, DataType type, std::int64_t i) noexcept;

/// x [outer, axis, slice], y [outer, indices, slice]. `Range` is over outer x indices.
struct GatherArgs {
  const void* x = nullptr;
  const void* indices = nullptr;
  void* y = nullptr;
  std::int64_t index_count = 0;
  std::int64_t axis_dim = 0;
  std::size_t slice_bytes = 0;
};
using GatherKernel = Kernel<GatherArgs>;
/// Null unless `index_type` is int32 or int64.
GatherKernel gather_kernel(DataType index_type) noexcept;

/// The walk is over the elements of indices and y, both dense; its operand is x with stride 0 along the
/// axis. `Range` is over elements.
struct GatherElementsArgs {
  const void* x = nullptr;
  const void* indices = nullptr;
  void* y = nullptr;
  std::int64_t axis_dim = 0;
  std::int64_t axis_stride = 0;  ///< Of x.
  const Walk<1>* walk = nullptr;
};
using GatherElementsKernel = Kernel<GatherElementsArgs>;
GatherElementsKernel gather_elements_kernel(DataType index_type, std::size_t bytes) noexcept;

/// Each tuple of indices selects a slice of x; tuples [batches, tuples_per_batch] select from their own
/// batch of x. `Range` is over tuples.
struct GatherNdArgs {
  const void* x = nullptr;
  const void* indices = nullptr;
  void* y = nullptr;
  std::int64_t tuples_per_batch = 1;
  std::size_t batch_bytes = 0;            ///< Of one batch of x.
  int tuple_length = 0;
  const std::int64_t* dims = nullptr;     ///< Of x, those that the tuple indexes.
  const std::size_t* strides = nullptr;   ///< The same dimensions, in bytes.
  std::size_t slice_bytes = 0;
};
using GatherNdKernel = Kernel<GatherNdArgs>;
GatherNdKernel gather_nd_kernel(DataType index_type) noexcept;

}  // namespace dnntune::kernels::reference
