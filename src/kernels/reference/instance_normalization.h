// SPDX-License-Identifier: Apache-2.0
// Instance and group normalisation: each channel, or group of channels, of each image by its own mean and variance.
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
  std::int64_t group_channels = 1;  ///< Neighbours that are normalised together
  bool per_group = false;           ///< Scale and bias are of groups: [channels / group_channels]
};

/// Items are planes: batch * channels / group_channels.
using InstanceNormalizationKernel = Kernel<InstanceNormalizationArgs>;
InstanceNormalizationKernel instance_normalization_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
