// SPDX-License-Identifier: Apache-2.0
// Turns the windows of Conv, ConvTranspose and the pools (graph/windows.h) into what the reference
// kernels take: always three spatial dimensions.
#pragma once

#include "backends/backend.h"
#include "kernels/reference/window.h"

namespace dnntune::backends::cpu {

/// Spatial dimensions of an activation [N, spatial..., C]; throws unsupported beyond three.
kernels::reference::Size3 spatial_size(const LayerSpec& layer, const Shape& channels_last);

/// The window between input 0 and output 0. Throws invalid_model when the attributes are out of range
/// or do not lead from the one to the other.
kernels::reference::Window sliding_window(const LayerSpec& layer, const Shape& kernel);
/// The same for ConvTranspose.
kernels::reference::Window transposed_window(const LayerSpec& layer, const Shape& kernel);

}  // namespace dnntune::backends::cpu
