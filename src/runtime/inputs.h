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

/// What contents of graph inputs have to do with shapes further on.
struct PlanInputs {
  /// The small inputs from which an operator's plan operand is computed: their contents decide shapes, or are
  /// compiled into a layer. A session plans anew when they change.
  std::vector<std::string> names;
  /// Larger inputs, or layers that run apart, decide shapes too: the network runs in stages.
  bool in_stages = false;
};
PlanInputs plan_inputs(const graph::Ir& lowered);

/// Equal type, shape and elements.
bool same_contents(const Tensor& a, const Tensor& b);

/// Seeded inputs (see dnntune::random_inputs), at the graph's default shapes or those given.
Tensors random_tensors(const Graph& graph, const std::map<std::string, Shape>& shapes, std::uint64_t seed);
Tensors random_tensors(const graph::Ir& lowered, const std::map<std::string, Shape>& shapes, std::uint64_t seed);

}  // namespace dnntune::runtime
