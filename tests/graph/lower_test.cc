// SPDX-License-Identifier: Apache-2.0
// Binding of shapes, constant folding and the removal of what does nothing.
#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "graph/ir_maker.h"
#include "graph/liveness.h"
#include "graph/lower.h"
#include "graph/tiny_evaluator.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

std::vector<std::string> layer_ops(const Ir& ir) {
  std::vector<std::string> ops;
  for (const Node& node : ir.nodes) ops.push_back(node.op_type);
  return ops;
}

const Value& by_name(const Ir& ir, const std::string& name) {
  for (const Value& value : ir.values)
    if (value.name == name) return value;
  FAIL("no value " << name);
  return ir.values.front();
}

using Ops = std::vector<std::string>;

/// x -> MaxPool -> "p" -> Reshape to [batch, -1] with the batch read off p's own shape -> "y".
IrMaker flatten_by_shape() {
  IrMaker m;
  m.input("x", {-1, 2, 4, 4}, DataType::float32, {"batch", "", "", ""});
  m.constant("zero", Tensor::from<std::int64_t>({}, std::vector<std::int64_t>{0}));
  m.constant("axes", ints({0}));
  m.constant("rest", ints({-1}));
  m.node("MaxPool", {"x"}, {"p"}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}});
  m.node("Shape", {"p"}, {"s"});
  m.node("Gather", {"s", "zero"}, {"batch"});
  m.node("Unsqueeze", {"batch", "axes"}, {"batch1"});
  m.node("Concat", {"batch1", "rest"}, {"target"}, {{"axis", std::int64_t{0}}});
  m.node("Reshape", {"p", "target"}, {"y"});
  m.output("y");
  return m;
}

}  // namespace

TEST_CASE("A chain that computes a shape folds away") {
  const IrMaker m = flatten_by_shape();
  const TinyEvaluator evaluator;
  Bindings bindings;
  bindings.input_shapes["x"] = {3, 2, 4, 4};
  const Lowered lowered = lower(m.ir, bindings, &evaluator);
  CHECK(layer_ops(lowered.ir) == Ops{"MaxPool", "Reshape"});
  CHECK(*by_name(lowered.ir, "y").shape == Shape{3, 18});
  CHECK(by_name(lowered.ir, "target").constant.as<std::int64_t>()[0] == 3);
  CHECK(lowered.folded.size() == 4);
  CHECK(lowered.folded.contains("batch1"));
}

TEST_CASE("Shape arithmetic folds without an evaluator") {
  const IrMaker m = flatten_by_shape();
  const Lowered lowered = lower(m.ir, {}, nullptr);
  CHECK(layer_ops(lowered.ir) == Ops{"MaxPool", "Reshape"});
  CHECK(by_name(lowered.ir, "target").constant.as<std::int64_t>()[0] == 1);
  CHECK(*by_name(lowered.ir, "y").shape == Shape{1, 18});
}

TEST_CASE("Constant, Shape, Size and views of constants fold without an evaluator") {
  IrMaker m;
  m.input("x", {2, 3});
  m.node("Constant", {}, {"k"}, {{"value_ints", std::vector<std::int64_t>{4, 5, 6, 7}}});
  m.constant("two", ints({2, 2}));
  m.node("Reshape", {"k", "two"}, {"r"});
  m.node("Identity", {"r"}, {"i"});
  m.node("Size", {"x"}, {"n"});
  m.node("Shape", {"x"}, {"s"}, {{"start", std::int64_t{-1}}});
  for (const char* name : {"i", "n", "s"}) m.output(name);
  const Lowered lowered = lower(m.ir, {}, nullptr);
  CHECK(lowered.ir.nodes.empty());
  CHECK(by_name(lowered.ir, "i").constant.shape() == Shape{2, 2});
  CHECK(by_name(lowered.ir, "i").constant.as<std::int64_t>()[3] == 7);
  CHECK(by_name(lowered.ir, "n").constant.as<std::int64_t>()[0] == 6);
  CHECK(by_name(lowered.ir, "s").constant.as<std::int64_t>()[0] == 3);
}

