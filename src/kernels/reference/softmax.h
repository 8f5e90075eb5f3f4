// SPDX-License-Identifier: Apache-2.0
// Softmax, log-softmax and hardmax along one axis.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

enum class Softmax { softmax, log_softmax, hardmax };

template <typename T>
struct SoftmaxArgs {
  const T* input = nullptr;  ///< [outer, size, inner]
  T* output = nullptr;       ///< As the input; may be `input`
  std::int64_t size = 0;
  std::int64_t inner = 1;
  Softmax kind = Softmax::softmax;
};

/// Items are the vectors along the axis: outer * inner.
template <typename T>
void softmax(const SoftmaxArgs<T>& args, base::Range vectors) noexcept;

}  // namespace dnntune::kernels::reference
