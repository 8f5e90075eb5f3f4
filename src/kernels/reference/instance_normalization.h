// SPDX-License-Identifier: Apache-2.0
// Instance normalisation: each channel of each image by its own mean and variance.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

template <typename T>
struct InstanceNormalizationArgs {
  const T* input = nullptr;  ///< [batch, positions, channels]
  const T* scale = nullptr;  ///< [channels]
  const T* bias = nullptr;   ///< [channels]
  T* output = nullptr;       ///< As the input; may be `input`
  std::int64_t positions = 0;
  std::int64_t channels = 0;
  double epsilon = 1e-5;
};

/// Items are planes: batch * channels.
template <typename T>
void instance_normalization(const InstanceNormalizationArgs<T>& args, base::Range planes) noexcept;

}  // namespace dnntune::kernels::reference
