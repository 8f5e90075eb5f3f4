// SPDX-License-Identifier: Apache-2.0
// RoiAlign: regions of images, resampled to one size.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

struct RoiAlignArgs {
  const void* input = nullptr;               ///< [batch, in_height, in_width, channels]
  const void* regions = nullptr;             ///< [regions, 4]: x1, y1, x2, y2
  const std::int64_t* batch_index = nullptr;  ///< [regions], each inside the batch
  void* output = nullptr;                    ///< [regions, out_height, out_width, channels]
  std::int64_t in_height = 0, in_width = 0, channels = 0, out_height = 1, out_width = 1;
  std::int64_t samples = 0;   ///< Along each side of an output pixel; 0: as many as it covers input pixels
  double scale = 1.0;         ///< From region coordinates to pixels
  bool half_pixel = true;     ///< Coordinates are those of pixel corners; else of pixel centres, and regions at least 1 wide
  bool maximum = false;       ///< Of the samples; else their mean
};

/// Items are output pixels: regions * out_height * out_width.
using RoiAlignKernel = Kernel<RoiAlignArgs>;
RoiAlignKernel roi_align_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
