// SPDX-License-Identifier: Apache-2.0
// What a session asks of its inputs: that they fit the graph, and which of their contents decide shapes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dnntune/graph.h"
#include "dnntune/tensor.h"
#include "graph/ir.h"

namespace dnntune::runtime {

/// Throws invalid_argument naming the input that is missing, unknown, or of a wrong type or shape.
void check_inputs(const Graph& graph, const Tensors& inputs);
/// The same for the shape alone.
void check_input_shape(const Graph& graph, const std::string& name, const Shape& shape);

/// Inputs whose contents decide shapes further on (or are compiled into a layer): the graph inputs from
/// which an operator's plan operand is computed. A session plans anew when their contents change.
/// Throws unsupported naming the layer when such an input is too large to be one: the operand would
/// depend on the data itself.
std::vector<std::string> plan_inputs(const graph::Ir& lowered);

/// Seeded inputs (see dnntune::random_inputs), at the graph's default shapes or those given.
Tensors random_tensors(const Graph& graph, const std::map<std::string, Shape>& shapes, std::uint64_t seed);

}  // namespace dnntune::runtime
