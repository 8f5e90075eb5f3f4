// SPDX-License-Identifier: Apache-2.0
// Batch normalisation with given statistics (inference).
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

/// output = (input - mean) / sqrt(variance + epsilon) * scale + bias, per channel. T holds the data,
/// P the four parameter vectors of [channels].
template <typename T, typename P>
struct BatchNormalizationArgs {
  const T* input = nullptr;  ///< [pixels, channels]
  const P* scale = nullptr;
  const P* bias = nullptr;
  const P* mean = nullptr;
  const P* variance = nullptr;
  T* output = nullptr;  ///< [pixels, channels]; may be `input`
  std::int64_t channels = 0;
  double epsilon = 1e-5;
};

/// Items are pixels.
template <typename T, typename P>
void batch_normalization(const BatchNormalizationArgs<T, P>& args, base::Range pixels) noexcept;

}  // namespace dnntune::kernels::reference
