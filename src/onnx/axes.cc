// SPDX-License-Identifier: Apache-2.0
#include "onnx/axes.h"

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::onnx {
namespace {

using graph::kAbsent;
using graph::Node;

bool is_reduction(const Node& node) { return node.op_type.starts_with("Reduce"); }
bool has_axes(const Node& node) { return is_reduction(node) || node.op_type == "Squeeze" || node.op_type == "Unsqueeze"; }
bool has_axes_input(const Node& node) { return node.inputs.size() > 1 && node.inputs[1] != kAbsent; }
/// ReduceSum's axes became an input in opset 13, those of the others in opset 18.
bool writes_attribute(const Node& node) { return is_reduction(node) && node.op_type != "ReduceSum"; }

}  // namespace

std::optional<std::vector<std::int64_t>> take_axes_attribute(Node& node) {
  if (!has_axes(node) || !node.attributes.has("axes")) return std::nullopt;
  if (has_axes_input(node))
    throw Error(ErrorCode::invalid_model, fmt::format("node '{}' ({}) has 'axes' as an attribute and as an input", node.name, node.op_type));
  std::vector<std::int64_t> axes = node.attributes.integers("axes");
  node.attributes.erase("axes");
  // An empty list means the same as none: everything.
  if (axes.empty()) return std::nullopt;
  return axes;
}

void check_axes_can_be_written(const graph::Ir& ir, const Node& node) {
  if (!writes_attribute(node)) return;
  const auto refuse = [&](const char* why) {
    throw Error(ErrorCode::invalid_argument, fmt::format("node '{}' ({}): {}", node.name, node.op_type, why));
  };
  if (node.attributes.integer("noop_with_empty_axes", 0) != 0) refuse("in opset 17 only ReduceSum has 'noop_with_empty_axes'");
  if (has_axes_input(node) && !ir.value(node.inputs[1]).is_constant()) refuse("in opset 17 its axes must be constant");
}

Node written_form(const graph::Ir& ir, const Node& node) {
  Node written = node;
  if (!writes_attribute(node)) return written;
  written.attributes.erase("noop_with_empty_axes");
  if (!has_axes_input(node)) return written;
  const std::span<const std::int64_t> axes = ir.value(node.inputs[1]).constant.as<std::int64_t>();
  written.inputs.resize(1);
  if (!axes.empty()) written.attributes.set("axes", std::vector<std::int64_t>(axes.begin(), axes.end()));
  return written;
}

}  // namespace dnntune::onnx
