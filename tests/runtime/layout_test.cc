// SPDX-License-Identifier: Apache-2.0
// Where the layout pass makes copies, and where it only renames dimensions.
#include "runtime/layout.h"

#include <algorithm>
#include <string>

#include "dnntune/builder.h"
#include "graph/graph_impl.h"
#include "runtime/naive.h"
#include "throws.h"

using namespace dnntune;
using namespace dnntune::runtime;
using graph::Op;
using Ints = std::vector<std::int64_t>;

namespace {

/// A builder with the shorthands of these tests.
struct Net {
  GraphBuilder builder{"net"};

  std::string input(const Shape& shape, const std::string& name = "x") { return builder.input(name, DataType::float32, shape); }
  std::string weight(const Shape& shape) { return builder.constant("w", naive::random_tensor(shape, 1)); }
  std::string ints(const Ints& values) { return builder.constant("i", Tensor::from(Shape{static_cast<std::int64_t>(values.size())}, values)); }
  std::string conv(const std::string& x, std::int64_t out, std::int64_t k = 3) {
    return builder.node("Conv", {x, weight({out, builder.shape_of(x)[1], k, k})}, {{"pads", Ints(4, k / 2)}});
  }
  std::string node(const std::string& op, const std::vector<std::string>& inputs, const NodeAttributes& attributes = {}) {
    return builder.node(op, inputs, attributes);
  }
  PhysicalGraph place(const std::vector<std::string>& outputs) {
    for (const std::string& output : outputs) builder.output(output);
    return assign_layout(builder.build().impl().lowered.ir);
  }
};

/// Copies made by the pass: those for layers and those for graph outputs.
struct Copies {
  int layers = 0, outputs = 0;
  bool operator==(const Copies&) const = default;
};
Copies copies_of(const PhysicalGraph& graph) {
  Copies copies;
  for (const Step& step : graph.steps)
    if (step.conversion) ++(step.layer < 0 ? copies.outputs : copies.layers);
  return copies;
}

const Step& find(const PhysicalGraph& graph, Op op) {
  const auto it = std::find_if(graph.steps.begin(), graph.steps.end(), [&](const Step& s) { return s.node.op == op && !s.conversion; });
  REQUIRE(it != graph.steps.end());
  return *it;
}

}  // namespace

TEST_CASE("a chain of image layers is converted at its two ends") {
  Net net;
  const PhysicalGraph graph = net.place({net.node("Sigmoid", {net.node("MaxPool", {net.conv(net.conv(net.input({1, 3, 8, 8}), 4), 5)},
                                                                       {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}})})});
  CHECK(copies_of(graph) == Copies{1, 1});
  CHECK(graph.value(find(graph, Op::Conv).node.inputs[0]).shape == Shape{1, 8, 8, 3});
  CHECK(graph.value(graph.inputs[0]).shape == Shape{1, 3, 8, 8});
  CHECK(graph.value(graph.outputs[0]).shape == Shape{1, 5, 4, 4});
}

TEST_CASE("one channel, or one pixel, is the same memory in both orders") {
  Net net;
  const PhysicalGraph graph = net.place({net.node("GlobalAveragePool", {net.conv(net.input({2, 1, 8, 8}), 4)})});
  CHECK(copies_of(graph) == Copies{0, 0});
}

TEST_CASE("a classifier's head: flattening one pixel is free, flattening an image is one copy") {
  for (const bool pooled : {true, false}) {
    Net net;
    std::string y = net.conv(net.input({1, 1, 4, 4}), 6);
    if (pooled) y = net.node("GlobalAveragePool", {y});
    y = net.node("Flatten", {y});
    const std::int64_t features = net.builder.shape_of(y)[1];
    const PhysicalGraph graph = net.place({net.node("Gemm", {y, net.weight({features, 10})})});
    CHECK(copies_of(graph) == Copies{pooled ? 0 : 1, 0});
  }
}

TEST_CASE("a network written for N, H, W, C: its transposes vanish") {
  Net net;
  const std::string x = net.node("Transpose", {net.input({1, 8, 8, 3})}, {{"perm", Ints{0, 3, 1, 2}}});
  const PhysicalGraph graph = net.place({net.node("Transpose", {net.conv(x, 4)}, {{"perm", Ints{0, 2, 3, 1}}})});
  REQUIRE(graph.steps.size() == 1);
  CHECK(graph.steps[0].node.op == Op::Conv);
  CHECK(graph.storage(graph.steps[0].node.inputs[0]) == graph.inputs[0]);
  CHECK(graph.storage(graph.outputs[0]) == graph.storage(graph.steps[0].node.outputs[0]));
}

TEST_CASE("a transpose between plain layers is that layer's own work") {
  Net net;
  const std::string heads = net.node("Reshape", {net.input({2, 6, 12}), net.ints({2, 6, 3, 4})});
  const std::string swapped = net.node("Transpose", {heads}, {{"perm", Ints{0, 2, 1, 3}}});
  const PhysicalGraph graph = net.place({net.node("MatMul", {swapped, net.weight({4, 5})})});
  CHECK(copies_of(graph) == Copies{0, 0});
  REQUIRE(graph.steps.size() == 2);
  CHECK(graph.steps[0].node.op == Op::Transpose);
  CHECK(graph.steps[0].layer == 1);
}

