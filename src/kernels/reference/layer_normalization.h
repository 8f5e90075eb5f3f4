// SPDX-License-Identifier: Apache-2.0
// Layer normalisation: each row by its own mean and variance.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

/// T holds the data, S the statistics that are stored (ONNX stash_type).
template <typename T, typename S>
struct LayerNormalizationArgs {
  const T* input = nullptr;  ///< [rows, row_size]
  const T* scale = nullptr;  ///< Read at scale_index
  const T* bias = nullptr;   ///< Read at bias_index; or null
  /// Which element of scale and bias belongs to each of row_size; null for the element itself.
  const std::int64_t* scale_index = nullptr;
  const std::int64_t* bias_index = nullptr;
  T* output = nullptr;             ///< As the input; may be `input`
  S* mean = nullptr;               ///< [rows], or null
  S* inverse_deviation = nullptr;  ///< [rows], or null: 1 / sqrt(variance + epsilon)
  std::int64_t row_size = 0;
  double epsilon = 1e-5;
};

/// Items are rows.
template <typename T, typename S>
void layer_normalization(const LayerNormalizationArgs<T, S>& args, base::Range rows) noexcept;

}  // namespace dnntune::kernels::reference
