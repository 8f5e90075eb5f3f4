// SPDX-License-Identifier: Apache-2.0
// The identity of a model.
#pragma once

#include <string>

#include "graph/ir.h"

namespace dnntune::graph {

/// 32 hexadecimal digits over nodes, attributes, weights, inputs and outputs of a source graph. The same
/// for a graph from a builder and from the file it was saved to: file bytes, names of nodes, the order of
/// attributes and weights, and weights that nothing uses do not count.
std::string hash_graph(const Ir& source);

}  // namespace dnntune::graph
