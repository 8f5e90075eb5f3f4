// SPDX-License-Identifier: Apache-2.0
#include "onnx/upgrade.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/half.h"
#include "dnntune/error.h"
#include "onnx/element_type.h"
#include "onnx/limits.h"

namespace dnntune::onnx {

using graph::kAbsent;
using graph::Node;
using graph::ValueId;

const Tensor* UpgradeContext::known(ValueId id) const {
  if (id == kAbsent) return nullptr;
  const auto index = static_cast<std::size_t>(id);
  if (ir_.value(id).is_constant()) return &ir_.value(id).constant;
  if (index < constant_outputs_.size() && constant_outputs_[index].defined()) return &constant_outputs_[index];
  return nullptr;
}

void UpgradeContext::set_known(ValueId id, Tensor contents) {
  const auto index = static_cast<std::size_t>(id);
  if (index >= constant_outputs_.size()) constant_outputs_.resize(index + 1);
  constant_outputs_[index] = std::move(contents);
}

ValueId UpgradeContext::add_constant(const Node& node, std::string_view role, Tensor contents) {
  graph::Value value;
  value.name = value_names_.make(fmt::format("{}:{}", node.name, role));
  value.type = contents.type();
  value.shape = contents.shape();
  value.constant = std::move(contents);
  return ir_.add_value(std::move(value));
}

namespace {

constexpr int kNewest = static_cast<int>(kNewestOpset);

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

// --- shape operands: attributes that became inputs ---

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
  const auto& shape = context.value(node.inputs[0]).shape;
  const auto is_list = [](const Tensor* t) { return t != nullptr && t->type() == DataType::int64 && t->shape().size() == 1; };
  if (!is_list(pads) || !is_list(axes) || !shape) return refuse(node, "Pad with 'axes' that are not constant, or data of unknown rank");
  const auto rank = static_cast<std::int64_t>(shape->size());
  const auto amounts = pads->as<std::int64_t>();
  const std::size_t count = axes->element_count();
  if (amounts.size() != 2 * count)
    throw Error(ErrorCode::invalid_model, fmt::format("{} pads for {} axes", amounts.size(), count));
  std::vector<std::int64_t> all(2 * shape->size(), 0);
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

// --- numbers that became inputs ---

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

// --- resizing ---

/// Upsample and the first Resize sample at floor(x / scale) when they enlarge and at ceil(x / scale)
/// when they shrink, as their reference implementation and ONNX's own test data do.
void asymmetric_resize(Node& node, UpgradeContext& context, std::int64_t) {
  const ValueId scales = input(node, 1);
  const char* nearest = "floor";
  if (const Tensor* known = context.known(scales); known != nullptr && known->type() == DataType::float32) {
    const auto all = known->as<float>();
    const bool shrinks = std::any_of(all.begin(), all.end(), [](float s) { return s < 1.0f; });
    const bool enlarges = std::any_of(all.begin(), all.end(), [](float s) { return s > 1.0f; });
    if (shrinks && enlarges && node.attributes.text("mode", "nearest") == "nearest")
      return refuse(node, node.op_type + " of opset 10 that enlarges one axis and shrinks another");
    if (shrinks) nearest = "ceil";
  }
  node.op_type = "Resize";
  node.inputs = {node.inputs.empty() ? kAbsent : node.inputs[0], kAbsent, scales};
  node.attributes.set("coordinate_transformation_mode", std::string("asymmetric"));
  node.attributes.set("nearest_mode", std::string(nearest));
}

void upsample_scales(Node& node, UpgradeContext& context, std::int64_t) {
  require_attribute(node, "scales");
  const std::vector<float> scales = node.attributes.numbers("scales");
  set_input(node, 1, context.add_constant(node, "scales", Tensor::from<float>({static_cast<std::int64_t>(scales.size())}, scales)));
  node.attributes.erase("scales");
}

/// Opsets 11 and 12 demand roi and scales even when they mean nothing: empty tensors stand for "".
void resize_empty_operands(Node& node, UpgradeContext& context, std::int64_t) {
  for (std::size_t i = 1; i < node.inputs.size(); ++i)
    if (const Tensor* known = context.known(node.inputs[i]); known != nullptr && known->element_count() == 0) node.inputs[i] = kAbsent;
}

void resize_new_attributes(Node& node, UpgradeContext&, std::int64_t) {
  if (node.attributes.integer("antialias", 0) != 0) return refuse(node, "Resize with antialias");
  if (node.attributes.has("axes")) return refuse(node, "Resize with 'axes'");
  if (node.attributes.text("keep_aspect_ratio_policy", "stretch") != "stretch") return refuse(node, "Resize that keeps the aspect ratio");
  if (node.attributes.text("coordinate_transformation_mode", "half_pixel") == "half_pixel_symmetric")
    return refuse(node, "Resize with coordinate_transformation_mode half_pixel_symmetric");
  node.attributes.erase("antialias");
  node.attributes.erase("keep_aspect_ratio_policy");
}

// --- the rest ---

/// Before opset 13 these flattened their input to two dimensions at `axis`. Equal to today's meaning
/// when `axis` is the last one; otherwise a private attribute asks the kernel for the old one.
void softmax_flattens(Node& node, UpgradeContext&, std::int64_t) {
  const std::int64_t axis = node.attributes.integer("axis", 1);
  node.attributes.set("axis", axis);
  if (axis != -1) node.attributes.set("flatten_axis_semantics", std::int64_t{1});
}

void batch_normalization(Node& node, UpgradeContext&, std::int64_t opset) {
  if (opset < 9 && node.attributes.integer("spatial", 1) == 0) return refuse(node, "BatchNormalization with spatial = 0");
  node.attributes.erase("spatial");
  const bool extra_outputs = node.outputs.size() > 1;
  if (extra_outputs || node.attributes.integer("training_mode", 0) != 0) refuse(node, "BatchNormalization in training mode");
}

/// A training flag that is known to be set; an unknown one is left to the kernel.
void dropout_training(Node& node, UpgradeContext& context, std::int64_t) {
  const Tensor* training = context.known(input(node, 2));
  if (training != nullptr && training->type() == DataType::boolean && training->element_count() == 1 && training->as<bool>()[0])
    refuse(node, "Dropout in training mode");
}

/// A type number in an attribute must be one the library has.
void require_known_type(Node& node, const char* attribute) {
  const std::int64_t number = node.attributes.integer(attribute, static_cast<std::int64_t>(DataType::float32));
  if (element_type(number) == DataType::undefined) refuse(node, fmt::format("{} to {}", node.op_type, element_type_name(number)));
}

void cast_target(Node& node, UpgradeContext&, std::int64_t) {
  require_attribute(node, "to");
  require_known_type(node, "to");
  // Says how 8-bit floats overflow, and there are none here.
  node.attributes.erase("saturate");
}

void eye_like_type(Node& node, UpgradeContext&, std::int64_t) { require_known_type(node, "dtype"); }

void rename_scatter(Node& node, UpgradeContext&, std::int64_t) { node.op_type = "ScatterElements"; }

/// All forms of a constant become the tensor attribute `value`.
void constant_value(Node& node, UpgradeContext& context, std::int64_t) {
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
  a = graph::Attributes({{"value", value}});
  if (!node.outputs.empty() && node.outputs[0] != kAbsent) context.set_known(node.outputs[0], std::move(value));
}

constexpr UpgradeStep kSteps[] = {
    {"Constant", 7, kNewest, constant_value},
    {"Squeeze", 7, 12, axes_to_input},
    {"Unsqueeze", 7, 12, unsqueeze_axes},
    {"ReduceSum", 7, 12, axes_to_input},
    {"ReduceL1", 7, 17, axes_to_input},
    {"ReduceL2", 7, 17, axes_to_input},
    {"ReduceLogSum", 7, 17, axes_to_input},
    {"ReduceLogSumExp", 7, 17, axes_to_input},
    {"ReduceMax", 7, 17, axes_to_input},
    {"ReduceMean", 7, 17, axes_to_input},
    {"ReduceMin", 7, 17, axes_to_input},
    {"ReduceProd", 7, 17, axes_to_input},
    {"ReduceSumSquare", 7, 17, axes_to_input},
    {"Split", 7, 12, split_sizes},
    {"Split", 18, kNewest, split_count},
    {"Slice", 7, 9, slice_ranges},
    {"Pad", 7, 10, pad_amounts},
    {"Pad", 18, kNewest, pad_axes},
    {"TopK", 7, 9, top_k_count},
    {"Clip", 7, 10, clip_bounds},
    {"Dropout", 7, 11, dropout_ratio},
    {"Dropout", 12, kNewest, dropout_training},
    {"Upsample", 7, 8, upsample_scales},
    {"Upsample", 7, 9, asymmetric_resize},
    {"Resize", 10, 10, asymmetric_resize},
    {"Resize", 11, kNewest, resize_empty_operands},
    {"Resize", 18, kNewest, resize_new_attributes},
    {"Softmax", 7, 12, softmax_flattens},
    {"LogSoftmax", 7, 12, softmax_flattens},
    {"Hardmax", 7, 12, softmax_flattens},
    {"BatchNormalization", 7, kNewest, batch_normalization},
    {"Scatter", 9, kNewest, rename_scatter},
    {"Cast", 7, kNewest, cast_target},
    {"EyeLike", 9, kNewest, eye_like_type},
};

}  // namespace

std::span<const UpgradeStep> upgrade_steps() noexcept { return kSteps; }

void upgrade_node(Node& node, UpgradeContext& context, std::int64_t opset) {
  // Steps are chosen by the operator in the file: Upsample's second step still sees "Upsample".
  const std::string op = node.op_type;
  for (const UpgradeStep& step : kSteps) {
    if (step.op != op || opset < step.first || opset > step.last) continue;
    try {
      step.apply(node, context, opset);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("node '{}' ({}): {}", node.name, op, error.what()));
    }
    if (!node.unsupported.empty()) return;
  }
}

}  // namespace dnntune::onnx
