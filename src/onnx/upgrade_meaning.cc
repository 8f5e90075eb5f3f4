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

/// What opset 18 and 19 brought is a meaning of ours too; attributes that say nothing go.
void resize_new_attributes(Node& node, UpgradeContext&, std::int64_t) {
  if (node.attributes.integer("antialias", 0) == 0) node.attributes.erase("antialias");
  if (node.attributes.text("keep_aspect_ratio_policy", "stretch") == "stretch") node.attributes.erase("keep_aspect_ratio_policy");
}

/// Before opset 13 these flattened their input to two dimensions at `axis`. Equal to today's meaning
/// when `axis` is the last one; otherwise a private attribute asks the kernel for the old one.
void softmax_flattens(Node& node, UpgradeContext& context, std::int64_t) {
  const std::int64_t axis = node.attributes.integer("axis", 1);
  node.attributes.set("axis", axis);
  const std::int64_t rank = rank_of(node, context, 0);
  const bool is_last = axis == -1 || (rank > 0 && axis == rank - 1);
  if (!is_last) node.attributes.set("flatten_axis_semantics", std::int64_t{1});
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

/// Before opset 16 coordinates were those of pixel centres, and there was no attribute to say so.
void roi_align_centres(Node& node, UpgradeContext&, std::int64_t) {
  node.attributes.set("coordinate_transformation_mode", std::string("output_half_pixel"));
}

/// In opset 8 Scan ran over a batch of sequences, their lengths in input 0.
void scan_of_batch(Node& node, UpgradeContext& context, std::int64_t) {
  // No lengths: all sequences are as long as the inputs.
  if (input(node, 0) == kAbsent) set_input(node, 0, context.add_constant(node, "lengths", vector_of({})));
  node.attributes.set("batched", std::int64_t{1});
  if (!node.attributes.has("directions")) return;
  node.attributes.set("scan_input_directions", node.attributes.integers("directions"));
  node.attributes.erase("directions");
}

void rename_scatter(Node& node, UpgradeContext&, std::int64_t) { node.op_type = "ScatterElements"; }

}  // namespace dnntune::onnx::steps
