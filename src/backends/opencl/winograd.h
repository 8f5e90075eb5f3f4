// SPDX-License-Identifier: Apache-2.0
// Winograd's method for 3x3 convolutions of stride 1.
#pragma once

#include <string_view>
#include <vector>

#include "backends/cpu/simd/conv_window.h"
#include "backends/opencl/binders.h"

namespace dnntune::backends::opencl {

/// `tile`: 2 or 4 output pixels along an axis. `weights`: [out channel][channel][3][3]; `bias` may be empty. `kernel`
/// is a string literal.
Prepared make_winograd(OpenClContext& context, const LayerSpec& layer, const cpu::simd::ImageWindow& image, std::int64_t tile,
                       std::string_view kernel, const std::vector<float>& weights, const std::vector<float>& bias);

}  // namespace dnntune::backends::opencl
