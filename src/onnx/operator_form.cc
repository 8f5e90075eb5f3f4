// SPDX-License-Identifier: Apache-2.0
#include "onnx/operator_form.h"

#include <algorithm>
#include <vector>

#include "onnx/upgrade.h"

namespace dnntune::onnx {
namespace {

using graph::kAbsent;
using graph::Node;
using graph::Op;
using graph::ValueId;

constexpr int kAnyNumber = 255;  ///< In the operator list: variadic.

/// The domain of an operator that can be read; QGemm becomes another one.
std::string_view domain_of(std::string_view op_type) {
  if (op_type == "QGemm") return "com.microsoft";
  const graph::OpInfo* info = graph::find_operator(op_type);
  return info == nullptr ? std::string_view() : graph::domain_of(info->op);
}

void trim(std::vector<ValueId>& ids) {
  while (!ids.empty() && ids.back() == kAbsent) ids.pop_back();
}

void bring_to_form(Node& node, UpgradeContext& context, std::int64_t opset, const StrangeValues& strange) {
  trim(node.inputs);
  trim(node.outputs);
  for (const ValueId id : node.inputs)
    if (const auto kind = strange.find(id); kind != strange.end())
      node.unsupported = fmt::format("its input '{}' is {}", context.value(id).name, kind->second);
  if (node.unsupported.empty()) upgrade_node(node, context, opset);
  if (!node.unsupported.empty()) return;
  const graph::OpInfo* info = graph::find_operator(node.op_type);
  if (info == nullptr) {
    node.unsupported = fmt::format("operator '{}' is not implemented", node.op_type);
    return;
  }
  node.op = info->op;
  trim(node.inputs);
  check_arity(node, *info);
}

}  // namespace

void check_arity(const Node& node, const graph::OpInfo& info) {
  const auto inputs = static_cast<int>(node.inputs.size());
  // The last input of a product exists only inside the library: a bias that was fused in.
  const bool has_own_bias = node.op == Op::MatMul || (node.op == Op::QLinearMatMul && node.domain.empty());
  const int max_inputs = has_own_bias ? info.max_inputs - 1 : info.max_inputs;
  const bool required_left_out =
      std::find(node.inputs.begin(), node.inputs.begin() + std::min(inputs, info.min_inputs), kAbsent) !=
      node.inputs.begin() + std::min(inputs, info.min_inputs);
  if (inputs < info.min_inputs || (inputs > max_inputs && max_inputs != kAnyNumber) || required_left_out)
    throw Error(ErrorCode::invalid_model, fmt::format("node '{}' ({}) has {} inputs; it takes {} to {} and needs the first {}", node.name,
                                                      node.op_type, inputs, info.min_inputs, max_inputs, info.min_inputs));
  const auto outputs = static_cast<int>(node.outputs.size());
  if (outputs < info.min_outputs || (outputs > info.max_outputs && info.max_outputs != kAnyNumber))
    throw Error(ErrorCode::invalid_model, fmt::format("node '{}' ({}) has {} outputs; it has {} to {}", node.name, node.op_type, outputs,
                                                      info.min_outputs, info.max_outputs));
}

std::string unsupported_reason(const Node& node, const ParsedNode& parsed, std::optional<std::int64_t> opset) {
  const std::string_view domain = domain_of(node.op_type);
  if (!domain.empty() && node.domain.empty()) return fmt::format("operator '{}' is not implemented", node.op_type);
  if (!domain.empty() && node.domain == domain) return parsed.unsupported;
  if (!node.domain.empty()) return fmt::format("operator '{}' of domain '{}' is not implemented", node.op_type, node.domain);
  if (parsed.has_subgraph && !is_control_flow(node.op_type)) return fmt::format("operator '{}' with a sub-graph is not implemented", node.op_type);
  if (!opset)
    throw Error(ErrorCode::invalid_model, fmt::format("node '{}' is of ONNX's own domain, but the model imports no opset of it", node.name));
  if (*opset < kOldestOpset) return fmt::format("opset {} is older than {}, the oldest this build reads", *opset, kOldestOpset);
  if (*opset > kNewestOpset) return fmt::format("needs opset {}; this build reads opsets {} to {}", *opset, kOldestOpset, kNewestOpset);
  return parsed.unsupported;
}

std::vector<graph::Value> bring_to_form(graph::Ir& ir, UniqueNames& value_names, std::int64_t opset, const StrangeValues& strange,
                                        const std::function<void(Node&, const UpgradeContext&)>& control_flow) {
  UpgradeContext context(ir, value_names);
  for (Node& node : ir.nodes) {
    if (node.unsupported.empty() && is_control_flow(node.op_type)) control_flow(node, context);
    if (node.unsupported.empty()) bring_to_form(node, context, opset, strange);
    context.infer(node);
  }
  return context.take();
}

}  // namespace dnntune::onnx
