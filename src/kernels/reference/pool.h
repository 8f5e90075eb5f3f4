// SPDX-License-Identifier: Apache-2.0
// Maximum, average and Lp pooling of channels-last images.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"
#include "kernels/reference/window.h"

namespace dnntune::kernels::reference {

struct PoolArgs {
  const void* input = nullptr;  ///< [batch, in_size..., channels]
  void* output = nullptr;       ///< [batch, out_size..., channels]
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  Size3 in_size{1, 1, 1};
  Size3 out_size{1, 1, 1};
  Window window;
};

struct MaxPoolArgs {
  PoolArgs pool;
  /// [batch, channels, out_size...] (ONNX order), or null: where each maximum was, as a flat index into
  /// the input in ONNX order [batch, channels, in_size...]. The first of equal maxima; -1 for a window
  /// that lies in the padding.
  std::int64_t* indices = nullptr;
  bool column_major = false;  ///< Count spatial positions with depth fastest (ONNX storage_order 1).
};

struct AveragePoolArgs {
  PoolArgs pool;
  bool count_include_pad = false;  ///< Padding counts as zeros; beyond the padding never counts.
};

struct LpPoolArgs {
  PoolArgs pool;
  double p = 2.0;
};

/// Items of all three are output pixels: batch * volume(out_size).
using MaxPoolKernel = Kernel<MaxPoolArgs>;
MaxPoolKernel max_pool_kernel(DataType type) noexcept;
using AveragePoolKernel = Kernel<AveragePoolArgs>;
AveragePoolKernel average_pool_kernel(DataType type) noexcept;
using LpPoolKernel = Kernel<LpPoolArgs>;
LpPoolKernel lp_pool_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
