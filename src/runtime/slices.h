// SPDX-License-Identifier: Apache-2.0
// Tensors cut along an axis and put together along a new one.
#pragma once

#include <cstdint>
#include <span>

#include "dnntune/tensor.h"

namespace dnntune::runtime {

/// Element `i` along `axis` (counted from the front), without that axis. Shares memory with `x` for axis 0.
Tensor slice_of(const Tensor& x, std::size_t axis, std::int64_t i);

/// `slices`, which are alike in type and shape and at least one, along a new axis `axis`, in order or from the
/// last to the first. Zeros follow up to `length` slices.
Tensor stack(std::span<const Tensor> slices, std::size_t axis, bool reversed, std::int64_t length);

}  // namespace dnntune::runtime
