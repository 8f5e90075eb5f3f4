// SPDX-License-Identifier: Apache-2.0
// Instance normalisation: each channel of each image by its own mean and variance.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

struct InstanceNormalizationArgs {
  const void* input = nullptr;  ///< [batch, positions, channels]
  const void* scale = nullptr;  ///< [channels]
  const void* bias = nullptr;   ///< [channels]
  void* output = nullptr;       ///< As the input; may be `input`
  std::int64_t positions = 0;
  std::int64_t channels = 0;
  double epsilon = 1e-5;
};

/// Items are planes: batch * channels.
using InstanceNormalizationKernel = Kernel<InstanceNormalizationArgs>;
InstanceNormalizationKernel instance_normalization_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