TEST_CASE("A huge expansion of a small constant is left to run time") {
  for (const std::int64_t side : {1024, 8192}) {  // 4 MiB and 256 MiB
    CAPTURE(side);
    IrMaker m;
    m.input("x", {1});
    m.constant("dims", ints({side, side}));
    m.node("ConstantOfShape", {"dims"}, {"k"});
    m.node("Add", {"x", "k"}, {"y"});
    m.output("y");
    const TinyEvaluator evaluator;
    CHECK(lower(m.ir, {}, &evaluator).ir.nodes.size() == (side == 1024 ? 1 : 2));
    CHECK(evaluator.calls == (side == 1024 ? 1 : 0));
  }
}

TEST_CASE("Constants that would take long to compute are left to run time") {
  struct Asked : Evaluator {
    bool evaluate(const Node& node, std::span<const Tensor>, std::span<const Value>, std::vector<Tensor>&) const override {
      ops.push_back(node.op_type + " of " + std::to_string(node.inputs.size()));
      return false;
    }
    mutable Ops ops;
  };
  IrMaker m;
  m.constant("few", Tensor(DataType::float32, {30}));
  m.constant("many", Tensor(DataType::float32, {1000}));
  m.constant("signal", Tensor(DataType::float32, {1, 1 << 16, 1}));
  m.node("Einsum", {"few", "few"}, {"small"}, {{"equation", std::string("i,j->")}});
  m.node("Einsum", {"many", "many", "many"}, {"large"}, {{"equation", std::string("i,j,k->")}});
  m.node("DFT", {"signal"}, {"spectrum"});
  for (const char* name : {"small", "large", "spectrum"}) m.output(name);
  const Asked evaluator;
  CHECK(layer_ops(lower(m.ir, {}, &evaluator).ir) == Ops{"Einsum", "Einsum", "DFT"});
  for (const std::string& op : evaluator.ops) CHECK(op == "Einsum of 2");
  CHECK(!evaluator.ops.empty());
}

TEST_CASE("Open dimensions become 1 unless bound, and one symbol has one size") {
  IrMaker m;
  m.input("a", {-1, -1, 3}, DataType::float32, {"batch", "", ""});
  m.input("b", {-1, 1, 3}, DataType::float32, {"batch", "", ""});
  m.node("Add", {"a", "b"}, {"y"});
  m.output("y");
  CHECK(*by_name(lower(m.ir, {}, nullptr).ir, "y").shape == Shape{1, 1, 3});
  Bindings bindings;
  bindings.input_shapes["a"] = {4, 2, 3};
  CHECK(*by_name(lower(m.ir, bindings, nullptr).ir, "b").shape == Shape{4, 1, 3});
  CHECK(*by_name(lower(m.ir, bindings, nullptr).ir, "y").shape == Shape{4, 2, 3});
  bindings.input_shapes["a"] = {4, 2, 5};  // wins over the model's own 3, which then does not fit b
  CHECK_THROWS_AS(lower(m.ir, bindings, nullptr), Error);
}

TEST_CASE("Bindings that do not fit are refused by name") {
  IrMaker m;
  m.input("a", {-1, 3});
  m.node("Relu", {"a"}, {"y"});
  m.output("y");
  Bindings unknown, rank, negative;
  unknown.input_shapes["c"] = {1, 3};
  rank.input_shapes["a"] = {1, 3, 3};
  negative.input_shapes["a"] = {-1, 3};
  CHECK_THROWS_WITH_AS(lower(m.ir, unknown, nullptr), "the graph has no input 'c'", Error);
  CHECK_THROWS_WITH_AS(lower(m.ir, rank, nullptr), "shape [1,3,3] for input 'a': the model wants [?,3]", Error);
  CHECK_THROWS_WITH_AS(lower(m.ir, negative, nullptr), "shape [?,3] for input 'a': a dimension is negative", Error);
}

TEST_CASE("An input may be bound to a value, which then decides shapes") {
  IrMaker m;
  m.input("x", {2, 6});
  m.input("shape", {2}, DataType::int64);
  m.node("Reshape", {"x", "shape"}, {"y"});
  m.output("y");
  Bindings bindings;
  bindings.input_values["shape"] = ints({3, -1});
  const Lowered lowered = lower(m.ir, bindings, nullptr);
  CHECK(*by_name(lowered.ir, "y").shape == Shape{3, 4});
  CHECK(lowered.ir.inputs.size() == 2);
}

