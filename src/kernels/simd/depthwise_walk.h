// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution with 3x3 and 5x5 windows, strides 1 and 2, without dilation: the windows of several output rows
// move along the image one vector of channels after the other, so that each input value is loaded once for a block of
// rows.
#pragma once

#include "kernels/simd/depthwise_tiles.h"

namespace dnntune::kernels::simd {

/// Operands and weights are those of the tiles; any width will do. Null for other sizes than 3 and 5, and other
/// strides than 1 and 2.
const DepthwiseTiles* depthwise_walk(std::int64_t kernel, std::int64_t stride) noexcept;

}  // namespace dnntune::kernels::simd
