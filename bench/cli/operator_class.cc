// SPDX-License-Identifier: Apache-2.0
#include "cli/operator_class.h"

#include <algorithm>
#include <string>

namespace dnntune::cli {
namespace {

struct Class {
  std::string_view name;
  std::string_view ops;  ///< Each between blanks.
};

// The order of stacks, legends and tables. What is in no row is "other".
constexpr Class kClasses[] = {
    {"convolution", " Conv ConvTranspose ConvInteger QLinearConv "},
    {"depthwise", ""},  // a convolution whose kernel says so
    {"dense", " Gemm MatMul MatMulInteger QLinearMatMul Einsum "},
    {"recurrent", " LSTM GRU RNN "},
    {"pooling",
     " MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool QLinearGlobalAveragePool MaxUnpool RoiAlign "},
    {"normalize",
     " BatchNormalization LayerNormalization InstanceNormalization GroupNormalization MeanVarianceNormalization LRN Softmax "
     "LogSoftmax Hardmax QLinearSoftmax ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum "
     "ReduceLogSumExp ReduceSumSquare ArgMax ArgMin CumSum TopK "},
    {"element-wise",
     " Add Sub Mul Div Pow Mod PRelu BitShift And Or Xor Equal Greater GreaterOrEqual Less LessOrEqual Max Min Sum Mean Where Clip "
     "Dropout QLinearAdd Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Erf Exp Floor Log Neg Reciprocal Round Sign Sin Sinh "
     "Sqrt Tan Tanh Relu LeakyRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Softplus Softsign Gelu Mish Swish ThresholdedRelu "
     "Shrink Not IsNaN IsInf "},
    {"move",
     " Concat Split Slice Pad Transpose Gather GatherElements GatherND ScatterElements ScatterND Expand Tile Resize DepthToSpace "
     "SpaceToDepth Reshape Flatten Squeeze Unsqueeze Identity Compress ReverseSequence Trilu OneHot GridSample "},
    {"quantize", " QuantizeLinear DequantizeLinear DynamicQuantizeLinear Cast CastLike "},
    {"control flow", " If Loop Scan "},
    {"other", ""},
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

std::string_view operator_class(const LayerProfile& layer) {
  const std::string first = " " + layer.op.substr(0, layer.op.find('+')) + " ";
  const auto found = std::find_if(std::begin(kClasses), std::end(kClasses), [&](const Class& c) { return c.ops.find(first) != std::string_view::npos; });
  if (found == std::end(kClasses)) return "other";
  const bool depthwise = has(layer.kernel, "depthwise") || has(layer.kernel, "dwconv");
  return found->name == "convolution" && depthwise ? "depthwise" : found->name;
}

std::vector<ClassTime> time_by_class(const Profile& profile) {
  std::vector<ClassTime> times;
  for (const Class& one : kClasses) times.push_back({one.name, 0.0});
  double copies = 0.0;
  for (const LayerProfile& layer : profile.layers) {
    const auto of = std::find_if(times.begin(), times.end(), [name = operator_class(layer)](const ClassTime& time) { return time.name == name; });
    of->ns += layer.latency_ns.value - layer.conversion_ns.value;
    copies += layer.conversion_ns.value;
  }
  times.push_back({"copies", copies});
  times.push_back({"inputs, outputs", profile.input_output_ns.value});
  times.push_back({"between layers", std::max(0.0, profile.unattributed_ns())});  // below 0 it is noise
  return times;
}

}  // namespace dnntune::cli
