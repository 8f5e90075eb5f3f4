// SPDX-License-Identifier: Apache-2.0
// GridSample: an image or a volume read at given places.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

enum class GridMode { linear, nearest, cubic };
enum class GridPadding { zeros, border, reflection };

struct GridSampleArgs {
  const void* input = nullptr;  ///< [batch, in_depth, in_height, in_width, channels]
  const void* grid = nullptr;   ///< [batch, out_pixels, dimensions]: x, y and of volumes z, from -1 to 1 over the image
  void* output = nullptr;       ///< [batch, out_pixels, channels]
  std::int64_t in_height = 0, in_width = 0, channels = 0, out_pixels = 0;
  std::int64_t in_depth = 1;
  std::int64_t dimensions = 2;  ///< 2; 3: a volume
  GridMode mode = GridMode::linear;
  GridPadding padding = GridPadding::zeros;
  /// -1 and 1 are the centres of the outer pixels; else their outer edges.
  bool align_corners = false;
};

/// Items are output pixels: batch * out_pixels. A coordinate that is not a number reads as one outside.
using GridSampleKernel = Kernel<GridSampleArgs>;
GridSampleKernel grid_sample_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
