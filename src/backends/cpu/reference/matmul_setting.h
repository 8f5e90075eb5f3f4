// SPDX-License-Identifier: Apache-2.0
// What the matrix products of floats and of 8-bit integers read from a layer.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/backend.h"

namespace dnntune::backends::cpu {

/// Where the second factor and the bias are; the first factor is input 0.
struct MatmulOperands {
  std::size_t b = 1, bias = 2;
  bool trans_b = false;  ///< The last two dimensions of b are swapped.
};

/// Sizes, and how each operand's batches lie: strides in elements along batch_dims.
struct MatmulSetting {
  Shape batch_dims;
  std::vector<std::int64_t> a_batches, b_batches;
  std::int64_t m, n, k;
};

/// Throws invalid_model when the shapes do not fit.
MatmulSetting read_matmul_setting(const LayerSpec& layer, const MatmulOperands& at);

}  // namespace dnntune::backends::cpu
