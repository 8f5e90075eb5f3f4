// SPDX-License-Identifier: Apache-2.0
#include "graph/open_shapes.h"

#include <algorithm>

#include "graph/lower/partial.h"

namespace dnntune::graph {
namespace {

/// The node's outputs are the same for every size of the open dimensions.
bool is_independent(const Ir& ir, const Node& node) {
  if (!node.unsupported.empty()) return false;
  if ((node.op == Op::Shape || node.op == Op::Size) && ir.value(node.inputs[0]).is_static()) return true;
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id == kAbsent || ir.value(id).is_constant(); });
}

}  // namespace

std::vector<InferredType> infer_open_shapes(const Ir& source, const Lowered& lowered) {
  Ir ir = source;
  lowering::PartialIntegers partial;
  for (const Node& node : ir.nodes) {
    for (const ValueId id : node.outputs)
      if (id != kAbsent) ir.value(id).shape.reset();
    if (node.unsupported.empty()) infer_node(ir, node);
    partial.see(ir, node);
    if (!is_independent(ir, node)) continue;
    for (const ValueId id : node.outputs) {
      if (id == kAbsent) continue;
      const auto folded = lowered.folded.find(ir.value(id).name);
      if (folded == lowered.folded.end()) continue;
      ir.value(id).constant = folded->second.constant;
      ir.value(id).weights = folded->second.weights;
    }
  }
  std::vector<InferredType> result;
  result.reserve(ir.values.size());
  for (const Value& value : ir.values) result.push_back({value.type, value.shape});
  return result;
}

}  // namespace dnntune::graph
