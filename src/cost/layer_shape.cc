// SPDX-License-Identifier: Apache-2.0
#include "dnntune/layer_shape.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"
#include "cost/layout_guess.h"
#include "dnntune/error.h"
#include "graph/effort.h"
#include "graph/graph_impl.h"
#include "graph/layer_info.h"
#include "graph/layer_map.h"

namespace dnntune {
namespace {

using graph::Activation;
using graph::Ir;
using graph::kAbsent;
using graph::Node;
using graph::Op;
using graph::Value;
using graph::ValueId;

/// Operand `index`, if it is there and its shape is known.
const Value* operand(const Ir& ir, const std::vector<ValueId>& ids, std::size_t index) {
  if (index >= ids.size() || ids[index] == kAbsent || !ir.value(ids[index]).is_static()) return nullptr;
  return &ir.value(ids[index]);
}

std::int64_t elements(const Value& value) { return base::element_count(*value.shape, value.name); }

std::int64_t product(const std::vector<std::int64_t>& factors, std::int64_t first = 1) {
  std::int64_t result = first;
  for (const std::int64_t factor : factors) result = base::checked_mul(result, std::max<std::int64_t>(factor, 1), "a window");
  return result;
}

std::int64_t distinct_bytes(const Ir& ir, const std::vector<ValueId>& ids, bool constants) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == kAbsent || ir.value(ids[i]).is_constant() != constants) continue;
    if (std::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(i), ids[i]) != ids.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    bytes = base::checked_add(bytes, ir.value(ids[i]).size_bytes(), "bytes of a layer");
  }
  return bytes;
}

/// By orders of magnitude: a polynomial takes some operations, an exponential and a division two dozen.
int operations_of(Activation::Kind kind) noexcept {
  switch (kind) {
    case Activation::Kind::sigmoid: return 24;
    case Activation::Kind::tanh: return 24;
    case Activation::Kind::hard_sigmoid: return 4;
    case Activation::Kind::hard_swish: return 4;
    case Activation::Kind::none:
    case Activation::Kind::relu:
    case Activation::Kind::clip:
    case Activation::Kind::leaky_relu: return 0;
  }
  return 0;
}

/// Rows and channels of a value as it lies in memory: the channels of an image are innermost there.
void describe_activations(LayerShape& shape, const Value& in, const Value& out, bool image) {
  const Shape &x = *in.shape, &y = *out.shape;
  const auto channels = [image](const Shape& s) { return s.empty() ? std::int64_t{1} : std::max<std::int64_t>(image && s.size() > 2 ? s[1] : s.back(), 1); };
  shape.in_channels = channels(x);
  shape.out_channels = channels(y);
  shape.rows = std::max<std::int64_t>(elements(out) / shape.out_channels, 1);
  shape.width = y.size() < 2 ? 1 : std::max<std::int64_t>(image && y.size() > 2 ? y.back() : y[y.size() - 2], 1);
}

std::string_view convolution_kind(const LayerShape& s, const Shape& weights) {
  if (weights.size() > 4) return "conv_volume";
  if (s.groups > 1 && s.in_channels == 1 && s.out_channels == 1) return "depthwise";
  if (s.groups > 1) return "conv_grouped";
  if (s.in_channels <= 4) return "conv_first";
  if (s.taps == 1 && s.stride == 1) return "conv_1x1";
  if (s.taps == 9 && s.stride == 1 && weights.size() == 4 && weights[2] == 3) return "conv_3x3";
  return "conv_window";
}

std::string describe_convolution(LayerShape& s, const Ir& ir, const Node& node, std::string_view family) {
  const std::size_t index = family == "qlinear_conv" ? 3 : 1;
  const Value* weights = operand(ir, node.inputs, index);
  if (weights == nullptr || weights->shape->size() < 3) return std::string(family);
  s.groups = std::max<std::int64_t>(node.attributes.integer("group", 1), 1);
  s.in_channels = std::max<std::int64_t>(s.in_channels / s.groups, 1);
  s.out_channels = std::max<std::int64_t>(s.out_channels / s.groups, 1);
  s.taps = product(Shape(weights->shape->begin() + 2, weights->shape->end()));
  const std::vector<std::int64_t> strides = node.attributes.integers("strides");
  if (!strides.empty()) s.stride = std::max<std::int64_t>(strides.back(), 1);
  if (family == "conv_transpose") return "conv_transpose";
  const std::vector<std::int64_t> dilations = node.attributes.integers("dilations");
  const bool dilated = std::any_of(dilations.begin(), dilations.end(), [](std::int64_t d) { return d > 1; });
  std::string kind(convolution_kind(s, *weights->shape));
  if (dilated && kind == "conv_3x3") kind = "conv_window";
  return family == "conv" ? kind : fmt::format("{}.int8", kind);
}

std::string describe_product(LayerShape& s, const Ir& ir, const Node& node, std::string_view family) {
  const Value* right = operand(ir, node.inputs, family == "qlinear_matmul" ? 3 : 1);
  const bool weights = right != nullptr && right->is_constant() && right->shape->size() <= 2;
  const char* kind = !weights ? "product_batched" : s.rows == 1 ? "product_row" : "product";
  if (!weights && right != nullptr && right->shape->size() > 2) {
    const Shape& out = *operand(ir, node.outputs, 0)->shape;
    s.width = out.size() < 2 ? 1 : std::max<std::int64_t>(out[out.size() - 2], 1);  // rows of one product
  }
  return family == "gemm" || family == "matmul" ? kind : fmt::format("{}.int8", kind);
}

