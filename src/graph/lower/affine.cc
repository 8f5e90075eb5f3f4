// SPDX-License-Identifier: Apache-2.0
#include "graph/lower/affine.h"

#include <cmath>

namespace dnntune::graph::lowering {
namespace {

bool is_constant_floats(const Ir& ir, ValueId id) {
  return id != kAbsent && ir.value(id).is_constant() && ir.value(id).type == DataType::float32;
}

ValueId input(const Node& node, std::size_t i) { return i < node.inputs.size() ? node.inputs[i] : kAbsent; }

/// The constant as one number a channel: its shape may differ from 1 only along the channel axis of an
/// output of rank `rank`. Empty when it has another form.
std::vector<double> per_channel(const Ir& ir, ValueId id, std::size_t rank, const Channels& channels) {
  if (!is_constant_floats(ir, id)) return {};
  const Shape& shape = *ir.value(id).shape;
  if (shape.size() > rank) return {};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool is_channel = i + rank - shape.size() == channels.axis;
    if (shape[i] != 1 && !(is_channel && shape[i] == channels.count)) return {};
  }
  const Tensor tensor = ir.value(id).whole_constant();
  const auto data = tensor.as<float>();
  std::vector<double> values(static_cast<std::size_t>(channels.count));
  for (std::size_t c = 0; c < values.size(); ++c) values[c] = static_cast<double>(data.size() == 1 ? data[0] : data[c]);
  return values;
}

std::optional<Affine> batch_normalization(const Ir& ir, const Node& node, const Channels& channels) {
  const auto count = static_cast<std::size_t>(channels.count);
  Tensor operands[4];
  for (std::size_t i = 0; i < 4; ++i) {
    if (!is_constant_floats(ir, input(node, i + 1))) return std::nullopt;
    operands[i] = ir.value(node.inputs[i + 1]).whole_constant();
    if (operands[i].element_count() != count) return std::nullopt;
  }
  const auto gamma = operands[0].as<float>(), beta = operands[1].as<float>(), mean = operands[2].as<float>(), variance = operands[3].as<float>();
  const double epsilon = static_cast<double>(node.attributes.number("epsilon", 1e-5f));
  Affine affine{std::vector<double>(count), std::vector<double>(count)};
  for (std::size_t c = 0; c < count; ++c) {
    affine.scale[c] = static_cast<double>(gamma[c]) / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    affine.shift[c] = static_cast<double>(beta[c]) - static_cast<double>(mean[c]) * affine.scale[c];
  }
  return affine;
}

ChannelRuns channel_runs(const Node& layer, const Shape& w) {
  const auto dim = [&w](std::size_t axis) { return static_cast<std::size_t>(w[axis]); };
  std::size_t taps = 1;
  for (std::size_t axis = 2; axis < w.size(); ++axis) taps *= dim(axis);
  switch (layer.op) {
    case Op::Conv: return {dim(1) * taps, dim(0), 1};
    // Input channels, output channels of a group, taps.
    case Op::ConvTranspose: return {taps, dim(1), dim(0) / static_cast<std::size_t>(layer.attributes.integer("group", 1))};
    case Op::Gemm:
      if (layer.attributes.integer("transB", 0) != 0) return {dim(1), dim(0), 1};
      return {1, dim(1), dim(0)};
    default: return {1, static_cast<std::size_t>(w.back()), dim(0) * dim(1) * taps / static_cast<std::size_t>(w.back())};  // MatMul
  }
}

/// The layer's bias in double, one entry a channel; unset when it is not constant along the channels.
std::optional<std::vector<double>> layer_bias(const Ir& ir, const Node& layer, const Channels& channels) {
  if (input(layer, 2) == kAbsent) return std::vector<double>(static_cast<std::size_t>(channels.count), 0.0);
  const bool is_gemm = layer.op == Op::Gemm;
  // Gemm broadcasts its bias to [M, N]; elsewhere it is a vector.
  std::vector<double> bias = per_channel(ir, layer.inputs[2], is_gemm ? 2 : 1, Channels{is_gemm ? 1u : 0u, channels.count});
  if (bias.empty()) return std::nullopt;
  if (is_gemm)
    for (double& b : bias) b *= static_cast<double>(layer.attributes.number("beta", 1.0f));
  return bias;
}

}  // namespace

std::optional<Channels> output_channels(const Ir& ir, const Node& layer) {
  const Value& out = ir.value(layer.outputs[0]);
  const Value& weights = ir.value(layer.inputs[1]);
  if (!out.shape || !weights.shape || out.shape->empty() || weights.shape->size() < 2) return std::nullopt;
  const bool is_conv = layer.op == Op::Conv || layer.op == Op::ConvTranspose;
  const std::size_t axis = is_conv ? 1 : out.shape->size() - 1;
  const std::int64_t count = (*out.shape)[axis];
  if (count < 1) return std::nullopt;
  return Channels{axis, count};
}

std::optional<Affine> affine_of(const Ir& ir, const Node& node, ValueId x, const Channels& channels) {
  const std::size_t rank = ir.value(x).shape->size();
  if (node.op == Op::BatchNormalization) {
    if (node.inputs[0] != x || channels.axis != 1) return std::nullopt;
    return batch_normalization(ir, node, channels);
  }
  if (node.op != Op::Add && node.op != Op::Sub && node.op != Op::Mul) return std::nullopt;
  if (node.op == Op::Sub && node.inputs[0] != x) return std::nullopt;  // constant - x would turn the sign
  std::vector<double> values = per_channel(ir, node.inputs[node.inputs[0] == x ? 1 : 0], rank, channels);
  if (values.empty()) return std::nullopt;
  if (node.op == Op::Mul) return Affine{std::move(values), {}};
  if (node.op == Op::Sub)
    for (double& v : values) v = -v;
  return Affine{{}, std::move(values)};
}

std::optional<FoldedWeights> fold_affine(const Ir& ir, const Node& layer, const Affine& affine, const Channels& channels) {
  auto bias = layer_bias(ir, layer, channels);
  if (!bias) return std::nullopt;
  FoldedWeights folded;
  if (!affine.scale.empty()) {
    if (!is_constant_floats(ir, layer.inputs[1])) return std::nullopt;
    const Value& value = ir.value(layer.inputs[1]);
    const Weights weights = value.weights.defined() ? value.weights : Weights(value.constant);
    folded.weights = weights.scaled(channel_runs(layer, weights.shape()), affine.scale);
    for (std::size_t c = 0; c < bias->size(); ++c) (*bias)[c] *= affine.scale[c];
  }
  folded.bias = Tensor(DataType::float32, Shape{channels.count});
  const auto out = folded.bias.as_mutable<float>();
  for (std::size_t c = 0; c < bias->size(); ++c)
    out[c] = static_cast<float>((*bias)[c] + (affine.shift.empty() ? 0.0 : affine.shift[c]));
  return folded;
}

}  // namespace dnntune::graph::lowering
