// SPDX-License-Identifier: Apache-2.0
// Mean-variance normalisation over any set of axes.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"
#include "kernels/reference/strided.h"

namespace dnntune::kernels::reference {

/// output = (input - mean) / (sqrt(variance) + epsilon), over the positions of `reduced` for each
/// position of `kept`. ONNX fixes epsilon to 1e-9.
struct MeanVarianceNormalizationArgs {
  const void* input = nullptr;
  void* output = nullptr;  ///< May be `input`
  StridedDims kept;
  StridedDims reduced;
  double epsilon = 1e-9;
};

/// Items are the positions of `kept`.
using MeanVarianceNormalizationKernel = Kernel<MeanVarianceNormalizationArgs>;
MeanVarianceNormalizationKernel mean_variance_normalization_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
