// SPDX-License-Identifier: Apache-2.0
#include "graph/attribute_types.h"

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::graph {
namespace {

/// Attributes as "name:type", separated by blanks. Types: i integer, f float, s string, t tensor; a
/// capital letter is a list. '!' after the type: required.
struct Row {
  Op op;
  std::string_view attributes;
};

constexpr std::string_view kPool = "auto_pad:s ceil_mode:i dilations:I kernel_shape:I! pads:I strides:I storage_order:i";
constexpr std::string_view kRecurrent = "activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i layout:i";

/// By operator; operators without attributes have no row.
constexpr Row kRows[] = {
    {Op::LeakyRelu, "alpha:f"},
    {Op::Elu, "alpha:f"},
    {Op::Selu, "alpha:f gamma:f"},
    {Op::Celu, "alpha:f"},
    {Op::Gelu, "approximate:s"},
    {Op::Swish, "alpha:f"},
    {Op::HardSigmoid, "alpha:f beta:f"},
    {Op::ThresholdedRelu, "alpha:f"},
    {Op::Shrink, "bias:f lambd:f"},
    {Op::IsInf, "detect_negative:i detect_positive:i"},
    {Op::Dropout, "seed:i"},
    {Op::Cast, "to:i!"},
    {Op::Mod, "fmod:i"},
    {Op::BitShift, "direction:s!"},
    {Op::Conv, "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I"},
    {Op::ConvTranspose, "auto_pad:s dilations:I group:i kernel_shape:I output_padding:I output_shape:I pads:I strides:I"},
    {Op::MaxPool, kPool},
    {Op::AveragePool, "auto_pad:s ceil_mode:i count_include_pad:i dilations:I kernel_shape:I! pads:I strides:I"},
    {Op::LpPool, "auto_pad:s ceil_mode:i dilations:I kernel_shape:I! p:i pads:I strides:I"},
    {Op::GlobalLpPool, "p:i"},
    {Op::BatchNormalization, "epsilon:f momentum:f training_mode:i"},
    {Op::InstanceNormalization, "epsilon:f"},
    {Op::GroupNormalization, "epsilon:f num_groups:i! stash_type:i"},
    {Op::LayerNormalization, "axis:i epsilon:f stash_type:i"},
    {Op::LRN, "alpha:f beta:f bias:f size:i!"},
    {Op::MeanVarianceNormalization, "axes:I"},
    {Op::Gemm, "alpha:f beta:f transA:i transB:i"},
    {Op::LSTM, "activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i input_forget:i layout:i"},
    {Op::GRU, "activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i layout:i linear_before_reset:i"},
    {Op::RNN, kRecurrent},
    {Op::MaxUnpool, "kernel_shape:I! pads:I strides:I"},
    {Op::GridSample, "align_corners:i mode:s padding_mode:s"},
    {Op::RoiAlign, "coordinate_transformation_mode:s mode:s output_height:i output_width:i sampling_ratio:i spatial_scale:f"},
    {Op::Einsum, "equation:s!"},
    {Op::NegativeLogLikelihoodLoss, "ignore_index:i reduction:s"},
    {Op::SoftmaxCrossEntropyLoss, "ignore_index:i reduction:s"},
    {Op::DFT, "axis:i inverse:i onesided:i"},
    {Op::STFT, "onesided:i"},
    {Op::HannWindow, "output_datatype:i periodic:i"},
    {Op::HammingWindow, "output_datatype:i periodic:i"},
    {Op::BlackmanWindow, "output_datatype:i periodic:i"},
    {Op::MelWeightMatrix, "output_datatype:i"},
    {Op::QuantizeLinear, "axis:i"},
    {Op::DequantizeLinear, "axis:i"},
    {Op::ConvInteger, "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I"},
    {Op::QLinearConv, "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I"},
    {Op::QLinearMatMul, "transB:i"},
    {Op::QLinearGlobalAveragePool, "channels_last:i"},
    {Op::QLinearSoftmax, "axis:i"},
    {Op::Softmax, "axis:i"},
    {Op::LogSoftmax, "axis:i"},
    {Op::Hardmax, "axis:i"},
    {Op::Scan, "batched:i num_scan_inputs:i! scan_input_axes:I scan_input_directions:I scan_output_axes:I scan_output_directions:I"},
    {Op::NonMaxSuppression, "center_point_box:i"},
    {Op::Unique, "axis:i sorted:i"},
    {Op::Compress, "axis:i"},
    {Op::ReduceMean, "keepdims:i noop_with_empty_axes:i"},
    {Op::ReduceSum, "keepdims:i noop_with_empty_axes:i"},
    {Op::ReduceMax, "keepdims:i noop_with_empty_axes:i"},
    {Op::ReduceMin, "keepdims:i noop_with_empty_axes:i"},
    {Op::ReduceProd, "keepdims:i noop_with_empty_axes:i"},
    {Op::ReduceL1, "keepdims:i noop_with_empty_axes:i"},
    {Op::ReduceL2, "keepdims:i noop_with_empty_axes:i"},
    {Op::ReduceLogSum, "keepdims:i noop_with_empty_axes:i"},
    {Op::ReduceLogSumExp, "keepdims:i noop_with_empty_axes:i"},
    {Op::ReduceSumSquare, "keepdims:i noop_with_empty_axes:i"},
    {Op::ArgMax, "axis:i keepdims:i select_last_index:i"},
    {Op::ArgMin, "axis:i keepdims:i select_last_index:i"},
    {Op::CumSum, "exclusive:i reverse:i"},
    {Op::TopK, "axis:i largest:i sorted:i"},
    {Op::Reshape, "allowzero:i"},
    {Op::Flatten, "axis:i"},
    {Op::Transpose, "perm:I"},
    {Op::Concat, "axis:i!"},
    {Op::Split, "axis:i num_outputs:i"},
    {Op::Pad, "mode:s"},
    {Op::Gather, "axis:i"},
    {Op::GatherElements, "axis:i"},
    {Op::GatherND, "batch_dims:i"},
    {Op::ScatterElements, "axis:i reduction:s"},
    {Op::ScatterND, "reduction:s"},
    {Op::Resize, "antialias:i axes:I coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f "
                 "keep_aspect_ratio_policy:s mode:s nearest_mode:s"},
    {Op::DepthToSpace, "blocksize:i! mode:s"},
    {Op::SpaceToDepth, "blocksize:i!"},
    {Op::OneHot, "axis:i"},
    {Op::Trilu, "upper:i"},
    {Op::ReverseSequence, "batch_axis:i time_axis:i"},
    {Op::Constant, "value:t value_float:f value_floats:F value_int:i value_ints:I"},
    {Op::Shape, "start:i end:i"},
    {Op::ConstantOfShape, "value:t"},
    {Op::EyeLike, "dtype:i k:i"},
};

char type_letter(const AttributeValue& value) {
  static constexpr char kLetters[] = {'i', 'f', 's', 'I', 'F', 'S', 't'};  // in the order of the variant
  static_assert(std::size(kLetters) == std::variant_size_v<AttributeValue>);
  return kLetters[value.index()];
}

const char* type_name(char letter) {
  switch (letter) {
    case 'i': return "an integer";
    case 'f': return "a float";
    case 's': return "a string";
    case 'I': return "a list of integers";
    case 'F': return "a list of floats";
    case 'S': return "a list of strings";
    default: return "a tensor";
  }
}

std::string_view attributes_of(Op op) {
  for (const Row& row : kRows)
    if (row.op == op) return row.attributes;
  return {};
}

}  // namespace

void check_attribute_types(const Node& node) {
  std::string_view rest = attributes_of(node.op);
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    const std::size_t colon = entry.find(':');
    const std::string_view name = entry.substr(0, colon);
    const char wanted = entry[colon + 1];
    const AttributeValue* value = node.attributes.find(name);
    if (value == nullptr) {
      if (!entry.ends_with('!')) continue;
      throw Error(ErrorCode::invalid_model, fmt::format("node '{}' ({}): attribute '{}' is missing", node.name, node.op_type, name));
    }
    if (type_letter(*value) != wanted)
      throw Error(ErrorCode::invalid_model, fmt::format("node '{}' ({}): attribute '{}' must be {}, not {}", node.name, node.op_type,
                                                        name, type_name(wanted), type_name(type_letter(*value))));
  }
}

}  // namespace dnntune::graph
