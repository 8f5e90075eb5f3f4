// SPDX-License-Identifier: Apache-2.0
// Several kernels compute layers of one kind, each with a speed of its own: a convolution of 3 x 3 as a product or by Winograd's
// method. Measured layers say which kernel they had; for others the most alike of them says which they would have.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cost/kind_model.h"
#include "dnntune/layer_shape.h"

namespace dnntune::cost {

/// Planned to have nothing to do.
bool is_nothing(const LayerShape& layer) noexcept;

/// Where a model keeps a measured layer: its kind, and the kernel behind an @ where it has one that multiplies.
std::string kind_of_kernel(const LayerShape& layer, const std::string& kernel);

/// The kernel that such a place has; "": none.
std::string_view kernel_of_kind(std::string_view kind) noexcept;

/// Where a model would keep a layer that was not measured. Where kernels meet they are equally fast, or another would have been
/// chosen: a wrong guess there costs little.
std::string likely_kind(const std::map<std::string, KindModel>& kinds, const LayerShape& layer, const std::vector<double>& features);

}  // namespace dnntune::cost
