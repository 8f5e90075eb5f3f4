// SPDX-License-Identifier: Apache-2.0
#include "graph/lower.h"

#include <algorithm>

#include "graph/infer/infer.h"
#include "graph/lower/bind.h"
#include "graph/lower/partial.h"
#include "graph/lower/passes.h"

namespace dnntune::graph {
namespace {

/// By name. Null: nobody asks.
using Folded = std::map<std::string, Value>*;

void keep(const Ir& ir, const Node& node, Folded folded) {
  if (folded == nullptr) return;
  for (const ValueId id : node.outputs)
    if (id != kAbsent) (*folded)[ir.value(id).name] = ir.value(id);
}

/// Infers and folds node after node, so that shapes may depend on folded values. Dequantized weights stay: layers of
/// integers want them as they are.
void infer_and_fold(const Ir& source, Ir& ir, const lowering::StatedShapes& stated, const Evaluator* evaluator, Folded folded) {
  lowering::PartialIntegers partial;
  for (const Node& node : ir.nodes) {
    for (const ValueId id : node.outputs)
      if (id != kAbsent) ir.value(id).shape.reset();
    if (node.unsupported.empty()) infer_node(ir, node);
    for (const ValueId id : node.outputs) {
      // What inference cannot find out, the file may state: but not what each run decides anew.
      if (id == kAbsent || ir.value(id).is_static() || waits_for_contents(ir, node)) continue;
      const auto shape = stated.of(source.value(id));
      if (!shape || (ir.value(id).shape && ir.value(id).shape->size() != shape->size())) continue;
      infer::check_limits(*shape, ir.value(id).name);
      ir.value(id).shape = *shape;
    }
    if (node.op == Op::DequantizeLinear) continue;
    if (lowering::fold_node(ir, node, evaluator) || partial.see(ir, node)) keep(ir, node, folded);
  }
}

void simplify_and_fuse(Ir& ir, const Evaluator* evaluator, Folded folded) {
  lowering::remove_dead_nodes(ir);
  lowering::remove_no_ops(ir);
  lowering::fuse_quantized(ir);
  for (const Node& node : ir.nodes)
    if (lowering::fold_node(ir, node, evaluator)) keep(ir, node, folded);
  lowering::remove_dead_nodes(ir);
  lowering::fuse(ir);
  lowering::write_outputs_directly(ir);
  lowering::remove_unused_values(ir);
  for (Node& layer : ir.nodes) std::sort(layer.covers.begin(), layer.covers.end());
}

}  // namespace

bool waits_for_contents(const Ir& ir, const Node& node) {
  const OpInfo* info = find_operator(node.op);
  if (info == nullptr || !node.unsupported.empty()) return false;
  if (runs_apart(node.op)) return true;
  for (std::size_t i = 0; i < node.inputs.size() && i < 32; ++i)
    if ((info->plan_operands >> i & 1u) != 0 && node.inputs[i] != kAbsent && !ir.value(node.inputs[i]).is_constant()) return true;
  return false;
}

Ir refine(const Ir& part, const Bindings& bindings, const Evaluator* evaluator) {
  Ir ir = part;
  const lowering::StatedShapes stated(ir, bindings);
  infer_and_fold(part, ir, stated, evaluator, nullptr);
  simplify_and_fuse(ir, evaluator, nullptr);
  return ir;
}

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
  infer_and_fold(source, ir, stated, evaluator, &lowered.folded);
  lowered.inferred.reserve(ir.values.size());
  for (const Value& value : ir.values) lowered.inferred.push_back({value.type, value.shape});

  simplify_and_fuse(ir, evaluator, &lowered.folded);
  return lowered;
}

}  // namespace dnntune::graph
