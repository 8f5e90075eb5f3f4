// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/half.h"
#include "dnntune/error.h"
#include "onnx/upgrade_steps.h"

namespace dnntune::onnx::steps {

using graph::kAbsent;
using graph::Node;
using graph::ValueId;

Tensor vector_of(const std::vector<std::int64_t>& values) {
  return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

/// A scalar of the type of the node's first input, as far as the file states it; else float32.
Tensor scalar_like_input(const Node& node, const UpgradeContext& context, float number) {
  DataType type = DataType::float32;
  for (const auto& list : {node.inputs, node.outputs})
    if (!list.empty() && list[0] != kAbsent && type == DataType::float32 && context.value(list[0]).type != DataType::undefined)
      type = context.value(list[0]).type;
  const auto scalar = [&](auto value) { return Tensor::copy_of(type, {}, &value, sizeof(value)); };
  switch (type) {
    case DataType::float64: return scalar(static_cast<double>(number));
    case DataType::float16: return scalar(base::float_to_float16(number));
    case DataType::bfloat16: return scalar(base::float_to_bfloat16(number));
    default: type = DataType::float32; return scalar(number);
  }
}

ValueId input(const Node& node, std::size_t index) { return index < node.inputs.size() ? node.inputs[index] : kAbsent; }

std::int64_t rank_of(const Node& node, const UpgradeContext& context, std::size_t index) {
  const ValueId id = input(node, index);
  if (id == kAbsent || !context.value(id).shape) return -1;
  return static_cast<std::int64_t>(context.value(id).shape->size());
}

void set_input(Node& node, std::size_t index, ValueId id) {
  if (node.inputs.size() <= index) node.inputs.resize(index + 1, kAbsent);
  node.inputs[index] = id;
}

void move_list_to_input(Node& node, UpgradeContext& context, const char* name, std::size_t index) {
  if (!node.attributes.has(name)) return;
  if (input(node, index) != kAbsent)
    throw Error(ErrorCode::invalid_model, fmt::format("'{}' is given as an attribute and as an input", name));
  set_input(node, index, context.add_constant(node, name, vector_of(node.attributes.integers(name))));
  node.attributes.erase(name);
}

void require_attribute(const Node& node, const char* name) {
  if (!node.attributes.has(name))
    throw Error(ErrorCode::invalid_model, fmt::format("attribute '{}' is missing", name));
}

void refuse(Node& node, std::string reason) { node.unsupported = std::move(reason); }

void axes_to_input(Node& node, UpgradeContext& context, std::int64_t) {
  // An empty list means the same as none: everything.
  if (node.attributes.has("axes") && node.attributes.integers("axes").empty()) node.attributes.erase("axes");
  move_list_to_input(node, context, "axes", 1);
}

void unsqueeze_axes(Node& node, UpgradeContext& context, std::int64_t) {
  require_attribute(node, "axes");
  move_list_to_input(node, context, "axes", 1);
}

void split_sizes(Node& node, UpgradeContext& context, std::int64_t) { move_list_to_input(node, context, "split", 1); }

void split_count(Node& node, UpgradeContext&, std::int64_t) {
  if (!node.attributes.has("num_outputs")) return;
  const std::int64_t count = node.attributes.integer("num_outputs", 0);
  if (count != static_cast<std::int64_t>(node.outputs.size()))
    throw Error(ErrorCode::invalid_model, fmt::format("num_outputs is {}, but there are {} outputs", count, node.outputs.size()));
}

void slice_ranges(Node& node, UpgradeContext& context, std::int64_t) {
  require_attribute(node, "starts");
  require_attribute(node, "ends");
  move_list_to_input(node, context, "starts", 1);
  move_list_to_input(node, context, "ends", 2);
  move_list_to_input(node, context, "axes", 3);
}

void pad_amounts(Node& node, UpgradeContext& context, std::int64_t) {
  require_attribute(node, "pads");
  move_list_to_input(node, context, "pads", 1);
  const float number = node.attributes.number("value", 0.0f);
  node.attributes.erase("value");
  if (number != 0.0f) set_input(node, 2, context.add_constant(node, "value", scalar_like_input(node, context, number)));
}

/// Opset 18 pads only some axes; the older form names all of them.
void pad_axes(Node& node, UpgradeContext& context, std::int64_t) {
  if (input(node, 3) == kAbsent) return;
  const Tensor* pads = context.known(input(node, 1));
  const Tensor* axes = context.known(input(node, 3));
  const std::int64_t rank = rank_of(node, context, 0);
  const auto is_list = [](const Tensor* t) { return t != nullptr && t->type() == DataType::int64 && t->shape().size() == 1; };
  if (!is_list(pads) || !is_list(axes) || rank < 0) return;  // slower in a channels-last network: the axes stay an operand
  const auto amounts = pads->as<std::int64_t>();
  const std::size_t count = axes->element_count();
  if (amounts.size() != 2 * count)
    throw Error(ErrorCode::invalid_model, fmt::format("{} pads for {} axes", amounts.size(), count));
  std::vector<std::int64_t> all(static_cast<std::size_t>(2 * rank), 0);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t given = axes->as<std::int64_t>()[i];
    const std::int64_t axis = given < 0 ? given + rank : given;
    if (axis < 0 || axis >= rank)
      throw Error(ErrorCode::invalid_model, fmt::format("axis {} of data of rank {}", given, rank));
    all[static_cast<std::size_t>(axis)] = amounts[i];
    all[static_cast<std::size_t>(axis + rank)] = amounts[i + count];
  }
  node.inputs[1] = context.add_constant(node, "pads", vector_of(all));
  node.inputs.resize(3);
}

void top_k_count(Node& node, UpgradeContext& context, std::int64_t) {
  require_attribute(node, "k");
  set_input(node, 1, context.add_constant(node, "k", vector_of({node.attributes.integer("k", 1)})));
  node.attributes.erase("k");
}

/// Scale and bias had one entry a group; now they have one a channel.
void group_normalization_channels(Node& node, UpgradeContext& context, std::int64_t) {
  require_attribute(node, "num_groups");
  // Nothing else in the file bears out a number of channels, and it is about to be allocated.
  constexpr std::int64_t kMostChannels = 1 << 16;
  const std::int64_t groups = node.attributes.integer("num_groups", 1);
  const std::int64_t channels = rank_of(node, context, 0) > 1 ? (*context.value(node.inputs[0]).shape)[1] : -1;
  for (const std::size_t i : {1u, 2u}) {
    const Tensor* known = context.known(input(node, i));
    if (known == nullptr || channels < 0 || channels > kMostChannels) return;  // slower: scale and bias stay those of groups
    const auto count = static_cast<std::int64_t>(known->element_count());
    if (known->shape().size() != 1 || count != groups || groups < 1 || channels % groups != 0)
      throw Error(ErrorCode::invalid_model, fmt::format("input {} has shape {} for {} groups of {} channels", i, to_string(known->shape()), groups, channels));
    Tensor repeated(known->type(), {channels});
    const std::size_t size = size_of(known->type());
    for (std::int64_t c = 0; c < channels; ++c)
      std::memcpy(static_cast<std::byte*>(repeated.mutable_data()) + static_cast<std::size_t>(c) * size,
                  static_cast<const std::byte*>(known->data()) + static_cast<std::size_t>(c / (channels / groups)) * size, size);
    set_input(node, i, context.add_constant(node, i == 1 ? "scale" : "bias", std::move(repeated)));
  }
}

/// The axis became an input, of another default.
void dft_axis(Node& node, UpgradeContext& context, std::int64_t) {
  std::int64_t axis = -2;
  if (const ValueId given = input(node, 2); given != kAbsent) {
    const Tensor* known = context.known(given);
    if (known == nullptr || known->type() != DataType::int64 || known->element_count() != 1) return refuse(node, "DFT with an axis that is not constant");
    axis = known->as<std::int64_t>()[0];
    node.inputs.resize(2);
  }
  node.attributes.set("axis", axis);
}

void clip_bounds(Node& node, UpgradeContext& context, std::int64_t) {
  const auto move = [&](const char* name, std::size_t index, float open) {
    const float bound = node.attributes.number(name, open);
    node.attributes.erase(name);
    if (bound != open) set_input(node, index, context.add_constant(node, name, scalar_like_input(node, context, bound)));
  };
  move("min", 1, std::numeric_limits<float>::lowest());
  move("max", 2, std::numeric_limits<float>::max());
}

void dropout_ratio(Node& node, UpgradeContext& context, std::int64_t) {
  if (!node.attributes.has("ratio")) return;
  const float ratio = node.attributes.number("ratio", 0.5f);
  set_input(node, 1, context.add_constant(node, "ratio", Tensor::from<float>({}, std::vector<float>{ratio})));
  node.attributes.erase("ratio");
}

/// All forms of a constant become the tensor attribute `value`.
void constant_value(Node& node, UpgradeContext&, std::int64_t) {
  graph::Attributes& a = node.attributes;
  if (a.has("value_string") || a.has("value_strings")) return refuse(node, "a constant of strings");
  Tensor value;
  if (a.has("value")) {
    value = a.tensor("value");
  } else if (a.has("value_int")) {
    value = Tensor::from<std::int64_t>({}, std::vector<std::int64_t>{a.integer("value_int", 0)});
  } else if (a.has("value_ints")) {
    value = vector_of(a.integers("value_ints"));
  } else if (a.has("value_float")) {
    value = Tensor::from<float>({}, std::vector<float>{a.number("value_float", 0.0f)});
  } else if (a.has("value_floats")) {
    const auto floats = a.numbers("value_floats");
    value = Tensor::from<float>({static_cast<std::int64_t>(floats.size())}, floats);
  } else {
    throw Error(ErrorCode::invalid_model, "there is no value");
  }
  a = graph::Attributes({{"value", std::move(value)}});
}

}  // namespace dnntune::onnx::steps
