// SPDX-License-Identifier: Apache-2.0
// Matrix product with numpy broadcasting of the batch dimensions.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/reference/elements.h"
#include "kernels/reference/strided.h"

namespace dnntune::kernels::reference {

/// output[batch] = activation(a[batch] * b[batch] + bias), with a [m, k] and b [k, n] in each batch.
struct MatmulArgs {
  const void* a = nullptr;
  const void* b = nullptr;
  const void* bias = nullptr;  ///< [n], or null
  void* output = nullptr;      ///< [batches, m, n]
  std::int64_t m = 0, n = 0, k = 0;
  StridedDims a_batches, b_batches;  ///< The same dims; strides 0 where repeated
  Activation activation;  ///< Float types only
};

/// Items are output rows: batches * m.
using MatmulKernel = Kernel<MatmulArgs>;
MatmulKernel matmul_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
