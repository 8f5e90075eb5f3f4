// SPDX-License-Identifier: Apache-2.0
// Reads a Resize layer's attributes and operands, for the reference and the SIMD kernels.
#pragma once

#include <vector>

#include "backends/backend.h"
#include "kernels/reference/resize_taps.h"

namespace dnntune::backends::cpu::reference {

/// Throws unsupported for modes that there is no kernel for.
kernels::reference::ResizeRule read_resize_rule(const LayerSpec& layer);
/// How each dimension is stretched, from scales or sizes. Throws invalid_model.
std::vector<kernels::reference::ResizeSpan> read_resize_spans(const LayerSpec& layer, kernels::reference::CoordinateMode coordinates);

}  // namespace dnntune::backends::cpu::reference
