// SPDX-License-Identifier: Apache-2.0
// Quantized networks, as a quantizer writes them with pairs of QuantizeLinear and DequantizeLinear: they compute what
// the nodes say but for rounding, the same bits for any thread count, and the same bits when they are cut anywhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "dnntune/builder.h"
#include "dnntune/onnx.h"
#include "dnntune/session.h"
#include "graph/graph_impl.h"
#include "kernels/random.h"
#include "runtime/naive.h"

using namespace dnntune;
using Ints = std::vector<std::int64_t>;

namespace {

/// A residual network of bytes with all that is fused, and with floats in between.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed), type_(random_.integer(0, 1) == 0 ? DataType::uint8 : DataType::int8), b_("quantized") {}

  Graph make() {
    std::string x = pair(b_.input("x", DataType::float32, {1, 3, 11, 9}), 1.0f);
    x = pair(conv(x, 16, 3, 2), 3.0f);
    if (chance()) x = same(b_.node("MaxPool", {x}, {{"kernel_shape", Ints{2, 2}}}));
    for (int block = 0; block < 2; ++block) {
      const std::string y = pair(conv(pair(conv(x, 16, 1, 1, "Relu"), 3.0f), 16, 3, 1, "", 16), 4.0f);
      // Who reads the floats of x decides how x is read: now and then another layer does.
      if (random_.integer(0, 3) == 0) b_.output(b_.node("Sigmoid", {x}));
      x = pair(activation(b_.node("Add", {x, y})), 5.0f);
      if (random_.integer(0, 3) == 0) b_.output(x);
    }
    if (chance()) x = same(b_.node("Concat", {x, x}, {{"axis", std::int64_t{1}}}));
    x = pair(b_.node("GlobalAveragePool", {x}), 2.0f);
    x = same(b_.node("Flatten", {x}));
    const std::int64_t k = b_.shape_of(x)[1];
    const bool transposed = chance();
    const std::string w = weights(transposed ? Shape{7, k} : Shape{k, 7}, transposed ? 0 : 1, k);
    x = pair(b_.node("Gemm", {x, w, bias(7)}, {{"transB", std::int64_t{transposed}}}), 2.0f);
    b_.output(b_.node("Softmax", {x}));
    return b_.build();
  }

 private:
  bool chance() { return random_.integer(0, 1) == 0; }
  std::string scalar(float value) { return b_.constant("scale", Tensor::from<float>({}, std::vector<float>{value})); }
  std::string zero(std::int64_t value) {
    const auto stored = static_cast<std::uint8_t>(value);
    return b_.constant("zero", Tensor::copy_of(type_, {}, &stored, 1));
  }
  /// Quantized and dequantized again, for values in about [-range, range].
  std::string pair(const std::string& x, float range) {
    scale_ = scalar(range / 100.0f);
    zero_ = zero(type_ == DataType::uint8 ? random_.integer(90, 150) : random_.integer(-20, 20));
    return same(x);
  }
  /// With the scale of the last pair.
  std::string same(const std::string& x) { return b_.node("DequantizeLinear", {b_.node("QuantizeLinear", {x, scale_, zero_}), scale_, zero_}); }
  std::string weights(const Shape& shape, std::int64_t axis, std::int64_t products) {
    Tensor tensor(DataType::int8, shape);
    for (std::int8_t& w : tensor.as_mutable<std::int8_t>()) w = static_cast<std::int8_t>(random_.integer(-127, 127));
    const std::int64_t channels = shape[static_cast<std::size_t>(axis)];
    const std::int64_t count = chance() ? channels : 1;
    std::vector<float> scales;
    for (std::int64_t c = 0; c < count; ++c) scales.push_back((1.0f + 0.5f * random_.value()) / (80.0f * std::sqrt(static_cast<float>(products))));
    const std::string scale = b_.constant("scale", count == 1 ? Tensor::from<float>({}, scales) : Tensor::from<float>({count}, scales));
    return b_.node("DequantizeLinear", {b_.constant("w", tensor), scale}, {{"axis", axis}});
  }
  std::string bias(std::int64_t count) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(random_.value());
    return b_.constant("bias", Tensor::from<float>({count}, values));
  }
  std::string activation(const std::string& x) {
    switch (random_.integer(0, 2)) {
      case 0: return b_.node("Relu", {x});
      case 1: return b_.node("Clip", {x, scalar(-0.5f), scalar(2.0f)});
      default: return x;
    }
  }
  std::string conv(const std::string& x, std::int64_t out, std::int64_t kernel, std::int64_t stride, const std::string& then = "", std::int64_t group = 1) {
    const std::int64_t in = b_.shape_of(x)[1] / group;
    const std::string w = weights({out, in, kernel, kernel}, 0, in * kernel * kernel);
    const std::string y = b_.node("Conv", {x, w, bias(out)}, {{"pads", Ints(4, kernel / 2)}, {"strides", Ints{stride, stride}}, {"group", group}});
    return then.empty() ? y : b_.node(then, {y});
  }

  test::Random random_;
  DataType type_;
  GraphBuilder b_;
  std::string scale_, zero_;
};

