// SPDX-License-Identifier: Apache-2.0
// Element-wise operators, and normalisation with statistics that are known.
#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/opencl/binders.h"
#include "backends/opencl/texts.h"

namespace dnntune::backends::opencl {
namespace {

using graph::Op;

/// An operator, its function of float4 x with parameters a and b, and their names and defaults in ONNX.
struct Function {
  Op op;
  const char* expression;
  const char* a_name = nullptr;
  float a = 0.0f;
  const char* b_name = nullptr;
  float b = 0.0f;
};

// expm1 and log1p keep the digits that exp(x) - 1 loses near 0. softplus: log(1 + e^x) without overflow.
#define DNNTUNE_SOFTPLUS "(fmax(x, 0.0f) + log1p(exp(-fabs(x))))"
constexpr Function kUnary[] = {
    {Op::Abs, "fabs(x)"},
    {Op::Acos, "acos(x)"},
    {Op::Acosh, "acosh(x)"},
    {Op::Asin, "asin(x)"},
    {Op::Asinh, "asinh(x)"},
    {Op::Atan, "atan(x)"},
    {Op::Atanh, "atanh(x)"},
    {Op::Ceil, "ceil(x)"},
    {Op::Cos, "cos(x)"},
    {Op::Cosh, "cosh(x)"},
    {Op::Erf, "erf(x)"},
    {Op::Exp, "exp(x)"},
    {Op::Floor, "floor(x)"},
    {Op::Log, "log(x)"},
    {Op::Neg, "-x"},
    {Op::Reciprocal, "1.0f / x"},
    {Op::Round, "rint(x)"},
    {Op::Sign, "sign(x)"},
    {Op::Sin, "sin(x)"},
    {Op::Sinh, "sinh(x)"},
    {Op::Sqrt, "sqrt(x)"},
    {Op::Tan, "tan(x)"},
    {Op::Tanh, "tanh(x)"},
    {Op::Relu, "x < 0.0f ? (float4)(0.0f) : x"},
    {Op::LeakyRelu, "x < 0.0f ? a * x : x", "alpha", 0.01f},
    {Op::Elu, "x < 0.0f ? a * expm1(x) : x", "alpha", 1.0f},
    {Op::Selu, "b * (x < 0.0f ? a * expm1(x) : x)", "alpha", 1.67326319217681884765625f, "gamma", 1.05070102214813232421875f},
    {Op::Celu, "x < 0.0f ? a * expm1(x / a) : x", "alpha", 1.0f},
    {Op::Sigmoid, "1.0f / (1.0f + exp(-x))"},
    {Op::HardSigmoid, "clamp(a * x + b, 0.0f, 1.0f)", "alpha", 0.2f, "beta", 0.5f},
    {Op::HardSwish, "x * clamp(x * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f)"},
    {Op::Gelu, "0.5f * x * erfc(-0.70710678f * x)"},
    {Op::Mish, "x * tanh" DNNTUNE_SOFTPLUS},
    {Op::Swish, "x / (1.0f + exp(-a * x))", "alpha", 1.0f},
    {Op::Softplus, DNNTUNE_SOFTPLUS},
    {Op::Softsign, "x / (1.0f + fabs(x))"},
    {Op::ThresholdedRelu, "x > a ? x : (float4)(0.0f)", "alpha", 1.0f},
    {Op::Shrink, "x < -a ? x + b : (x > a ? x - b : (float4)(0.0f))", "lambd", 0.5f, "bias", 0.0f},
};
constexpr const char* kGeluByTanh = "0.5f * x * (1.0f + tanh(0.79788456f * (x + 0.044715f * x * x * x)))";
constexpr const char* kClip = "x < a ? (float4)(a) : (x > b ? (float4)(b) : x)";
constexpr const char* kScale = "x * a";
constexpr const char* kCopy = "x";

struct Binary {
  Op op;
  const char* expression;
};
constexpr Binary kBinary[] = {
    {Op::Add, "x + y"},        {Op::Sub, "x - y"},
    {Op::Mul, "x * y"},        {Op::Div, "x / y"},
    {Op::Pow, "pow(x, y)"},    {Op::PRelu, "x < 0.0f ? x * y : x"},
    {Op::Max, "fmax(x, y)"},   {Op::Min, "fmin(x, y)"},
    {Op::Sum, "x + y"},        {Op::Mean, "x + y"},
};

/// input(0) or, for a later step of a chain, what is in the output already.
void add_unary(LayerBuilder& builder, const char* expression, float a, float b, bool from_output = false) {
  const std::int64_t count = backends::elements(builder.layer().outputs[0].shape);
  Launch& launch = builder.launch(fmt::format("#define UNARY\n#define FUNCTION {}\n", expression), {texts::elementwise()}, "unary");
  if (from_output) launch.output(0);
  else builder.operand(launch, 0);
  launch.output(0).value(int_of(count)).value(a).value(b);
  launch.over((count + 3) / 4);
}

/// Dimensions and steps of two operands, innermost first, with neighbours joined where both lie in one run.
std::vector<cl_int> joined_walk(const Shape& dims, const std::vector<std::int64_t>& x, const std::vector<std::int64_t>& y) {
  struct Dim {
    std::int64_t size, x, y;
  };
  std::vector<Dim> joined;
  for (std::size_t d = dims.size(); d-- > 0;) {
    if (dims[d] == 1) continue;
    const Dim dim{dims[d], x[d], y[d]};
    if (!joined.empty() && dim.x == joined.back().x * joined.back().size && dim.y == joined.back().y * joined.back().size)
      joined.back().size *= dim.size;
    else
      joined.push_back(dim);
  }
  if (joined.empty()) joined.push_back({1, 0, 0});
  std::vector<cl_int> walk{static_cast<cl_int>(joined.size())};
  for (const Dim& dim : joined) walk.insert(walk.end(), {int_of(dim.size), int_of(dim.x), int_of(dim.y)});
  return walk;
}

/// output = f(first, input `second`), `first` being input 0 or, in a chain, the output.
void add_binary(LayerBuilder& builder, const char* expression, bool from_output, std::size_t second) {
  const LayerSpec& layer = builder.layer();
  const Shape& shape = layer.outputs[0].shape;
  const std::vector<std::int64_t> first_steps = from_output ? dense_strides(shape) : broadcast_strides(layer, layer.inputs[0].shape, shape);
  const std::vector<cl_int> walk = joined_walk(shape, first_steps, broadcast_strides(layer, layer.inputs[second].shape, shape));
  const std::int64_t row = walk[1], items = backends::elements(shape) / row * ((row + 3) / 4);
  Launch& launch = builder.launch(fmt::format("#define BINARY\n#define FUNCTION {}\n", expression), {texts::elementwise()}, "binary");
  if (from_output) launch.output(0);
  else builder.operand(launch, 0);
  builder.operand(launch, second);
  launch.output(0).memory(builder.ints(walk)).value(int_of(items));
  launch.over(items);
}

float constant_number(const LayerSpec& layer, std::size_t index, float otherwise) {
  if (!input(layer, index).present()) return otherwise;
  take_if(input(layer, index).is_constant(), "a bound is not constant");
  return constant_floats(input(layer, index)).at(0);
}

}  // namespace

Prepared prepare_unary(OpenClContext& context, const LayerSpec& layer) {
  const auto* const row = std::find_if(std::begin(kUnary), std::end(kUnary), [&](const Function& f) { return f.op == layer.node.op; });
  take_if(row != std::end(kUnary), "there is no kernel for the operator");
  const graph::Attributes& attributes = layer.node.attributes;
  const float a = row->a_name == nullptr ? 0.0f : attributes.number(row->a_name, row->a);
  const float b = row->b_name == nullptr ? 0.0f : attributes.number(row->b_name, row->b);
  const bool by_tanh = layer.node.op == Op::Gelu && attributes.text("approximate", "none") == "tanh";
  LayerBuilder builder(context, layer, "opencl.unary");
  builder.set_in_place();
  add_unary(builder, by_tanh ? kGeluByTanh : row->expression, a, b);
  return builder.finish();
}

Prepared prepare_clip(OpenClContext& context, const LayerSpec& layer) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float low = constant_number(layer, 1, -kInfinity), high = constant_number(layer, 2, kInfinity);
  LayerBuilder builder(context, layer, "opencl.clip");
  builder.hold(1);
  builder.hold(2);
  builder.set_in_place();
  add_unary(builder, kClip, low, high);
  return builder.finish();
}

