// SPDX-License-Identifier: Apache-2.0
// Maximum, average and Lp pooling of channels-last images.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/reference/window.h"

namespace dnntune::kernels::reference {

template <typename T>
struct PoolArgs {
  const T* input = nullptr;  ///< [batch, in_size..., channels]
  T* output = nullptr;       ///< [batch, out_size..., channels]
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  Size3 in_size{1, 1, 1};
  Size3 out_size{1, 1, 1};
  Window window;
};

template <typename T>
struct MaxPoolArgs {
  PoolArgs<T> pool;
  /// [batch, channels, out_size...] (ONNX order), or null: where each maximum was, as a flat index into
  /// the input in ONNX order [batch, channels, in_size...]. The first of equal maxima; -1 for a window
  /// that lies in the padding.
  std::int64_t* indices = nullptr;
  bool column_major = false;  ///< Count spatial positions with depth fastest (ONNX storage_order 1).
};

template <typename T>
struct AveragePoolArgs {
  PoolArgs<T> pool;
  bool count_include_pad = false;  ///< Padding counts as zeros; beyond the padding never counts.
};

template <typename T>
struct LpPoolArgs {
  PoolArgs<T> pool;
  double p = 2.0;
};

/// Items of all three are output pixels: batch * volume(out_size).
template <typename T>
void max_pool(const MaxPoolArgs<T>& args, base::Range pixels) noexcept;
template <typename T>
void average_pool(const AveragePoolArgs<T>& args, base::Range pixels) noexcept;
template <typename T>
void lp_pool(const LpPoolArgs<T>& args, base::Range pixels) noexcept;

}  // namespace dnntune::kernels::reference