Tensors cut_in_two(const Graph& graph, const CutPoint& cut, const Tensors& inputs) {
  std::set<std::string> made;
  for (int i = 0; i < cut.position; ++i)
    for (const std::string& name : graph.layers()[static_cast<std::size_t>(i)].outputs) made.insert(name);
  std::set<std::string> prefix_outputs, suffix_outputs;
  for (const std::string& name : cut.values)
    if (made.contains(name)) prefix_outputs.insert(name);
  for (const TensorInfo& info : graph.outputs()) (made.contains(info.name) ? prefix_outputs : suffix_outputs).insert(info.name);
  const auto run = [&](const std::vector<std::string>& from, const std::set<std::string>& to, const Tensors& known) {
    const Graph part = parse_onnx(serialize_onnx(graph.extract(from, {to.begin(), to.end()})));
    Tensors own;
    for (const TensorInfo& info : part.inputs()) own[info.name] = known.at(info.name);
    return Session(part, naive::cpu(1)).run(own);
  };
  Tensors known = inputs;
  if (!prefix_outputs.empty()) known.merge(run({"x"}, prefix_outputs, inputs));
  if (!suffix_outputs.empty()) known.merge(run(cut.values, suffix_outputs, known));
  Tensors results;
  for (const TensorInfo& info : graph.outputs()) results[info.name] = known.at(info.name);
  return results;
}

int count_layers(const Graph& graph, graph::Op op) {
  const auto& nodes = graph.impl().lowered.ir.nodes;
  return static_cast<int>(std::count_if(nodes.begin(), nodes.end(), [op](const graph::Node& node) { return node.op == op; }));
}

}  // namespace

TEST_CASE("quantized networks compute what the nodes say, but for a rounding here and there") {
  int fused = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const Graph graph = Maker(seed).make();
    fused += count_layers(graph, graph::Op::QLinearConv);
    const Tensors inputs = random_inputs(graph, seed);
    const Tensors expected = naive::evaluate(graph, inputs);
    const Tensors got = Session(graph, naive::cpu(1)).run(inputs);
    // A step of a quantized value is a hundredth; a few of them differ by one and pass that on.
    CHECK(naive::difference(got, expected, 0.05) == "");
    // Layers of integers give the reference's bits; the float layers behind them need not.
    CHECK(naive::difference(Session(graph, naive::cpu(1), {.reference_kernels = true}).run(inputs), got, 1e-5) == "");
    CHECK(naive::bit_difference(Session(graph, naive::cpu(2), {.alone_below_us = 0}).run(inputs), got) == "");
  }
  CHECK(fused > 100);
}

TEST_CASE("quantized networks: prefix and suffix compute the bits of the whole, at every cut") {
  int cuts = 0, bytes = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const Graph graph = Maker(seed).make();
    const Tensors inputs = random_inputs(graph, seed);
    const Tensors expected = Session(graph, naive::cpu(1)).run(inputs);
    for (const CutPoint& cut : graph.cut_points()) {
      CAPTURE(cut.position);
      CHECK(naive::bit_difference(cut_in_two(graph, cut, inputs), expected) == "");
      ++cuts;
      bytes += !cut.values.empty() && size_of(graph.value(cut.values.front()).type) == 1;
    }
  }
  CHECK(cuts > 300);
  CHECK(bytes > 100);  // what crosses is the integers, not the floats
}
