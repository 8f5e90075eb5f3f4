// SPDX-License-Identifier: Apache-2.0
// Pooling over all spatial positions of a channels-last image.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

enum class GlobalPool { average, maximum, lp };

template <typename T>
struct GlobalPoolArgs {
  const T* input = nullptr;  ///< [batch, positions, channels]
  T* output = nullptr;       ///< [batch, channels]
  std::int64_t positions = 0;
  std::int64_t channels = 0;
  GlobalPool kind = GlobalPool::average;
  double p = 2.0;  ///< lp only
};

/// Items are outputs: batch * channels.
template <typename T>
void global_pool(const GlobalPoolArgs<T>& args, base::Range outputs) noexcept;

}  // namespace dnntune::kernels::reference
