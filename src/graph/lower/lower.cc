// SPDX-License-Identifier: Apache-2.0
#include "graph/lower.h"

#include <algorithm>

#include "graph/infer/infer.h"
#include "graph/lower/bind.h"
#include "graph/lower/passes.h"

namespace dnntune::graph {
namespace {

void fold(Lowered& lowered, const Node& node, const Evaluator* evaluator) {
  if (!lowering::fold_node(lowered.ir, node, evaluator)) return;
  for (const ValueId id : node.outputs)
    if (id != kAbsent) lowered.folded[lowered.ir.value(id).name] = lowered.ir.value(id);
}

/// Infers and folds node after node, so that shapes may depend on folded values. Dequantized weights stay: layers of
/// integers want them as they are.
void infer_and_fold(const Ir& source, Lowered& lowered, const lowering::StatedShapes& stated, const Evaluator* evaluator) {
  Ir& ir = lowered.ir;
  for (const Node& node : ir.nodes) {
    for (const ValueId id : node.outputs)
      if (id != kAbsent) ir.value(id).shape.reset();
    if (node.unsupported.empty()) infer_node(ir, node);
    for (const ValueId id : node.outputs) {
      // What inference cannot find out, the file may state.
      if (id == kAbsent || ir.value(id).is_static()) continue;
      const auto shape = stated.of(source.value(id));
      if (!shape || (ir.value(id).shape && ir.value(id).shape->size() != shape->size())) continue;
      infer::check_limits(*shape, ir.value(id).name);
      ir.value(id).shape = *shape;
    }
    if (node.op != Op::DequantizeLinear) fold(lowered, node, evaluator);
  }
}

}  // namespace

Lowered lower(const Ir& source, const Bindings& bindings, const Evaluator* evaluator) {
  Lowered lowered;
  lowered.ir = source;
  Ir& ir = lowered.ir;
  for (Value& value : ir.values) {
    if (value.constant.defined()) value.set_constant(value.constant);
    if (value.weights.defined()) value.set_constant(value.weights);
  }
  for (std::size_t i = 0; i < ir.nodes.size(); ++i) {
    ir.nodes[i].covers = {static_cast<int>(i)};
    ir.nodes[i].fused_ops = {ir.nodes[i].op_type};
  }
  const lowering::StatedShapes stated(ir, bindings);
  infer_and_fold(source, lowered, stated, evaluator);
  lowered.inferred.reserve(ir.values.size());
  for (const Value& value : ir.values) lowered.inferred.push_back({value.type, value.shape});

  lowering::remove_dead_nodes(ir);
  lowering::remove_no_ops(ir);
  lowering::fuse_quantized(ir);
  for (const Node& node : ir.nodes) fold(lowered, node, evaluator);
  lowering::remove_dead_nodes(ir);
  lowering::fuse(ir);
  lowering::write_outputs_directly(ir);
  lowering::remove_unused_values(ir);
  for (Node& layer : ir.nodes) std::sort(layer.covers.begin(), layer.covers.end());
  return lowered;
}

}  // namespace dnntune::graph