TEST_CASE("Nodes that do nothing vanish, those that only look like it stay") {
  struct Row {
    const char* op;
    std::vector<std::string> operands;
    NodeAttributes attributes;
    bool vanishes;
  };
  const Row rows[] = {
      {"Identity", {}, {}, true},
      {"Dropout", {"half"}, {}, true},
      {"Dropout", {"half", "yes"}, {}, false},
      {"Dropout", {"", "no"}, {}, true},
      {"Cast", {}, {{"to", std::int64_t{1}}}, true},
      {"Cast", {}, {{"to", std::int64_t{11}}}, false},
      {"Reshape", {"same_shape"}, {}, true},
      {"Reshape", {"other_shape"}, {}, false},
      {"Flatten", {}, {}, false},
      {"Transpose", {}, {{"perm", std::vector<std::int64_t>{0, 1, 2}}}, true},
      {"Transpose", {}, {{"perm", std::vector<std::int64_t>{0, 2, 1}}}, false},  // same shape, other order
      {"Slice", {"starts", "ends", "axes", "forwards"}, {}, true},
      {"Slice", {"last", "least", "axes", "backwards"}, {}, false},  // same shape, other order
      {"Pad", {"zero_pads"}, {}, true},
      {"Pad", {"shifting_pads"}, {}, false},  // same shape, other elements
      {"Concat", {}, {{"axis", std::int64_t{0}}}, true},
      {"Sum", {}, {}, true},
      {"Split", {}, {}, true},
      {"Expand", {"expand_to"}, {}, true},
      {"Tile", {"ones"}, {}, true},
      {"Relu", {}, {}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.op);
    IrMaker m;
    m.input("x", {2, 3, 3});
    m.constant("half", floats({}, {0.5f}));
    for (const bool value : {false, true}) {
      Tensor flag(DataType::boolean, {});
      static_cast<std::uint8_t*>(flag.mutable_data())[0] = value ? 1 : 0;
      m.constant(value ? "yes" : "no", flag);
    }
    m.constant("same_shape", ints({2, 3, 3}));
    m.constant("other_shape", ints({3, 2, 3}));
    m.constant("starts", ints({0}));
    m.constant("last", ints({2}));
    m.constant("ends", ints({100}));
    m.constant("least", ints({-100}));
    m.constant("axes", ints({1}));
    m.constant("forwards", ints({1}));
    m.constant("backwards", ints({-1}));
    m.constant("zero_pads", ints({0, 0, 0, 0, 0, 0}));
    m.constant("shifting_pads", ints({1, 0, 0, -1, 0, 0}));
    m.constant("expand_to", ints({3, 3}));
    m.constant("ones", ints({1, 1, 1}));
    m.node("Abs", {"x"}, {"a"});
    std::vector<std::string> inputs = row.operands;
    inputs.insert(inputs.begin(), "a");
    m.node(row.op, inputs, {"b"}, row.attributes);
    m.node("Neg", {"b"}, {"y"});
    m.output("y");
    CHECK(lower(m.ir, {}, nullptr).ir.nodes.size() == (row.vanishes ? 2 : 3));
  }
}

TEST_CASE("A copy to a graph output is written by its producer, or stays when others read the value") {
  IrMaker direct;
  direct.input("x", {2});
  direct.node("Abs", {"x"}, {"a"});
  direct.node("Identity", {"a"}, {"y"});
  direct.output("y");
  const Ir one = lower(direct.ir, {}, nullptr).ir;
  REQUIRE(layer_ops(one) == Ops{"Abs"});
  CHECK(one.value(one.nodes[0].outputs[0]).name == "y");
  CHECK(one.nodes[0].covers == std::vector<int>{0, 1});

  IrMaker shared = direct;
  shared.node("Neg", {"a"}, {"z"});
  shared.output("z");
  CHECK(layer_ops(lower(shared.ir, {}, nullptr).ir) == Ops{"Abs", "Identity", "Neg"});

  IrMaker of_input;
  of_input.input("x", {2});
  of_input.node("Identity", {"x"}, {"y"});
  of_input.output("y");
  CHECK(layer_ops(lower(of_input.ir, {}, nullptr).ir) == Ops{"Identity"});
}

