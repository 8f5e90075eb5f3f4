// SPDX-License-Identifier: Apache-2.0
// Sub-networks, and that the two halves of every cut hold exactly the layers of the whole.
#include <algorithm>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/ir_maker.h"
#include "graph/tiny_evaluator.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

/// All that a layer computes with, constants to the bit.
std::string fingerprint(const Ir& ir, const Node& layer) {
  std::string text = fmt::format("{} {} act {} {} {}", layer.name, layer.op_type, static_cast<int>(layer.activation.kind),
                                 layer.activation.alpha, layer.activation.beta);
  for (const std::string& op : layer.fused_ops) text += "+" + op;
  const auto add = [&](ValueId id) {
    text += " | ";
    if (id == kAbsent) return;
    const Value& value = ir.value(id);
    text += fmt::format("{} {}", to_string(value.type), value.shape ? to_string(*value.shape) : "?");
    if (!value.is_constant()) {
      text += value.name;
      return;
    }
    const auto* bytes = static_cast<const unsigned char*>(value.constant.data());
    for (std::size_t i = 0; i < value.constant.size_bytes(); ++i) text += fmt::format("{:02x}", bytes[i]);
  };
  for (const ValueId id : layer.inputs) add(id);
  text += " ->";
  for (const ValueId id : layer.outputs) add(id);
  return text;
}

std::vector<std::string> fingerprints(const Graph& graph) {
  std::vector<std::string> all;
  const Ir& ir = graph.impl().lowered.ir;
  for (const Node& layer : ir.nodes) all.push_back(fingerprint(ir, layer));
  return all;
}

/// Cuts the graph at every position and compares both halves with the whole.
void check_all_cuts(const Graph& whole) {
  const auto wanted = fingerprints(whole);
  std::vector<std::string> inputs;
  for (const TensorInfo& input : whole.inputs()) inputs.push_back(input.name);
  for (const CutPoint& cut : whole.cut_points()) {
    CAPTURE(cut.position);
    std::vector<std::string> prefix_outputs = cut.values, suffix_outputs;
    std::erase_if(prefix_outputs, [&](const std::string& name) { return std::find(inputs.begin(), inputs.end(), name) != inputs.end(); });
    for (const TensorInfo& output : whole.outputs()) {
      bool before = false;
      for (int i = 0; i < cut.position; ++i)
        for (const std::string& name : whole.layers()[static_cast<std::size_t>(i)].outputs) before = before || name == output.name;
      auto& side = before ? prefix_outputs : suffix_outputs;
      if (std::find(side.begin(), side.end(), output.name) == side.end()) side.push_back(output.name);
    }
    std::vector<std::string> both;
    if (!prefix_outputs.empty()) both = fingerprints(whole.extract(inputs, prefix_outputs));
    CHECK(both.size() == static_cast<std::size_t>(cut.position));
    if (!suffix_outputs.empty())
      for (std::string& layer : fingerprints(whole.extract(cut.values, suffix_outputs))) both.push_back(std::move(layer));
    CHECK(both == wanted);
  }
}

/// A random network of 1x4x6x6 values with all that lowering looks at: chains that fuse, branches,
/// copies, dead ends, outputs in the middle.
IrMaker random_network(unsigned seed) {
  const auto random = [&seed](unsigned bound) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % bound;
  };
  IrMaker m;
  m.input("v0", {1, 4, 6, 6});
  m.constant("w", pattern({4, 4, 3, 3}));
  m.constant("k", pattern({4, 1, 1}, 5));
  m.constant("one", floats({4}, {1, 2, 3, 4}));
  m.constant("zero", floats({}, {0}));
  m.constant("six", floats({}, {6}));
  m.constant("dims", ints({0, 0, -1, 6}));
  const NodeAttributes same = {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}};
  const unsigned count = 6 + random(14);
  for (unsigned i = 0; i < count; ++i) {
    // Mostly the latest value, so that chains come about.
    const auto any = [&] { return "v" + std::to_string(random(3) == 0 ? random(i + 1) : i); };
    const std::string x = any(), y = "v" + std::to_string(i + 1);
    switch (random(12)) {
      case 0:
      case 1:
      case 2: m.node("Conv", {x, "w"}, {y}, same); break;
      case 3: m.node("BatchNormalization", {x, "one", "one", "one", "one"}, {y}); break;
      case 4: m.node("Relu", {x}, {y}); break;
      case 5: m.node("Clip", {x, "zero", "six"}, {y}); break;
      case 6: m.node("Add", {x, "k"}, {y}); break;
      case 7: m.node("Mul", {"k", x}, {y}); break;
      case 8: m.node("Add", {x, any()}, {y}); break;
      case 9: m.node("Identity", {x}, {y}); break;
      case 10: m.node("Dropout", {x}, {y, "mask" + std::to_string(i)}); break;
      default: m.node("Reshape", {x, "dims"}, {y}); break;
    }
  }
  m.output("v" + std::to_string(count));
  for (unsigned i = 1; i < count; ++i)
    if (random(8) == 0) m.output("v" + std::to_string(i));
  return m;
}

}  // namespace

TEST_CASE("Both halves of every cut of random networks hold the layers of the whole, to the bit") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    check_all_cuts(random_network(seed).graph());
  }
}

namespace {

/// Conv -> "c", and a tail that reshapes by the shape of the input, far from the cut.
IrMaker with_shape_of_input(Shape input = {1, 2, 4, 4}) {
  IrMaker m;
  m.input("x", std::move(input));
  m.constant("w", pattern({2, 2, 1, 1}));
  m.constant("zero", ints({0}));
  m.constant("rest", ints({-1}));
  m.node("Shape", {"x"}, {"s"});
  m.node("Conv", {"x", "w"}, {"c"});
  m.node("Sigmoid", {"c"}, {"g"});
  m.node("Gather", {"s", "zero"}, {"n"});
  m.node("Concat", {"n", "rest"}, {"target"}, {{"axis", std::int64_t{0}}});
  m.node("Reshape", {"g", "target"}, {"y"});
  m.output("y");
  return m;
}

}  // namespace

