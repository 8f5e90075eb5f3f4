// SPDX-License-Identifier: Apache-2.0
// What a Graph says about itself: layers, values, cuts, identity.
#include <cmath>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "graph/ir_maker.h"
#include "graph/layer_info.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

using Names = std::vector<std::string>;

/// x -> Abs -> a; a -> Neg -> b; a -> Exp -> c; b + c -> y.
IrMaker diamond() {
  IrMaker m;
  m.ir.name = "diamond";
  m.input("x", {2, 3});
  m.node("Abs", {"x"}, {"a"});
  m.node("Neg", {"a"}, {"b"});
  m.node("Exp", {"a"}, {"c"});
  m.node("Add", {"b", "c"}, {"y"});
  m.output("y");
  return m;
}

std::int64_t macs_of(const IrMaker& m) { return m.graph().mac_count(); }

}  // namespace

TEST_CASE("A network that does not fit the size of 1 says which dimensions are open") {
  IrMaker m;
  m.input("x", {-1, 3, -1, 8});
  m.constant("w", Tensor(DataType::float32, {4, 3, 3, 3}));
  m.node("Conv", {"x", "w"}, {"y"});
  m.output("y");
  try {
    m.graph();
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_model);
    CHECK(std::string(error.what()).find("open dimensions (?) were taken as 1: 'x' [?,3,?,8]") != std::string::npos);
  }
}

TEST_CASE("Cut points of a diamond list each crossing value once") {
  const Graph g = diamond().graph();
  const auto& cuts = g.cut_points();
  REQUIRE(cuts.size() == 5);
  const Names crossing[] = {{"x"}, {"a"}, {"a", "b"}, {"b", "c"}, {}};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(cuts[i].position == static_cast<int>(i));
    CHECK(cuts[i].values == crossing[i]);
    CHECK(cuts[i].bytes == static_cast<std::int64_t>(24 * crossing[i].size()));
  }
}

TEST_CASE("A graph output crosses only when it is read after the cut; an unused input never does") {
  IrMaker m;
  m.input("x", {1});
  m.input("unused", {1});
  m.node("Abs", {"x"}, {"a"});
  m.node("Neg", {"x"}, {"b"});
  m.node("Exp", {"b"}, {"c"});
  for (const char* name : {"a", "b", "c"}) m.output(name);
  const Graph g = m.graph();
  const auto& cuts = g.cut_points();
  CHECK(cuts[0].values == Names{"x"});
  CHECK(cuts[1].values == Names{"x"});
  CHECK(cuts[2].values == Names{"b"});
  CHECK(cuts[3].values.empty());
}

TEST_CASE("Of too many crossing values the widest cuts are left out") {
  IrMaker m;
  m.input("x", {1});
  Names all;
  for (int i = 0; i < 50'000; ++i) {  // every cut has one value more, 1.25e9 in all
    all.push_back("v" + std::to_string(i));
    m.node("Abs", {"x"}, {all.back()});
  }
  m.node("Concat", all, {"y"}, {{"axis", std::int64_t{0}}});
  m.output("y");
  const Graph graph = m.graph();
  const auto& cuts = graph.cut_points();
  // 1 + 2 + ... + 2895 is the last such sum below 2^22. Behind the last layer nothing crosses.
  REQUIRE(cuts.size() == 2896);
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    CHECK(cuts[i].position == static_cast<int>(i));
    CHECK(cuts[i].values.size() == i + 1);
  }
  CHECK(cuts.back().position == 50'001);
  CHECK(cuts.back().values.empty());
}

TEST_CASE("Layers and values describe themselves") {
  IrMaker m;
  m.input("x", {-1, 3, 8, 8}, DataType::float32, {"n", "", "", ""});
  m.constant("w", pattern({4, 3, 3, 3}));
  m.constant("b", pattern({4}));
  m.constant("dims", ints({0, -1}));
  m.node("Conv", {"x", "w", "b"}, {"c"});
  m.node("Relu", {"c"}, {"r"});
  m.node("Reshape", {"r", "dims"}, {"f"});
  m.node("Add", {"f", "f"}, {"y"});
  m.output("y");
  const Graph g = m.graph();
  REQUIRE(g.layers().size() == 3);
  const LayerInfo& conv = g.layers()[0];
  CHECK(conv.name == "Conv_0");
  CHECK(conv.op == "Conv+Relu");
  CHECK(conv.nodes == Names{"Conv_0", "Relu_1"});
  CHECK(conv.inputs == Names{"x"});
  CHECK(conv.outputs == Names{"r"});
  CHECK(conv.macs == 4 * 6 * 6 * 27);
  CHECK(conv.parameters == 4 * 27 + 4);
  CHECK(conv.weight_bytes == 4 * (4 * 27 + 4));
  CHECK(conv.input_bytes == 4 * 3 * 64);
  CHECK(conv.output_bytes == 4 * 4 * 36);
  CHECK(g.layers()[1].parameters == 0);  // a target shape is no weight
  CHECK(g.layers()[2].inputs == Names{"f"});
  CHECK(g.layers()[2].input_bytes == 4 * 144);
  CHECK(g.mac_count() == conv.macs);
  CHECK(g.parameter_count() == conv.parameters);
  CHECK(g.node_count() == 4);
  CHECK(g.layer_index("Reshape_2") == 1);
  CHECK_THROWS_AS(g.layer_index("Relu_1"), Error);
  CHECK(g.value("f").shape == Shape{1, 144});
  CHECK(g.value("x").dim_names[0] == "n");
  CHECK_THROWS_AS(g.value("w"), Error);
  CHECK(g.inputs()[0].shape == Shape{1, 3, 8, 8});
  CHECK(g.inputs()[0].dim_names == Names{"n", "", "", ""});
  m.ir.value(m.id("x")).dim_names.clear();
  CHECK(m.graph().inputs()[0].dim_names == Names{"?", "", "", ""});
}

