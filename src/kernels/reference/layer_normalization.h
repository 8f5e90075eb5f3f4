// SPDX-License-Identifier: Apache-2.0
// Layer normalisation: each row by its own mean and variance.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// T holds the data, S the statistics that are stored (ONNX stash_type).
struct LayerNormalizationArgs {
  const void* input = nullptr;  ///< [rows, row_size]
  const void* scale = nullptr;  ///< Read at scale_index
  const void* bias = nullptr;   ///< Read at bias_index; or null
  /// Which element of scale and bias belongs to each of row_size; null for the element itself.
  const std::int64_t* scale_index = nullptr;
  const std::int64_t* bias_index = nullptr;
  void* output = nullptr;             ///< As the input; may be `input`
  void* mean = nullptr;               ///< [rows], or null
  void* inverse_deviation = nullptr;  ///< [rows], or null: 1 / sqrt(variance + epsilon)
  std::int64_t row_size = 0;
  double epsilon = 1e-5;
};

/// Items are rows.
using LayerNormalizationKernel = Kernel<LayerNormalizationArgs>;
LayerNormalizationKernel layer_normalization_kernel(DataType type, DataType statistics) noexcept;

}  // namespace dnntune::kernels::reference