TEST_CASE("What depends on a shape before the cut becomes a weight of the second half") {
  const TinyEvaluator evaluator;
  const Graph whole = with_shape_of_input().graph(&evaluator);
  check_all_cuts(whole);
  const Graph suffix = whole.extract({"g"}, {"y"});
  CHECK(suffix.node_count() == 1);
  REQUIRE(suffix.layers().size() == 1);
  CHECK(suffix.outputs()[0].shape == Shape{1, 32});
}

TEST_CASE("An extract keeps nodes, names, order, weights and shapes") {
  IrMaker m;
  m.input("x", {1, 2, 4, 4});
  m.constant("w", pattern({2, 2, 1, 1}));
  m.node("Conv", {"x", "w"}, {"a"});
  m.node("Relu", {"a"}, {"b"});
  m.node("Sigmoid", {"b"}, {"c"});
  m.node("Neg", {"b"}, {"d"});
  m.node("Add", {"c", "d"}, {"y"});
  m.output("y");
  const std::byte raw[3] = {};
  m.ir.nodes[2].raw = raw;
  m.ir.value(m.id("w")).raw = raw;
  const Graph whole = m.graph();
  const Graph part = whole.extract({"b"}, {"c", "d"});
  CHECK(part.name() == whole.name());
  REQUIRE(part.node_count() == 2);
  CHECK(part.layers()[0].name == "Sigmoid_2");
  CHECK(part.layers()[1].name == "Neg_3");
  CHECK(part.impl().source.nodes[0].raw.data() == raw);
  CHECK(part.inputs()[0].shape == Shape{1, 2, 4, 4});
  CHECK(part.outputs()[1].name == "d");
  const Graph head = whole.extract({"x"}, {"a"});
  CHECK(head.impl().source.value(head.impl().source.nodes[0].inputs[1]).raw.data() == raw);
  CHECK(whole.extract({"x"}, {"y"}).hash() == whole.hash());
}

TEST_CASE("Values inside a fused layer can be extracted too") {
  IrMaker m;
  m.input("x", {1, 2, 4, 4});
  m.constant("w", pattern({2, 2, 1, 1}));
  m.node("Conv", {"x", "w"}, {"a"});
  m.node("Relu", {"a"}, {"y"});
  m.output("y");
  const Graph whole = m.graph();
  REQUIRE(whole.layers().size() == 1);
  CHECK(whole.extract({"x"}, {"a"}).layers().size() == 1);
  CHECK(whole.extract({"a"}, {"y"}).inputs()[0].shape == Shape{1, 2, 4, 4});
}

TEST_CASE("An extract names what is missing or wrong") {
  IrMaker m;
  m.input("x", {2});
  m.input("z", {2});
  m.constant("k", floats({2}, {1, 2}));
  m.node("Add", {"x", "k"}, {"a"});
  m.node("Mul", {"a", "z"}, {"b"});
  m.node("Split", {"b"}, {"left", "right"});
  m.node("Sub", {"left", "right"}, {"y"});
  m.output("y");
  const Graph g = m.graph();
  const auto message = [&](const std::vector<std::string>& in, const std::vector<std::string>& out) -> std::string {
    try {
      (void)g.extract(in, out);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::invalid_argument);
      return error.what();
    }
    return "no error";
  };
  CHECK(message({"a"}, {"y"}) == "'y' cannot be computed from the inputs given: 'z' is missing");
  CHECK(message({"z"}, {"a"}) == "'a' cannot be computed from the inputs given: 'x' is missing");
  CHECK(message({"a", "z"}, {"nothing"}) == "output 'nothing' is no value of the graph");
  CHECK(message({"q"}, {"y"}) == "input 'q' is no value of the graph");
  CHECK(message({"k"}, {"y"}) == "'k' is a weight and cannot be an input");
  CHECK(message({"a", "a"}, {"y"}) == "input 'a' is listed twice");
  CHECK(message({"b", "left"}, {"y"}) == "'left' is listed as an input, but node 'Split_2', which is needed, makes it");
}

TEST_CASE("Open dimensions stay open where the part can take any size") {
  IrMaker m;
  m.input("x", {-1, 3, 4, 4}, DataType::float32, {"batch", "", "", ""});
  m.constant("w", pattern({2, 3, 1, 1}));
  m.node("Conv", {"x", "w"}, {"a"});
  m.node("Sigmoid", {"a"}, {"s"});
  m.node("Neg", {"s"}, {"y"});
  m.output("y");
  const Graph part = m.graph().extract({"s"}, {"y"});
  CHECK(part.inputs()[0].shape == Shape{1, 2, 4, 4});
  CHECK(*part.impl().source.value(part.impl().source.inputs[0]).shape == Shape{-1, 2, 4, 4});
  // At another default size whoever loads the part alone must find that size in it.
  Bindings bindings;
  bindings.input_shapes["x"] = {5, 3, 4, 4};
  const Graph sized = m.graph(nullptr, bindings).extract({"s"}, {"y"});
  CHECK(*sized.impl().source.value(sized.impl().source.inputs[0]).shape == Shape{5, 2, 4, 4});
  // A part that holds a constant made from the size works for that size alone.
  const TinyEvaluator evaluator;
  const Graph bound = with_shape_of_input({-1, 2, 4, 4}).graph(&evaluator).extract({"g"}, {"y"});
  CHECK(*bound.impl().source.value(bound.impl().source.inputs[0]).shape == Shape{1, 2, 4, 4});
}
