// SPDX-License-Identifier: Apache-2.0
// Where the time of a run goes, by the kind of its layers.
#pragma once

#include <string_view>
#include <vector>

#include "dnntune/profile.h"

namespace dnntune::cli {

/// "convolution", "depthwise", "dense", "recurrent", "pooling", "normalize", "element-wise", "move", "quantize",
/// "control flow" or "other": by what the layer's first node computes; by its kernel where one operator is several kinds.
std::string_view operator_class(const LayerProfile& layer);

struct ClassTime {
  std::string_view name;  ///< Of the class; "copies" for conversions, "inputs, outputs", "between layers".
  double ns = 0.0;
};
/// The layers' time by class, in the order above and without their conversions; then the conversions, what inputs and
/// outputs take, and what no layer accounts for. Every profile has the same names; what takes no time has 0.
std::vector<ClassTime> time_by_class(const Profile& profile);

}  // namespace dnntune::cli
