// SPDX-License-Identifier: Apache-2.0
// ScatterElements and ScatterND: y already holds the data, the updates go in. Indices are int32 or
// int64, checked by the caller; a negative one counts from the end. Of updates to one place the later
// comes last, whatever the number of threads.
#pragma once

#include <cstddef>

#include "dnntune/tensor.h"
#include "kernels/reference/elements.h"
#include "kernels/reference/walk.h"

namespace dnntune::kernels::reference {

enum class ScatterReduction { none, add, mul, max, min };

/// The walk is over the lanes of indices: its dimensions but the axis. Operand 0 is indices and updates
/// (dense, the same shape), operand 1 is y. `Range` is over lanes.
struct ScatterElementsArgs {
  const void* indices = nullptr;
  const void* updates = nullptr;
  void* y = nullptr;
  std::int64_t count = 0;          ///< Indices along the axis.
  std::int64_t index_stride = 0;   ///< Along the axis, of indices and updates.
  std::int64_t axis_dim = 0;
  std::int64_t axis_stride = 0;    ///< Of y.
  const Walk<2>* walk = nullptr;
};
using ScatterElementsKernel = Kernel<ScatterElementsArgs>;
/// Null when the index type is another, or the reduction does not exist for elements of `type`.
ScatterElementsKernel scatter_elements_kernel(DataType index_type, DataType type, ScatterReduction reduction) noexcept;

/// Each tuple of indices selects a slice of y, which takes the slice of updates at the same place.
/// `Range` is over the elements of a slice.
struct ScatterNdArgs {
  const void* indices = nullptr;
  const void* updates = nullptr;
  void* y = nullptr;
  std::int64_t tuples = 0;
  int tuple_length = 0;
  const std::int64_t* dims = nullptr;     ///< Of y, those that the tuple indexes.
  const std::int64_t* strides = nullptr;  ///< The same dimensions, in elements.
  std::int64_t slice = 1;                 ///< Elements of a slice.
};
using ScatterNdKernel = Kernel<ScatterNdArgs>;
ScatterNdKernel scatter_nd_kernel(DataType index_type, DataType type, ScatterReduction reduction) noexcept;

}  // namespace dnntune::kernels::reference
