// SPDX-License-Identifier: Apache-2.0
// Constant folding. What only looks at shapes, or only gives the same elements another shape, is done
// here; the rest by the evaluator.
#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"
#include "dnntune/error.h"
#include "graph/layer_info.h"
#include "graph/lower/passes.h"

namespace dnntune::graph::lowering {
namespace {

/// A folded value may grow to this size even when its inputs are smaller.
constexpr std::int64_t kMaxGrownBytes = std::int64_t{64} << 20;
/// And take this many multiply-accumulates at most: a small file could ask for any number of them. Sums over labels
/// and transforms are computed by their definitions.
constexpr std::int64_t kMaxFoldedMacs = std::int64_t{1} << 32;
constexpr std::int64_t kMaxFoldedByDefinition = std::int64_t{1} << 26;

bool is_cheap(const Ir& ir, const Node& node) {
  const bool by_definition = node.op == Op::Einsum || node.op == Op::DFT || node.op == Op::STFT;
  return count_macs(ir, node) <= (by_definition ? kMaxFoldedByDefinition : kMaxFoldedMacs);
}

Tensor constant_value(const Attributes& a) {
  if (a.has("value")) return a.tensor("value");
  if (a.has("value_float")) return Tensor::from<float>({}, std::vector<float>{a.number("value_float", 0.0f)});
  if (a.has("value_int")) return Tensor::from<std::int64_t>({}, std::vector<std::int64_t>{a.integer("value_int", 0)});
  if (a.has("value_floats")) {
    const auto values = a.numbers("value_floats");
    return Tensor::from<float>({static_cast<std::int64_t>(values.size())}, values);
  }
  const auto values = a.integers("value_ints");
  return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

/// The dimensions that a Shape node wants, or the element count that a Size node wants.
Tensor shape_value(const Node& node, const Shape& shape) {
  if (node.op == Op::Size)
    return Tensor::from<std::int64_t>({}, std::vector<std::int64_t>{base::element_count(shape, node.name)});
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto position = [&](const char* name, std::int64_t fallback) {
    const std::int64_t p = node.attributes.integer(name, fallback);
    return std::clamp<std::int64_t>(p < 0 ? std::max(p, -rank) + rank : p, 0, rank);
  };
  const std::int64_t start = position("start", 0), end = std::max(position("end", rank), start);
  return Tensor::from<std::int64_t>({end - start}, Shape(shape.begin() + start, shape.begin() + end));
}

bool is_view(Op op) { return op == Op::Reshape || op == Op::Flatten || op == Op::Squeeze || op == Op::Unsqueeze; }

/// The constant under another shape.
void set_reshaped(const Value& from, const Shape& shape, Value& to) {
  if (from.weights.defined())
    to.set_constant(from.weights.reshaped(shape));
  else
    to.set_constant(from.constant.reshaped(shape));
}

/// Sets the output when no kernel is needed for it.
bool fold_without_kernel(Ir& ir, const Node& node) {
  Value& output = ir.value(node.outputs[0]);
  if (node.op == Op::Constant) {
    output.set_constant(constant_value(node.attributes));
    return true;
  }
  if (node.inputs.empty() || node.inputs[0] == kAbsent) return false;
  const Value& input = ir.value(node.inputs[0]);
  if ((node.op == Op::Shape || node.op == Op::Size) && input.is_static()) {
    output.set_constant(shape_value(node, *input.shape));
    return true;
  }
  if (!input.is_constant()) return false;
  const bool no_op = is_no_op(ir, node);
  if (!no_op && !(is_view(node.op) && output.is_static())) return false;
  set_reshaped(input, no_op ? *input.shape : *output.shape, output);
  return true;
}

/// All inputs known, and outputs that are worth holding.
bool is_foldable(const Ir& ir, const Node& node) {
  std::int64_t input_bytes = 0, output_bytes = 0;
  for (const ValueId id : node.inputs) {
    if (id == kAbsent) continue;
    if (!ir.value(id).is_constant()) return false;
    input_bytes += ir.value(id).size_bytes();
  }
  // An index a dimension, or a few, for each element.
  if (runs_apart(node.op)) return !is_control_flow(node.op) && input_bytes <= kMaxGrownBytes / 64;
  for (const ValueId id : node.outputs) {
    if (id == kAbsent) continue;
    if (!ir.value(id).is_static() || ir.value(id).type == DataType::undefined) return false;
    output_bytes = base::checked_add(output_bytes, ir.value(id).size_bytes(), node.name);
  }
  return output_bytes <= std::max(kMaxGrownBytes, input_bytes) && is_cheap(ir, node);
}

/// Nothing to compute, whatever the other dimensions say: a kernel might go through billions of empty rows.
bool fold_empty(Ir& ir, const Node& node) {
  for (const ValueId id : node.outputs)
    if (id != kAbsent && base::element_count(*ir.value(id).shape, node.name) > 0) return false;
  for (const ValueId id : node.outputs)
    if (id != kAbsent) ir.value(id).set_constant(Tensor(ir.value(id).type, *ir.value(id).shape));
  return true;
}

}  // namespace

bool fold_node(Ir& ir, const Node& node, const Evaluator* evaluator) {
  if (!node.unsupported.empty() || find_operator(node.op) == nullptr || node.outputs.empty() || node.outputs[0] == kAbsent)
    return false;
  if (fold_without_kernel(ir, node)) return true;
  if (evaluator == nullptr || !is_foldable(ir, node)) return false;
  if (!runs_apart(node.op) && fold_empty(ir, node)) return true;
  std::vector<Tensor> inputs, outputs;
  std::vector<Value> wanted;
  for (const ValueId id : node.inputs) inputs.push_back(id == kAbsent ? Tensor() : ir.value(id).whole_constant());
  for (const ValueId id : node.outputs) wanted.push_back(id == kAbsent ? Value() : ir.value(id));
  if (!evaluator->evaluate(node, inputs, wanted, outputs)) return false;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kAbsent) continue;
    if (i >= outputs.size() || outputs[i].type() != wanted[i].type || (!runs_apart(node.op) && outputs[i].shape() != *wanted[i].shape))
      throw Error(ErrorCode::internal, fmt::format("folding node '{}' ({}) gave output {} another type or shape than inference",
                                                   node.name, node.op_type, i));
    ir.value(node.outputs[i]).set_constant(std::move(outputs[i]));
  }
  return true;
}

}  // namespace dnntune::graph::lowering
