// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "dnntune/error.h"
#include "onnx/upgrade_steps.h"

namespace dnntune::onnx::steps {

using graph::kAbsent;
using graph::Node;
using graph::ValueId;

namespace {

/// Replaces constant input `index` by the same elements with `count` dimensions of 1 behind its own.
/// False when its contents or shape are not known.
bool append_unit_dimensions(Node& node, UpgradeContext& context, std::size_t index, std::int64_t count) {
  if (count == 0) return true;
  const ValueId id = input(node, index);
  if (id == kAbsent || !context.value(id).is_constant()) return false;
  const Tensor operand = context.value(id).whole_constant();
  Shape shape = operand.shape();
  shape.insert(shape.end(), static_cast<std::size_t>(count), 1);
  set_input(node, index, context.add_constant(node, "aligned", operand.reshaped(shape)));
  return true;
}

struct TypeName {
  std::string_view name;
  std::int64_t number;
};
constexpr TypeName kTypeNames[] = {
    {"FLOAT", 1}, {"UINT8", 2}, {"INT8", 3},    {"UINT16", 4},  {"INT16", 5},   {"INT32", 6},   {"INT64", 7},
    {"STRING", 8}, {"BOOL", 9}, {"FLOAT16", 10}, {"DOUBLE", 11}, {"UINT32", 12}, {"UINT64", 13},
};

}  // namespace

void too_old(Node& node, UpgradeContext&, std::int64_t opset) { refuse(node, fmt::format("{} as it was in opset {}", node.op_type, opset)); }

void old_broadcast(Node& node, UpgradeContext& context, std::int64_t) {
  const bool broadcast = node.attributes.integer("broadcast", 0) != 0;
  const bool has_axis = broadcast && node.attributes.has("axis");
  std::int64_t axis = node.attributes.integer("axis", 0);
  node.attributes.erase("broadcast");
  node.attributes.erase("axis");
  if (!has_axis) return;  // lined up at the end, as today
  const std::int64_t rank = rank_of(node, context, 0), operand_rank = rank_of(node, context, 1);
  if (rank < 0 || operand_rank < 0) return refuse(node, fmt::format("{} of opset 6 at an axis of data of unknown rank", node.op_type));
  if (axis < 0) axis += rank;
  const std::int64_t behind = rank - axis - operand_rank;
  if (axis < 0 || behind < 0)
    throw Error(ErrorCode::invalid_model, fmt::format("an operand of rank {} does not fit into rank {} at axis {}", operand_rank, rank, axis));
  if (!append_unit_dimensions(node, context, 1, behind))
    refuse(node, fmt::format("{} of opset 6 at an axis, with an operand that is not constant", node.op_type));
}

/// One slope a channel; today it has to broadcast to the data.
void old_prelu(Node& node, UpgradeContext& context, std::int64_t) {
  const Tensor* slope = context.known(input(node, 1));
  if (slope != nullptr && slope->element_count() == 1) return;
  const std::int64_t rank = rank_of(node, context, 0);
  if (rank_of(node, context, 1) != 1 || rank < 0) return refuse(node, "PRelu of opset 6 with data or slope of unknown rank");
  if (rank > 2 && !append_unit_dimensions(node, context, 1, rank - 2)) refuse(node, "PRelu of opset 6 with a slope that is not constant");
}

void old_gemm(Node& node, UpgradeContext&, std::int64_t) { node.attributes.erase("broadcast"); }

void old_training_flag(Node& node, UpgradeContext&, std::int64_t) {
  if (node.attributes.integer("is_test", 0) == 0) return refuse(node, node.op_type + " in training mode");
  node.attributes.erase("is_test");
}

void old_reshape(Node& node, UpgradeContext& context, std::int64_t) {
  require_attribute(node, "shape");
  move_list_to_input(node, context, "shape", 1);
}

void old_concat(Node& node, UpgradeContext&, std::int64_t) {
  if (!node.attributes.has("axis")) node.attributes.set("axis", std::int64_t{1});
}

void old_pad(Node& node, UpgradeContext&, std::int64_t) {
  require_attribute(node, "paddings");
  node.attributes.set("pads", node.attributes.integers("paddings"));
  node.attributes.erase("paddings");
}

void old_cast(Node& node, UpgradeContext&, std::int64_t) {
  const std::string name = node.attributes.text("to", "");
  for (const auto& [known, number] : kTypeNames)
    if (known == name) return node.attributes.set("to", number);
  throw Error(ErrorCode::invalid_model, fmt::format("there is no element type '{}'", name.substr(0, 40)));
}

void old_selu(Node& node, UpgradeContext&, std::int64_t) {
  node.attributes.set("alpha", node.attributes.number("alpha", 1.6732f));
  node.attributes.set("gamma", node.attributes.number("gamma", 1.0507f));
}

/// The flag said whether anybody reads the first output; the file's outputs say the same.
void old_recurrent(Node& node, UpgradeContext&, std::int64_t) { node.attributes.erase("output_sequence"); }

}  // namespace dnntune::onnx::steps
