// SPDX-License-Identifier: Apache-2.0
// Pooling over all spatial positions of a channels-last image.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

enum class GlobalPool { average, maximum, lp };

struct GlobalPoolArgs {
  const void* input = nullptr;  ///< [batch, positions, channels]
  void* output = nullptr;       ///< [batch, channels]
  std::int64_t positions = 0;
  std::int64_t channels = 0;
  GlobalPool kind = GlobalPool::average;
  double p = 2.0;  ///< lp only
};

/// Items are outputs: batch * channels.
using GlobalPoolKernel = Kernel<GlobalPoolArgs>;
GlobalPoolKernel global_pool_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
