// SPDX-License-Identifier: Apache-2.0
// A convolution in groups of few channels.
#pragma once

#include <memory>
#include <string_view>

#include "backends/cpu/simd/conv_window.h"

namespace dnntune::backends::cpu::simd {

inline constexpr std::string_view kGroupedConvolution = "simd.conv_grouped";

/// Whether the kernel for such groups can compute it; only Winograd's method may then be faster.
bool fits_grouped(const ImageWindow& image, std::int64_t groups, const kernels::Activation& activation);
/// A Conv, checked by prepare_conv, that fits.
std::unique_ptr<PreparedLayer> prepare_grouped(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups);

}  // namespace dnntune::backends::cpu::simd
