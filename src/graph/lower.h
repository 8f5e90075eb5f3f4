// SPDX-License-Identifier: Apache-2.0
// Source graph -> layers: shape inference, constant folding, dead-node removal, fusion.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/evaluator.h"
#include "graph/ir.h"

namespace dnntune::graph {

/// What is known about the inputs when lowering.
struct Bindings {
  std::map<std::string, Shape> input_shapes;   ///< By input name; wins over the model's own shape.
  std::map<std::string, Tensor> input_values;  ///< Inputs to treat as constants (shape operands).
};

/// What inference found out about a value of the source.
struct InferredType {
  DataType type = DataType::undefined;
  std::optional<Shape> shape;  ///< Unset while the rank is unknown; -1 for a dimension that is not known.
};

struct Lowered {
  /// Value names are those of the source; layers are `ir.nodes`. Same inputs and outputs. An output may be
  /// a constant or a graph input: no layer writes it, and the executor copies it.
  Ir ir;
  /// Values of the source that turned out constant, by name (weights not included).
  std::map<std::string, Value> folded;
  /// By ValueId of the source.
  std::vector<InferredType> inferred;
};

/// Open input dimensions become 1. `evaluator` may be null: then only what needs no kernel is folded.
/// Fusion looks at the layer and the consumers of its output alone, so that a sub-graph is fused exactly
/// as the whole is. Throws invalid_model naming the node whose shapes do not fit. Nodes with
/// `unsupported` set stay; their outputs keep unknown shapes.
Lowered lower(const Ir& source, const Bindings& bindings, const Evaluator* evaluator);

/// The layers of `part`, which came out of `lower`, once more: its inputs have these shapes now, or these contents. Layers that fold
/// away are gone, and what becomes known may fuse; `covers` stay those of the source. Throws what `lower` throws.
Ir refine(const Ir& part, const Bindings& bindings, const Evaluator* evaluator);

/// Whether a supported node's output shapes follow from contents that are not constant here.
bool waits_for_contents(const Ir& ir, const Node& node);

/// Shape and type inference of one node from its inputs, into its outputs. Throws invalid_model naming
/// the node. Leaves a shape unset (or a dimension -1) when an operand that decides it is not constant.
void infer_node(Ir& ir, const Node& node);

}  // namespace dnntune::graph