Prepared prepare_binary(OpenClContext& context, const LayerSpec& layer) {
  const auto* const row = std::find_if(std::begin(kBinary), std::end(kBinary), [&](const Binary& f) { return f.op == layer.node.op; });
  LayerBuilder builder(context, layer, "opencl.binary");
  const std::size_t count = layer.inputs.size();
  if (count == 1) {
    add_unary(builder, kCopy, 0.0f, 0.0f);
    return builder.finish();
  }
  // Of more than two operands: one after the other joins what the output holds.
  add_binary(builder, row->expression, false, 1);
  for (std::size_t i = 2; i < count; ++i) add_binary(builder, row->expression, true, i);
  if (layer.node.op == Op::Mean) add_unary(builder, kScale, 1.0f / static_cast<float>(count), 0.0f, true);
  if (layer.inputs[0].shape == layer.outputs[0].shape && !layer.inputs[0].is_constant() && count == 2) builder.set_in_place();
  return builder.finish();
}

Prepared prepare_batch_normalization(OpenClContext& context, const LayerSpec& layer) {
  std::vector<float> parameters[4];
  for (std::size_t i = 0; i < 4; ++i) {
    take_if(input(layer, i + 1).is_constant(), "a parameter is not constant");
    parameters[i] = constant_floats(layer.inputs[i + 1]);
  }
  const auto& [scale, shift, mean, variance] = parameters;
  const double epsilon = layer.node.attributes.number("epsilon", 1e-5f);
  std::vector<float> factors, offsets;
  for (std::size_t c = 0; c < scale.size(); ++c) {
    const double factor = scale[c] / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    factors.push_back(static_cast<float>(factor));
    offsets.push_back(static_cast<float>(shift[c] - mean[c] * factor));
  }
  const auto channels = static_cast<std::int64_t>(scale.size());
  const std::int64_t rows = backends::elements(layer.outputs[0].shape) / channels;
  LayerBuilder builder(context, layer, "opencl.batch_normalization");
  for (std::size_t i = 1; i < 5; ++i) builder.hold(i);
  builder.set_in_place();
  Launch& launch = builder.launch("", {texts::elementwise()}, "channel_affine");
  launch.input(0).memory(builder.floats(factors)).memory(builder.floats(offsets)).output(0).value(int_of(channels)).value(int_of(rows));
  launch.over((channels + 3) / 4, rows);
  return builder.finish();
}

}  // namespace dnntune::backends::opencl
