// SPDX-License-Identifier: Apache-2.0
// Which layer of a graph each layer of a plan is part of.
#pragma once

#include <vector>

#include "dnntune/graph.h"
#include "graph/ir.h"

namespace dnntune::graph {

/// By layer of `plan`, an index into Graph::layers. A plan for other shapes, or with bound
/// contents, may have folded more, or less: a Slice that cuts nothing at the default shapes is no layer there.
/// Such a layer goes to the layer that follows it in the source. Throws unsupported when the graph has no layers.
std::vector<int> layers_of_graph(const Graph& graph, const Ir& plan);

}  // namespace dnntune::graph