TEST_CASE("A weight that two layers share is counted once") {
  IrMaker m;
  m.input("x", {1, 4});
  m.constant("w", pattern({4, 4}));
  m.node("MatMul", {"x", "w"}, {"a"});
  m.node("MatMul", {"a", "w"}, {"y"});
  m.output("y");
  CHECK(m.graph().parameter_count() == 16);
  CHECK(m.graph().layers()[1].parameters == 16);
}

TEST_CASE("Multiply-accumulates") {
  IrMaker grouped;
  grouped.input("x", {2, 6, 5, 5});
  grouped.constant("w", pattern({6, 1, 3, 3}));
  grouped.node("Conv", {"x", "w"}, {"y"}, {{"group", std::int64_t{6}}});
  grouped.output("y");
  CHECK(macs_of(grouped) == 2 * 6 * 9 * 9);

  IrMaker transposed;
  transposed.input("x", {1, 4, 3, 3});
  transposed.constant("w", pattern({4, 2, 2, 2}));
  transposed.node("ConvTranspose", {"x", "w"}, {"y"}, {{"strides", std::vector<std::int64_t>{2, 2}}});
  transposed.output("y");
  CHECK(macs_of(transposed) == 4 * 9 * 2 * 4);

  IrMaker gemm;
  gemm.input("x", {5, 2});
  gemm.constant("w", pattern({3, 5}));
  gemm.node("Gemm", {"x", "w"}, {"y"}, {{"transA", std::int64_t{1}}, {"transB", std::int64_t{1}}});
  gemm.output("y");
  CHECK(macs_of(gemm) == 2 * 5 * 3);

  IrMaker batched;
  batched.input("a", {6, 2, 5});
  batched.input("b", {6, 5, 3});
  batched.node("MatMul", {"a", "b"}, {"y"});
  batched.output("y");
  CHECK(macs_of(batched) == 6 * 2 * 5 * 3);

  IrMaker lstm;
  lstm.input("x", {7, 2, 5});
  lstm.constant("w", pattern({2, 12, 5}));
  lstm.constant("r", pattern({2, 12, 3}));
  lstm.node("LSTM", {"x", "w", "r"}, {"", "y"}, {{"direction", std::string("bidirectional")}});
  lstm.output("y");
  CHECK(macs_of(lstm) == 7 * 2 * 2 * 12 * (5 + 3));
}

TEST_CASE("The hash is the model's identity") {
  const std::string hash = diamond().graph().hash();
  CHECK(hash.size() == 32);
  CHECK(hash.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(diamond().graph().hash() == hash);

  IrMaker raw = diamond();  // file bytes and node names do not count
  const std::byte bytes[4] = {};
  raw.ir.nodes[0].raw = bytes;
  raw.ir.nodes[0].name = "another";
  raw.constant("unused", pattern({3}));
  CHECK(raw.graph().hash() == hash);

  IrMaker op = diamond();
  op.ir.nodes[1].op = Op::Abs;
  op.ir.nodes[1].op_type = "Abs";
  CHECK(op.graph().hash() != hash);

  IrMaker wiring = diamond();
  std::swap(wiring.ir.nodes[3].inputs[0], wiring.ir.nodes[3].inputs[1]);
  CHECK(wiring.graph().hash() != hash);

  IrMaker shape = diamond();
  shape.ir.value(0).shape = {2, 4};
  CHECK(shape.graph().hash() != hash);

  IrMaker output = diamond();
  output.output("a");
  CHECK(output.graph().hash() != hash);
}

TEST_CASE("The hash sees every weight and attribute, in any order of writing") {
  const auto make = [](float weight, std::int64_t group, bool reversed, bool weights_last) {
    IrMaker m;
    m.input("x", {1, 2, 4, 4});
    const Tensor w = floats({2, 1, 1, 1}, {weight, 1});
    if (!weights_last) m.constant("w", w);
    NodeAttributes attributes = {{"group", group}, {"kernel_shape", std::vector<std::int64_t>{1, 1}}};
    if (reversed) std::swap(attributes[0], attributes[1]);
    m.node("Conv", {"x", "w", ""}, {"y"}, attributes);
    if (weights_last) m.constant("w", w);
    m.output("y");
    if (reversed) m.ir.nodes[0].inputs.pop_back();  // the absent bias may be left away
    return m.graph().hash();
  };
  const std::string hash = make(1, 2, false, false);
  CHECK(make(1, 2, true, false) == hash);
  CHECK(make(1, 2, false, true) == hash);
  CHECK(make(-1, 2, false, false) != hash);
  CHECK(make(std::nextafter(1.0f, 2.0f), 2, false, false) != hash);
}
