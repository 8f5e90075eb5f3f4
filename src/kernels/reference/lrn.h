// SPDX-License-Identifier: Apache-2.0
// Local response normalisation across neighbouring channels.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// output[c] = input[c] / (bias + alpha / size * sum of input[i]^2)^beta, with i from
/// c - floor((size - 1) / 2) to c + ceil((size - 1) / 2).
struct LrnArgs {
  const void* input = nullptr;  ///< [pixels, channels]
  void* output = nullptr;       ///< [pixels, channels]; not `input`
  std::int64_t channels = 0;
  std::int64_t size = 1;
  double alpha = 1e-4;
  double beta = 0.75;
  double bias = 1.0;
};

/// Items are pixels.
using LrnKernel = Kernel<LrnArgs>;
LrnKernel lrn_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
