// SPDX-License-Identifier: Apache-2.0
// Sub-networks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/graph_impl.h"

namespace dnntune::graph {

/// The part of `whole` that computes `outputs` from `inputs`: original nodes in original order with
/// their weights. What does not follow from `inputs` but is constant at the default shapes (the size of
/// a value before the cut, say) becomes a weight. Throws invalid_argument naming the value at fault.
std::shared_ptr<const GraphImpl> extract(const GraphImpl& whole, const std::vector<std::string>& inputs,
                                         const std::vector<std::string>& outputs);

}  // namespace dnntune::graph
