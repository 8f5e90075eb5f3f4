// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "graph/lower/passes.h"

namespace dnntune::graph::lowering {
namespace {

bool constant_integers(const Ir& ir, const Node& node, std::size_t i, std::vector<std::int64_t>& values) {
  if (i >= node.inputs.size() || node.inputs[i] == kAbsent) return false;
  const Tensor& tensor = ir.value(node.inputs[i]).constant;
  if (!tensor.defined()) return false;
  if (tensor.type() == DataType::int64) {
    const auto data = tensor.as<std::int64_t>();
    values.assign(data.begin(), data.end());
  } else if (tensor.type() == DataType::int32) {
    const auto data = tensor.as<std::int32_t>();
    values.assign(data.begin(), data.end());
  } else {
    return false;
  }
  return true;
}

/// Outside training, Dropout does nothing.
bool is_inference_dropout(const Ir& ir, const Node& node) {
  if (node.inputs.size() < 3 || node.inputs[2] == kAbsent) return true;
  const Tensor& training = ir.value(node.inputs[2]).constant;
  return training.defined() && training.type() == DataType::boolean && training.element_count() == 1 &&
         static_cast<const std::uint8_t*>(training.data())[0] == 0;
}

/// A slice that keeps the shape keeps the order too unless it runs backwards.
bool has_unit_steps(const Ir& ir, const Node& node) {
  if (node.inputs.size() < 5 || node.inputs[4] == kAbsent) return true;
  std::vector<std::int64_t> steps;
  return constant_integers(ir, node, 4, steps) && std::all_of(steps.begin(), steps.end(), [](auto step) { return step == 1; });
}

bool has_zero_pads(const Ir& ir, const Node& node) {
  std::vector<std::int64_t> pads;
  return constant_integers(ir, node, 1, pads) && std::all_of(pads.begin(), pads.end(), [](auto pad) { return pad == 0; });
}

bool keeps_order(const Node& node) {
  const auto order = node.attributes.integers("perm");
  return !order.empty() && std::is_sorted(order.begin(), order.end());
}

}  // namespace

bool is_no_op(const Ir& ir, const Node& node) {
  if (!node.unsupported.empty() || node.inputs.empty() || node.inputs[0] == kAbsent) return false;
  if (node.outputs.empty() || node.outputs[0] == kAbsent) return false;
  for (std::size_t i = 1; i < node.outputs.size(); ++i)
    if (node.outputs[i] != kAbsent) return false;
  const Value &from = ir.value(node.inputs[0]), &to = ir.value(node.outputs[0]);
  if (node.op == Op::Identity) return true;
  if (node.op == Op::Dropout) return is_inference_dropout(ir, node);
  if (from.type != to.type || from.type == DataType::undefined) return false;
  if (node.op == Op::Cast || node.op == Op::CastLike) return true;
  if (!from.is_static() || !to.is_static() || *from.shape != *to.shape) return false;
  switch (node.op) {
    case Op::Reshape:
    case Op::Flatten:
    case Op::Squeeze:
    case Op::Unsqueeze:
    case Op::Expand:
    case Op::Tile: return true;
    case Op::Concat:
    case Op::Sum:
    case Op::Mean:
    case Op::Max:
    case Op::Min: return node.inputs.size() == 1;
    case Op::Split: return node.outputs.size() == 1;
    case Op::Transpose: return keeps_order(node);
    case Op::Slice: return has_unit_steps(ir, node);
    case Op::Pad: return has_zero_pads(ir, node);
    case Op::DepthToSpace:
    case Op::SpaceToDepth: return node.attributes.integer("blocksize", 0) == 1;
    default: return false;
  }
}

}  // namespace dnntune::graph::lowering
