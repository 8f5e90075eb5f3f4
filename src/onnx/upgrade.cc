// SPDX-License-Identifier: Apache-2.0
#include "onnx/upgrade.h"

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/lower.h"
#include "onnx/limits.h"
#include "onnx/upgrade_steps.h"

namespace dnntune::onnx {

using graph::kAbsent;
using graph::Node;
using graph::Value;
using graph::ValueId;

UpgradeContext::UpgradeContext(graph::Ir& ir, UniqueNames& value_names) : ir_(ir), value_names_(value_names) {
  inferred_.values = ir.values;
}

const Tensor* UpgradeContext::known(ValueId id) const {
  return id != kAbsent && inferred_.value(id).constant.defined() ? &inferred_.value(id).constant : nullptr;
}

ValueId UpgradeContext::add_constant(const Node& node, std::string_view role, Tensor contents) {
  Value value;
  value.name = value_names_.make(fmt::format("{}:{}", node.name, role));
  value.type = contents.type();
  value.shape = contents.shape();
  value.constant = std::move(contents);
  inferred_.add_value(value);
  return ir_.add_value(std::move(value));
}

void UpgradeContext::infer(const Node& node) {
  if (!node.unsupported.empty()) return;
  try {
    graph::infer_node(inferred_, node);
    if (node.op == graph::Op::Constant) inferred_.value(node.outputs[0]).constant = node.attributes.tensor("value");
  } catch (const Error&) {
    // Shapes that do not fit are reported when the graph is made, with the shapes the caller asked for.
  }
  for (const ValueId id : node.outputs)
    if (id != kAbsent && !inferred_.value(id).shape) inferred_.value(id).shape = ir_.value(id).shape;
}

namespace {

using namespace steps;

constexpr int kOldest = static_cast<int>(kOldestOpset);
constexpr int kNewest = static_cast<int>(kNewestOpset);

constexpr UpgradeStep kSteps[] = {
    // What has no opset-17 form comes first.
    {"LpPool", 1, 1, too_old},
    {"GlobalLpPool", 1, 1, too_old},
    {"Split", 1, 1, too_old},
    {"Tile", 1, 5, too_old},
    {"Upsample", 1, 6, too_old},

    {"Constant", kOldest, kNewest, constant_value},

    // Before opset 7 a binary operator lined its second operand up at an axis.
    {"Add", 1, 6, old_broadcast},
    {"Sub", 1, 6, old_broadcast},
    {"Mul", 1, 6, old_broadcast},
    {"Div", 1, 6, old_broadcast},
    {"Pow", 1, 6, old_broadcast},
    {"And", 1, 6, old_broadcast},
    {"Or", 1, 6, old_broadcast},
    {"Xor", 1, 6, old_broadcast},
    {"Equal", 1, 6, old_broadcast},
    {"Greater", 1, 6, old_broadcast},
    {"Less", 1, 6, old_broadcast},
    {"PRelu", 1, 6, old_prelu},
    {"Gemm", 1, 6, old_gemm},
    {"BatchNormalization", 1, 6, old_training_flag},
    {"Dropout", 1, 6, old_training_flag},
    {"Reshape", 1, 4, old_reshape},
    {"Concat", 1, 3, old_concat},
    {"Pad", 1, 1, old_pad},
    {"Cast", 1, 5, old_cast},
    {"Selu", 1, 5, old_selu},
    {"RNN", 1, 6, old_recurrent},
    {"GRU", 1, 6, old_recurrent},
    {"LSTM", 1, 6, old_recurrent},

    {"Squeeze", 1, 12, axes_to_input},
    {"Unsqueeze", 1, 12, unsqueeze_axes},
    {"ReduceSum", 1, 12, axes_to_input},
    {"ReduceL1", 1, 17, axes_to_input},
    {"ReduceL2", 1, 17, axes_to_input},
    {"ReduceLogSum", 1, 17, axes_to_input},
    {"ReduceLogSumExp", 1, 17, axes_to_input},
    {"ReduceMax", 1, 17, axes_to_input},
    {"ReduceMean", 1, 17, axes_to_input},
    {"ReduceMin", 1, 17, axes_to_input},
    {"ReduceProd", 1, 17, axes_to_input},
    {"ReduceSumSquare", 1, 17, axes_to_input},
    {"Split", 2, 12, split_sizes},
    {"Split", 18, kNewest, split_count},
    {"Slice", 1, 9, slice_ranges},
    {"Pad", 1, 10, pad_amounts},
    {"Pad", 18, kNewest, pad_axes},
    {"TopK", 1, 9, top_k_count},
    {"Clip", 1, 10, clip_bounds},
    {"Dropout", 1, 11, dropout_ratio},

    {"Dropout", 12, kNewest, dropout_training},
    {"Upsample", 7, 8, upsample_scales},
    {"Upsample", 7, 9, asymmetric_resize},
    {"Resize", 10, 10, asymmetric_resize},
    {"Resize", 11, kNewest, resize_empty_operands},
    {"Resize", 18, kNewest, resize_new_attributes},
    {"QuantizeLinear", 10, kNewest, quantize_type},
    {"DequantizeLinear", 10, kNewest, dequantize_type},
    {"QGemm", 1, kNewest, quantized_gemm},
    {"QLinearSoftmax", 1, kNewest, quantized_softmax},
    {"Softmax", 1, 12, softmax_flattens},
    {"LogSoftmax", 1, 12, softmax_flattens},
    {"Hardmax", 1, 12, softmax_flattens},
    {"BatchNormalization", 1, kNewest, batch_normalization},
    {"Scatter", 9, kNewest, rename_scatter},
    {"GroupNormalization", 18, 20, group_normalization_channels},
    {"Scan", 8, 8, scan_of_batch},
    {"RoiAlign", 10, 15, roi_align_centres},
    {"DFT", 20, kNewest, dft_axis},
    {"Cast", 1, kNewest, cast_target},
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
