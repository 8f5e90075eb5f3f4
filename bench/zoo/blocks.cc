// SPDX-License-Identifier: Apache-2.0
#include "zoo/blocks.h"

#include <cmath>
#include <utility>

namespace dnntune::zoo {
namespace {

std::vector<std::int64_t> both(Size2 size) { return {size.height, size.width}; }
/// ONNX: all beginnings, then all ends.
std::vector<std::int64_t> pads(Size2 size) { return {size.height, size.width, size.height, size.width}; }

NodeAttributes pool_attributes(const PoolOptions& o) {
  NodeAttributes attributes{{"kernel_shape", both(o.kernel)}, {"strides", both(o.stride)}, {"pads", pads(o.pad)}};
  if (o.ceil) attributes.emplace_back("ceil_mode", std::int64_t{1});
  return attributes;
}

}  // namespace

Net::Net(std::string_view name, std::uint64_t seed) : builder_(std::string(name)), weights_(name, seed) {
  builder_.metadata("zoo_model", std::string(name));
  builder_.metadata("generator", std::string(WeightSource::kName));
  builder_.metadata("seed", std::to_string(seed));
}

std::string Net::input(const std::string& name, Shape shape, DataType type) {
  return builder_.input(name, type, std::move(shape));
}

Graph Net::finish(std::initializer_list<std::string> outputs) {
  for (const std::string& value : outputs) builder_.output(value);
  return builder_.build();
}

std::string Net::node(const std::string& op, const std::vector<std::string>& inputs, const NodeAttributes& attributes,
                      const std::string& name) {
  return builder_.node(op, inputs, attributes, name);
}

std::vector<std::string> Net::parts(const std::string& op, const std::vector<std::string>& inputs, int outputs,
                                    const NodeAttributes& attributes, const std::string& name) {
  std::vector<std::string> values = builder_.node_multi(op, inputs, outputs, attributes, name);
  for (const std::string& value : values) like(inputs.front(), value);
  return values;
}

std::int64_t Net::dim(const std::string& value, std::size_t axis) const { return builder_.shape_of(value).at(axis); }

std::string Net::like(const std::string& x, std::string y) {
  if (rectified_.contains(x)) rectified_.insert(y);
  return y;
}

// Weights and operands

std::string Net::weight(const std::string& name, Shape shape, std::int64_t fan_in, float gain) {
  // A uniform distribution on (-h, h) has variance h^2 / 3.
  const float half_range = std::sqrt(3.0f * gain / static_cast<float>(fan_in));
  return builder_.constant(name, weights_.uniform(name, std::move(shape), half_range));
}

std::string Net::vector(const std::string& name, std::int64_t count, float half_range, float centre) {
  return builder_.constant(name, weights_.uniform(name, {count}, half_range, centre));
}

std::string Net::constant(const std::string& name, Tensor value) {
  if (!constants_.insert(name).second) return name;
  return builder_.constant(name, std::move(value));
}

std::string Net::integers(const std::string& name, const std::vector<std::int64_t>& values) {
  return constant(name, Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values));
}

// Layers

std::string Net::conv(const std::string& x, const std::string& name, const ConvOptions& o) {
  const std::int64_t channels = dim(x, 1) / o.groups;
  const std::int64_t fan_in = channels * o.kernel.height * o.kernel.width;
  std::vector<std::string> inputs{
      x, weight(name + ".weight", {o.out, channels, o.kernel.height, o.kernel.width}, fan_in, gain(x))};
  if (o.bias) inputs.push_back(vector(name + ".bias", o.out, 0.1f));
  return node("Conv", inputs,
              {{"dilations", both(o.dilation)},
               {"group", o.groups},
               {"kernel_shape", both(o.kernel)},
               {"pads", pads(o.pad)},
               {"strides", both(o.stride)}},
              name);
}

std::string Net::batch_norm(const std::string& x, const std::string& name, float scale, float epsilon) {
  const std::int64_t channels = dim(x, 1);
  return node("BatchNormalization",
              {x, vector(name + ".weight", channels, 0.1f * scale, scale), vector(name + ".bias", channels, 0.1f),
               vector(name + ".running_mean", channels, 0.1f), vector(name + ".running_var", channels, 0.2f, 1.0f)},
              {{"epsilon", epsilon}}, name);
}

