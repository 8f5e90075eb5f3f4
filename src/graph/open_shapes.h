// SPDX-License-Identifier: Apache-2.0
// Shapes of a graph whose open input dimensions stay open.
#pragma once

#include <vector>

#include "graph/lower.h"

namespace dnntune::graph {

/// What holds for every size of the open dimensions, by ValueId of `source`: -1 where a dimension depends
/// on one, or may. `lowered` is the same source at some sizes; of its folded values those are used that do
/// not depend on sizes.
std::vector<InferredType> infer_open_shapes(const Ir& source, const Lowered& lowered);

}  // namespace dnntune::graph
