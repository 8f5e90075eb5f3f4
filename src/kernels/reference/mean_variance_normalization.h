// SPDX-License-Identifier: Apache-2.0
// Mean-variance normalisation over any set of axes.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/reference/strided.h"

namespace dnntune::kernels::reference {

/// output = (input - mean) / (sqrt(variance) + epsilon), over the positions of `reduced` for each
/// position of `kept`. ONNX fixes epsilon to 1e-9.
template <typename T>
struct MeanVarianceNormalizationArgs {
  const T* input = nullptr;
  T* output = nullptr;  ///< May be `input`
  StridedDims kept;
  StridedDims reduced;
  double epsilon = 1e-9;
};

/// Items are the positions of `kept`.
template <typename T>
void mean_variance_normalization(const MeanVarianceNormalizationArgs<T>& args, base::Range kept) noexcept;

}  // namespace dnntune::kernels::reference