std::string describe_recurrence(LayerShape& s, const Ir& ir, const Node& node, std::string_view family) {
  const Value *x = operand(ir, node.inputs, 0), *r = operand(ir, node.inputs, 2);
  if (x == nullptr || r == nullptr || x->shape->size() != 3 || r->shape->size() != 3) return std::string(family);
  s.steps = std::max<std::int64_t>((*x->shape)[0], 1);
  s.rows = std::max<std::int64_t>((*x->shape)[1], 1);
  s.in_channels = std::max<std::int64_t>((*x->shape)[2], 1);
  s.out_channels = std::max<std::int64_t>((*r->shape)[2], 1);
  s.groups = std::max<std::int64_t>((*r->shape)[0], 1);  // directions
  return std::string(family);
}

std::string element_type(const Ir& ir, const Node& node) {
  if (node.inputs.empty() || node.inputs[0] == kAbsent) return "";
  const DataType type = ir.value(node.inputs[0]).type;
  return type == DataType::float32 || type == DataType::undefined ? "" : fmt::format(".{}", to_string(type));
}

/// Elements of `dimensions` dimensions from the node's axis on.
std::int64_t line_of(const Value& in, const Node& node, std::size_t dimensions) {
  const Shape& x = *in.shape;
  const std::int64_t rank = static_cast<std::int64_t>(x.size()), axis = node.attributes.integer("axis", -1);
  const std::int64_t first = axis < 0 ? axis + rank : axis;
  if (first < 0 || first >= rank) return 0;
  const auto from = x.begin() + first;
  return product(std::vector<std::int64_t>(from, from + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(dimensions), x.end() - from)));
}

/// The kind, with the sizes that the kind has.
std::string describe_kind(LayerShape& s, const Ir& ir, const Node& node) {
  const graph::OpInfo* info = graph::find_operator(node.op);
  if (info == nullptr || !node.unsupported.empty()) return "unknown";
  const std::string_view family = info->kernel_family;
  const Value *in = operand(ir, node.inputs, 0), *out = operand(ir, node.outputs, 0);
  if (in == nullptr || out == nullptr) return std::string(family);
  const bool image = info->layout == graph::Layout::channels_last;
  describe_activations(s, *in, *out, image || cost::is_image(ir, node));
  if (family == "conv" || family == "qlinear_conv" || family == "conv_transpose") return describe_convolution(s, ir, node, family);
  if (family == "gemm" || family == "matmul" || family == "qlinear_matmul") return describe_product(s, ir, node, family);
  if (family == "lstm" || family == "gru" || family == "rnn") return describe_recurrence(s, ir, node, family);
  std::string kind(family == "dropout" ? "view" : family);
  if (family == "pool") {
    s.taps = product(node.attributes.integers("kernel_shape"));
    const std::vector<std::int64_t> strides = node.attributes.integers("strides");
    if (!strides.empty()) s.stride = std::max<std::int64_t>(strides.back(), 1);
  }
  if (node.op == Op::Softmax || node.op == Op::LogSoftmax) s.line = line_of(*in, node, 1);
  if (node.op == Op::LayerNormalization) s.line = line_of(*in, node, in->shape->size());
  const bool plain_arithmetic = node.op == Op::Add || node.op == Op::Sub || node.op == Op::Mul;
  if (family == "unary" || family == "pool" || family == "reduce" || (family == "binary" && !plain_arithmetic)) kind += fmt::format(":{}", info->name);
  return kind + element_type(ir, node);
}

LayerShape shape_of(const Ir& ir, const Node& node) {
  LayerShape s;
  s.name = node.name;
  s.input_bytes = distinct_bytes(ir, node.inputs, false);
  s.output_bytes = distinct_bytes(ir, node.outputs, false);
  s.weight_bytes = distinct_bytes(ir, node.inputs, true);
  s.macs = graph::count_macs(ir, node);
  s.activation_ops = operations_of(node.activation.kind);
  s.kind = describe_kind(s, ir, node);
  std::int64_t written = 0;
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    if (const Value* out = operand(ir, node.outputs, i)) written = base::checked_add(written, elements(*out), node.name);
  s.flops = s.macs > 0 ? base::checked_mul(2, s.macs, node.name) : written;
  return s;
}

NetworkShape shape_of(const Graph& graph, const Ir& ir) {
  NetworkShape network;
  network.name = graph.name();
  network.effort_ns = graph::estimated_ns(ir);
  const std::vector<int> layers = graph::layers_of_graph(graph, ir);
  const std::vector<std::int64_t> conversions = cost::conversion_bytes(ir);
  network.layers.reserve(ir.nodes.size());
  for (std::size_t i = 0; i < ir.nodes.size(); ++i) {
    network.layers.push_back(shape_of(ir, ir.nodes[i]));
    LayerShape& shape = network.layers.back();
    shape.layer = layers[i];
    shape.op = graph.layers()[static_cast<std::size_t>(layers[i])].op;
    shape.conversion_bytes = conversions[i];
  }
  return network;
}

}  // namespace

NetworkShape network_shape(const Graph& graph, const std::map<std::string, Shape>& input_shapes) {
  const graph::GraphImpl& impl = graph.impl();
  if (input_shapes.empty()) return shape_of(graph, impl.lowered.ir);
  graph::Bindings bindings = impl.bindings;
  for (const auto& [name, shape] : input_shapes) {
    const auto& inputs = graph.inputs();
    if (std::none_of(inputs.begin(), inputs.end(), [&](const TensorInfo& input) { return input.name == name; }))
      throw Error(ErrorCode::invalid_argument, fmt::format("the graph '{}' has no input '{}'", graph.name(), name));
    bindings.input_shapes[name] = shape;
  }
  return shape_of(graph, graph::lower(impl.source, bindings, impl.evaluator).ir);
}

}  // namespace dnntune
