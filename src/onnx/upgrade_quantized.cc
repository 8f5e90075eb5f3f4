// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "onnx/element_type.h"
#include "onnx/upgrade_steps.h"

namespace dnntune::onnx::steps {

using graph::kAbsent;
using graph::Node;
using graph::ValueId;

namespace {

constexpr auto kFloat = static_cast<std::int64_t>(DataType::float32);

/// Blocks of several scales along an axis, and arithmetic in other types than float32.
bool refuse_blocks(Node& node, const char* type_attribute) {
  const std::int64_t type = node.attributes.integer(type_attribute, 0);
  if (node.attributes.integer("block_size", 0) != 0)
    refuse(node, node.op_type + " in blocks");
  else if (type != 0 && type != kFloat)
    refuse(node, fmt::format("{} computed in {}", node.op_type, element_type_name(type)));
  node.attributes.erase("block_size");
  node.attributes.erase(type_attribute);
  return !node.unsupported.empty();
}

/// Refuses a node whose input is known to be of another type.
void refuse_other_types(Node& node, const UpgradeContext& context, std::size_t index, std::initializer_list<DataType> allowed) {
  const ValueId id = input(node, index);
  const DataType type = id == kAbsent ? DataType::undefined : context.value(id).type;
  if (type != DataType::undefined && std::find(allowed.begin(), allowed.end(), type) == allowed.end())
    refuse(node, fmt::format("{} with {}", node.op_type, to_string(type)));
}

}  // namespace

void quantize_type(Node& node, UpgradeContext& context, std::int64_t) {
  if (refuse_blocks(node, "precision")) return;
  const std::int64_t type = node.attributes.integer("output_dtype", 0);
  node.attributes.erase("saturate");  // says how 8-bit floats overflow, and there are none here
  node.attributes.erase("output_dtype");
  if (type != 0 && input(node, 2) == kAbsent) {
    if (type != static_cast<std::int64_t>(DataType::uint8) && type != static_cast<std::int64_t>(DataType::int8))
      return refuse(node, fmt::format("QuantizeLinear to {}", element_type_name(type)));
    const ValueId scale = input(node, 1);
    if (scale == kAbsent || !context.value(scale).shape) return refuse(node, "QuantizeLinear with a scale of unknown shape and no zero point");
    Shape shape = *context.value(scale).shape;
    for (const std::int64_t dim : shape)
      if (dim < 0) return refuse(node, "QuantizeLinear with a scale of unknown shape and no zero point");
    set_input(node, 2, context.add_constant(node, "zero_point", Tensor(static_cast<DataType>(type), std::move(shape))));
  }
  refuse_other_types(node, context, 2, {DataType::uint8, DataType::int8});
  refuse_other_types(node, context, 0, {DataType::float32});
}

void dequantize_type(Node& node, UpgradeContext& context, std::int64_t) {
  if (refuse_blocks(node, "output_dtype")) return;
  refuse_other_types(node, context, 0, {DataType::uint8, DataType::int8, DataType::int32});
  refuse_other_types(node, context, 1, {DataType::float32});
}

/// QGemm is a QLinearMatMul with a bias.
void quantized_gemm(Node& node, UpgradeContext& context, std::int64_t) {
  if (node.attributes.integer("transA", 0) != 0) return refuse(node, "QGemm with transA");
  if (node.attributes.number("alpha", 1.0f) != 1.0f) return refuse(node, "QGemm with alpha other than 1");
  if (input(node, 7) == kAbsent || input(node, 8) == kAbsent) return refuse(node, "QGemm that gives floats");
  if (input(node, 6) != kAbsent && rank_of(node, context, 6) != 1) return refuse(node, "QGemm with a bias that is no list");
  node.attributes.erase("alpha");
  node.attributes.erase("transA");
  const ValueId bias = node.inputs[6];
  node.inputs.erase(node.inputs.begin() + 6);
  node.inputs.push_back(bias);
  node.op_type = "QLinearMatMul";
}

/// `opset` says which Softmax is meant.
void quantized_softmax(Node& node, UpgradeContext& context, std::int64_t) {
  const std::int64_t opset = node.attributes.integer("opset", 13);
  node.attributes.erase("opset");
  const std::int64_t axis = node.attributes.integer("axis", opset < 13 ? 1 : -1), rank = rank_of(node, context, 0);
  node.attributes.set("axis", axis);
  if (opset < 13 && axis != -1 && axis != rank - 1) refuse(node, "QLinearSoftmax of several axes at once");
}

}  // namespace dnntune::onnx::steps