TEST_CASE("a channel shuffle is one copy") {
  Net net;
  std::string y = net.conv(net.input({1, 1, 5, 7}), 12);
  y = net.node("Reshape", {y, net.ints({1, 3, 4, 5, 7})});
  y = net.node("Transpose", {y}, {{"perm", Ints{0, 2, 1, 3, 4}}});
  y = net.node("Reshape", {y, net.ints({1, 12, 5, 7})});
  const PhysicalGraph graph = net.place({net.node("GlobalAveragePool", {net.conv(y, 4)})});
  CHECK(copies_of(graph) == Copies{1, 0});
}

TEST_CASE("constants follow the order of the layer, without a step") {
  for (const Shape& shape : {Shape{4, 1, 1}, Shape{1, 4, 1, 1}, Shape{1, 4, 6, 6}, Shape{6}, Shape{}, Shape{1}}) {
    Net net;
    const PhysicalGraph graph = net.place({net.node("Max", {net.conv(net.input({1, 1, 6, 6}), 4), net.weight(shape)})});
    CHECK(copies_of(graph) == Copies{0, 1});
    const PhysicalValue& constant = graph.value(find(graph, Op::Max).node.inputs[1]);
    REQUIRE(constant.constant.defined());
    CHECK(constant.constant.shape() == constant.shape);
    if (shape.size() >= 3) CHECK(constant.shape.back() == 4);
  }
}

TEST_CASE("squeeze and excite: no copies inside") {
  Net net;
  const std::string x = net.conv(net.input({1, 1, 6, 6}), 4);
  const std::string gate = net.node("Sigmoid", {net.conv(net.node("ReduceMean", {x, net.ints({2, 3})}), 4, 1)});
  const PhysicalGraph graph = net.place({net.node("GlobalAveragePool", {net.conv(net.node("Mul", {x, gate}), 3)})});
  CHECK(copies_of(graph) == Copies{0, 0});
}

TEST_CASE("a copy is shared by the layers that want it") {
  Net net;
  const std::string x = net.input({1, 3, 6, 6});
  const PhysicalGraph graph = net.place({net.node("GlobalMaxPool", {net.conv(x, 4)}), net.node("GlobalMaxPool", {net.conv(x, 5)})});
  CHECK(copies_of(graph) == Copies{1, 0});
}

TEST_CASE("axes and operands move with the order") {
  Net net;
  const std::string x = net.conv(net.input({1, 1, 6, 8}), 4);
  std::string y = net.node("Concat", {x, x}, {{"axis", std::int64_t{1}}});
  y = net.node("Slice", {y, net.ints({1}), net.ints({5}), net.ints({-1})});
  y = net.node("Pad", {y, net.ints({0, 1, 2, 3, 0, 4, 5, 6})});
  const auto parts = net.builder.node_multi("Split", {y, net.ints({6, 7})}, 2, {{"axis", std::int64_t{-3}}});
  const std::string s = net.node("Softmax", {parts[0]}, {{"axis", std::int64_t{1}}});
  const PhysicalGraph graph = net.place({net.node("GlobalMaxPool", {s}), net.node("GlobalMaxPool", {parts[1]})});
  CHECK(copies_of(graph) == Copies{0, 0});
  const auto ints = [&](int value) {
    const auto span = graph.value(value).constant.as<std::int64_t>();
    return Ints(span.begin(), span.end());
  };
  CHECK(find(graph, Op::Concat).node.attributes.integer("axis", 0) == 3);
  CHECK(ints(find(graph, Op::Slice).node.inputs[3]) == Ints{2});
  CHECK(ints(find(graph, Op::Pad).node.inputs[1]) == Ints{0, 2, 3, 1, 0, 5, 6, 4});
  CHECK(find(graph, Op::Split).node.attributes.integer("axis", 0) == 3);
  CHECK(find(graph, Op::Softmax).node.attributes.integer("axis", 0) == 3);
}

TEST_CASE("what depends on the order of summation does not depend on the neighbours") {
  // The same layer behind an image layer and behind the input.
  for (const Ints& axes : {Ints{2, 3}, Ints{1}, Ints{3}, Ints{1, 2, 3}, Ints{0}}) {
    std::vector<Shape> shapes;
    std::vector<Ints> reduced;
    for (const bool behind_conv : {false, true}) {
      Net net;
      std::string x = net.input({2, 4, 6, 6});
      if (behind_conv) x = net.conv(x, 4);
      const PhysicalGraph graph = net.place({net.node("ReduceSum", {x, net.ints(axes)})});
      const Step& step = find(graph, Op::ReduceSum);
      shapes.push_back(graph.value(step.node.inputs[0]).shape);
      const auto span = graph.value(step.node.inputs[1]).constant.as<std::int64_t>();
      reduced.push_back(Ints(span.begin(), span.end()));
    }
    CHECK(shapes[0] == shapes[1]);
    CHECK(reduced[0] == reduced[1]);
  }
}

TEST_CASE("a shape that only the run would tell is refused by name") {
  graph::Ir ir;
  graph::Value x;
  x.name = "mystery";
  x.type = DataType::float32;
  x.shape = Shape{1, -1};
  ir.inputs.push_back(ir.add_value(x));
  CHECK_ERROR(assign_layout(ir), ErrorCode::unsupported, "mystery");
}
