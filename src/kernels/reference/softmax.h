// SPDX-License-Identifier: Apache-2.0
// Softmax, log-softmax and hardmax along one axis.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

enum class Softmax { softmax, log_softmax, hardmax };

struct SoftmaxArgs {
  const void* input = nullptr;  ///< [outer, size, inner]
  void* output = nullptr;       ///< As the input; may be `input`
  std::int64_t size = 0;
  std::int64_t inner = 1;
  Softmax kind = Softmax::softmax;
};

/// Items are the vectors along the axis: outer * inner.
using SoftmaxKernel = Kernel<SoftmaxArgs>;
SoftmaxKernel softmax_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