std::string Net::dense(const std::string& x, const std::string& name, std::int64_t out, float weight_gain) {
  const std::int64_t in = dim(x, 1);
  return node("Gemm", {x, weight(name + ".weight", {out, in}, in, weight_gain * gain(x)), vector(name + ".bias", out, 0.1f)},
              {{"transB", std::int64_t{1}}}, name);
}

std::string Net::relu(const std::string& x, const std::string& name) {
  return *rectified_.insert(node("Relu", {x}, {}, name)).first;
}

std::string Net::clip(const std::string& x, const std::string& name, float low, float high) {
  const auto bound = [&](float value) {
    return constant("clip_bound_" + std::to_string(static_cast<int>(value)), Tensor::from<float>({}, std::vector<float>{value}));
  };
  std::string y = node("Clip", {x, bound(low), bound(high)}, {}, name);
  if (low >= 0.0f) rectified_.insert(y);
  return y;
}

std::string Net::max_pool(const std::string& x, const std::string& name, const PoolOptions& options) {
  return like(x, node("MaxPool", {x}, pool_attributes(options), name));
}

std::string Net::average_pool(const std::string& x, const std::string& name, const PoolOptions& options) {
  NodeAttributes attributes = pool_attributes(options);
  attributes.emplace_back("count_include_pad", std::int64_t{1});
  return like(x, node("AveragePool", {x}, attributes, name));
}

std::string Net::global_average_pool(const std::string& x, const std::string& name) {
  return like(x, node("GlobalAveragePool", {x}, {}, name));
}

std::string Net::lrn(const std::string& x, const std::string& name) {
  // AlexNet's and GoogLeNet's in Caffe: five channels, alpha 1e-4, beta 0.75, k = 1.
  return like(x, node("LRN", {x}, {{"alpha", 1e-4f}, {"beta", 0.75f}, {"bias", 1.0f}, {"size", std::int64_t{5}}}, name));
}

std::string Net::add(const std::string& a, const std::string& b, const std::string& name) {
  return node("Add", {a, b}, {}, name);
}

std::string Net::concat(const std::vector<std::string>& parts, const std::string& name, std::int64_t axis) {
  return like(parts.front(), node("Concat", parts, {{"axis", axis}}, name));
}

std::string Net::flatten(const std::string& x, const std::string& name) {
  return like(x, node("Flatten", {x}, {{"axis", std::int64_t{1}}}, name));
}

std::string Net::reshape(const std::string& x, const std::string& name, const std::vector<std::int64_t>& shape) {
  return like(x, node("Reshape", {x, integers(name + ".shape", shape)}, {}, name));
}

std::string Net::transpose(const std::string& x, const std::string& name, const std::vector<std::int64_t>& order) {
  return like(x, node("Transpose", {x}, {{"perm", order}}, name));
}

std::string Net::softmax(const std::string& x, const std::string& name, std::int64_t axis) {
  return node("Softmax", {x}, {{"axis", axis}}, name);
}

// Runs of layers

std::string Net::conv_relu(const std::string& x, const std::string& name, ConvOptions options) {
  options.bias = true;
  return relu(conv(x, name, options), name + "_relu");
}

std::string Net::conv_bn(const std::string& x, const std::string& name, const ConvOptions& options, float scale) {
  return batch_norm(conv(x, name, options), name + "_bn", scale);
}

std::string Net::conv_bn_relu(const std::string& x, const std::string& name, const ConvOptions& options) {
  return relu(conv_bn(x, name, options), name + "_relu");
}

std::string Net::conv_bn_relu6(const std::string& x, const std::string& name, const ConvOptions& options) {
  return relu6(conv_bn(x, name, options), name + "_relu6");
}

std::string Net::classify(const std::string& x, std::int64_t classes) {
  const std::string features = flatten(global_average_pool(x, "global_pool"), "features");
  return softmax(dense(features, "logits", classes), "probabilities");
}

}  // namespace dnntune::zoo
