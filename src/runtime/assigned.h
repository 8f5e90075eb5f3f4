// SPDX-License-Identifier: Apache-2.0
// Which layers of a graph an assignment names, and which it leaves out.
#pragma once

#include <string>
#include <vector>

#include "dnntune/assignment.h"
#include "dnntune/graph.h"
#include "graph/ir.h"

namespace dnntune::runtime {

/// Every name must be that of a layer or of an ONNX node, in sub-graphs too: an assignment for other shapes may name layers that
/// are folded or fused at these. Throws invalid_argument with the names that are neither.
void require_known_layers(const Graph& graph, const Assignment& assignment);

/// For a profile of a plan with these layers: those that the assignment leaves to the session's own processor, and names
/// of it that are no layers there. Empty for an empty assignment.
std::vector<std::string> assignment_notes(const Assignment& assignment, const Processor& own, const std::vector<std::string>& layers);
std::vector<std::string> layer_names(const graph::Ir& plan);

}  // namespace dnntune::runtime