TEST_CASE("Dead nodes, unwanted optional outputs and unused values go") {
  IrMaker m;
  m.input("x", {1, 1, 4, 4});
  m.constant("unused", pattern({5}));
  m.node("MaxPool", {"x"}, {"p", "indices"}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}});
  m.node("Neg", {"p"}, {"dead"});
  m.node("Abs", {"dead"}, {"dead2"});
  m.node("Split", {"p"}, {"left", "right", "rest"}, {{"axis", std::int64_t{2}}});
  m.output("right");
  const Ir ir = lower(m.ir, {}, nullptr).ir;
  REQUIRE(layer_ops(ir) == Ops{"MaxPool", "Split"});
  CHECK(ir.nodes[0].outputs.size() == 1);
  CHECK(ir.nodes[1].outputs.size() == 3);  // the number of outputs says how to split
  CHECK(ir.values.size() == 5);
}

TEST_CASE("The unwanted sequence output of an LSTM is left out") {
  IrMaker m;
  m.input("x", {7, 1, 2});
  m.constant("w", pattern({1, 12, 2}));
  m.constant("r", pattern({1, 12, 3}));
  m.node("LSTM", {"x", "w", "r"}, {"all", "last", "cell"});
  m.output("last");
  const Ir ir = lower(m.ir, {}, nullptr).ir;
  REQUIRE(ir.nodes.size() == 1);
  REQUIRE(ir.nodes[0].outputs.size() == 2);
  CHECK(ir.nodes[0].outputs[0] == kAbsent);
}

TEST_CASE("Layers that cannot run here stay, with the shapes that the file states") {
  IrMaker m;
  m.input("x", {-1, 4}, DataType::float32, {"n", ""});
  m.node("Mystery", {"x"}, {"a"}).unsupported = "nobody knows it";
  Value& stated = m.ir.value(m.id("a"));
  stated.type = DataType::float32;
  stated.shape = {-1, 9};
  stated.dim_names = {"n", ""};
  m.node("Relu", {"a"}, {"y"});
  m.output("y");
  Bindings bindings;
  bindings.input_shapes["x"] = {5, 4};
  const Ir ir = lower(m.ir, bindings, nullptr).ir;
  CHECK(layer_ops(ir) == Ops{"Mystery", "Relu"});
  CHECK(ir.nodes[0].unsupported == "nobody knows it");
  CHECK(*by_name(ir, "y").shape == Shape{5, 9});
  bindings.input_shapes["x"] = {5, 6};  // not what the file says: then what it says elsewhere is void
  CHECK(!by_name(lower(m.ir, bindings, nullptr).ir, "y").shape.has_value());
}

TEST_CASE("Live ranges run from the writer to the last reader") {
  IrMaker m;
  m.input("x", {2});
  m.node("Abs", {"x"}, {"a"});
  m.node("Neg", {"a"}, {"b"});
  m.node("Add", {"a", "x"}, {"c"});
  m.output("b");
  m.output("c");
  const auto ranges = live_ranges(m.ir);
  const auto range = [&](const std::string& name) {
    const LiveRange r = ranges[static_cast<std::size_t>(m.id(name))];
    return std::pair(r.first, r.last);
  };
  CHECK(range("x") == std::pair(-1, 2));
  CHECK(range("a") == std::pair(0, 2));
  CHECK(range("b") == std::pair(1, 1));
  CHECK(range("c") == std::pair(2, 2));
}

TEST_CASE("A chain of 20,000 nodes lowers") {
  IrMaker m;
  m.input("v0", {1, 4, 2, 2});
  m.constant("w", pattern({4, 4, 1, 1}));
  for (int i = 0; i < 20000; i += 2) {
    m.node("Conv", {"v" + std::to_string(i), "w"}, {"v" + std::to_string(i + 1)});
    m.node(i % 4 == 0 ? "Relu" : "Identity", {"v" + std::to_string(i + 1)}, {"v" + std::to_string(i + 2)});
  }
  m.output("v20000");
  const Graph graph = m.graph();
  CHECK(graph.layers().size() == 10000);
  CHECK(graph.cut_points().size() == 10001);
}
