// SPDX-License-Identifier: Apache-2.0
// Reads the window attributes that Conv, ConvTranspose and the pools share.
#pragma once

#include "backends/backend.h"
#include "kernels/reference/window.h"

namespace dnntune::backends::cpu {

/// Spatial dimensions of an activation [N, spatial..., C]; throws unsupported beyond three.
kernels::reference::Size3 spatial_size(const LayerSpec& layer, const Shape& channels_last);
/// `kernel` (1 to 3 sizes) padded in front with 1.
kernels::reference::Size3 kernel_size(const LayerSpec& layer, const Shape& kernel);

/// strides, dilations and pads (or auto_pad) for a window that slides over the input. Throws
/// invalid_model when they are out of range or do not lead from `in` to `out`.
kernels::reference::Window sliding_window(const LayerSpec& layer, const Shape& kernel, const kernels::reference::Size3& in,
                                          const kernels::reference::Size3& out);
/// The same for ConvTranspose, whose window slides over the output; reads output_padding and
/// output_shape too.
kernels::reference::Window transposed_window(const LayerSpec& layer, const Shape& kernel,
                                             const kernels::reference::Size3& in, const kernels::reference::Size3& out);

}  // namespace dnntune::backends::cpu
