// SPDX-License-Identifier: Apache-2.0
// Batch normalisation with given statistics (inference).
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// output = (input - mean) / sqrt(variance + epsilon) * scale + bias, per channel. T holds the data,
/// P the four parameter vectors of [channels].
struct BatchNormalizationArgs {
  const void* input = nullptr;  ///< [pixels, channels]
  const void* scale = nullptr;
  const void* bias = nullptr;
  const void* mean = nullptr;
  const void* variance = nullptr;
  void* output = nullptr;  ///< [pixels, channels]; may be `input`
  std::int64_t channels = 0;
  double epsilon = 1e-5;
};

/// Items are pixels.
using BatchNormalizationKernel = Kernel<BatchNormalizationArgs>;
BatchNormalizationKernel batch_normalization_kernel(DataType type, DataType parameters) noexcept;

}  // namespace dnntune::kernels::reference
