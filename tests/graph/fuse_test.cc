// SPDX-License-Identifier: Apache-2.0
// What is fused into a layer, what is not, and that the numbers are right.
#include <cmath>

#include <doctest/doctest.h>

#include "graph/ir_maker.h"
#include "graph/lower.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

using Kind = Activation::Kind;

/// x [1,2,5,5] -> Conv of 3 channels -> "c".
IrMaker conv(const std::string& bias = "") {
  IrMaker m;
  m.input("x", {1, 2, 5, 5});
  m.constant("w", pattern({3, 2, 3, 3}));
  if (!bias.empty()) m.constant(bias, floats({3}, {1, 2, 3}));
  m.node("Conv", {"x", "w", bias}, {"c"});
  return m;
}

void batch_normalization(IrMaker& m, const std::string& from, const std::string& to) {
  m.constant("gamma", floats({3}, {2, 0.5f, -1}));
  m.constant("beta", floats({3}, {0.25f, -1, 3}));
  m.constant("mean", floats({3}, {1, -2, 0.5f}));
  m.constant("variance", floats({3}, {4, 0.25f, 1}));
  m.node("BatchNormalization", {from, "gamma", "beta", "mean", "variance"}, {to}, {{"epsilon", 0.5f}});
}

Ir lowered(const IrMaker& m) { return lower(m.ir, {}, nullptr).ir; }

std::vector<float> operand(const Ir& ir, const Node& node, std::size_t i) {
  const auto data = ir.value(node.inputs.at(i)).constant.as<float>();
  return {data.begin(), data.end()};
}

constexpr double kGamma[] = {2, 0.5, -1}, kBeta[] = {0.25, -1, 3}, kMean[] = {1, -2, 0.5}, kVariance[] = {4, 0.25, 1};
double scale(std::size_t c) { return kGamma[c] / std::sqrt(kVariance[c] + 0.5); }
double shift(std::size_t c) { return kBeta[c] - kMean[c] * scale(c); }

}  // namespace

TEST_CASE("Conv, BatchNormalization and Relu become one layer with folded weights") {
  IrMaker m = conv("b");
  batch_normalization(m, "c", "n");
  m.node("Relu", {"n"}, {"y"});
  m.output("y");
  const Ir ir = lowered(m);
  REQUIRE(ir.nodes.size() == 1);
  const Node& layer = ir.nodes[0];
  CHECK(layer.name == "Conv_0");
  CHECK(layer.covers == std::vector<int>{0, 1, 2});
  CHECK(layer.fused_ops == std::vector<std::string>{"Conv", "BatchNormalization", "Relu"});
  CHECK(layer.activation.kind == Kind::relu);
  CHECK(ir.value(layer.outputs[0]).name == "y");
  const Tensor original = pattern({3, 2, 3, 3});
  const auto weights = operand(ir, layer, 1), bias = operand(ir, layer, 2);
  REQUIRE(weights.size() == 54);
  for (std::size_t i = 0; i < weights.size(); ++i)
    CHECK(weights[i] == static_cast<float>(static_cast<double>(original.as<float>()[i]) * scale(i / 18)));
  for (std::size_t c = 0; c < 3; ++c) CHECK(bias[c] == static_cast<float>(static_cast<double>(c + 1) * scale(c) + shift(c)));
}

TEST_CASE("A value with two consumers, or that the graph puts out, is not fused away") {
  IrMaker two = conv();
  two.node("Relu", {"c"}, {"y"});
  two.node("Sigmoid", {"c"}, {"z"});
  two.output("y");
  two.output("z");
  CHECK(lowered(two).nodes.size() == 3);

  IrMaker squared = conv();  // one node that reads the value twice
  squared.node("Mul", {"c", "c"}, {"y"});
  squared.output("y");
  CHECK(lowered(squared).nodes.size() == 2);

  IrMaker out = conv();
  out.node("Relu", {"c"}, {"y"});
  out.output("c");
  out.output("y");
  CHECK(lowered(out).nodes.size() == 2);
}

TEST_CASE("A consumer that nobody needs does not prevent fusion") {
  IrMaker m = conv();
  m.node("Sigmoid", {"c"}, {"dead"});
  m.node("Relu", {"c"}, {"y"});
  m.output("y");
  const Ir ir = lowered(m);
  REQUIRE(ir.nodes.size() == 1);
  CHECK(ir.nodes[0].covers == std::vector<int>{0, 2});
}

TEST_CASE("Scale, bias and activation after a Conv are fused in every order") {
  IrMaker m = conv("b");
  m.constant("scale", floats({1, 3, 1, 1}, {2, 4, 8}));
  m.constant("add", floats({3, 1, 1}, {1, 1, 2}));
  m.constant("sub", floats({}, {0.5f}));
  m.node("Mul", {"scale", "c"}, {"m"});
  m.node("Add", {"m", "add"}, {"a"});
  m.node("Sub", {"a", "sub"}, {"s"});
  m.node("LeakyRelu", {"s"}, {"y"}, {{"alpha", 0.125f}});
  m.output("y");
  const Ir ir = lowered(m);
  REQUIRE(ir.nodes.size() == 1);
  CHECK(ir.nodes[0].activation.kind == Kind::leaky_relu);
  CHECK(ir.nodes[0].activation.alpha == 0.125f);
  CHECK(operand(ir, ir.nodes[0], 2) == std::vector<float>{1 * 2 + 1 - 0.5f, 2 * 4 + 1 - 0.5f, 3 * 8 + 2 - 0.5f});
  CHECK(operand(ir, ir.nodes[0], 1)[53] == 8 * pattern({3, 2, 3, 3}).as<float>()[53]);
}

TEST_CASE("What is no per-channel constant stays a layer of its own") {
  struct Row {
    const char* op;
    std::vector<std::string> inputs;
    Tensor constant;
  };
  const Row rows[] = {
      {"Add", {"c", "k"}, pattern({3})},            // varies along the width, not the channels
      {"Add", {"c", "k"}, pattern({1, 3, 3, 3})},   // varies along the image
      {"Add", {"c", "k"}, pattern({1, 1, 3, 1, 1})},  // raises the rank
      {"Sub", {"k", "c"}, pattern({3, 1, 1})},      // constant minus x
      {"Mul", {"c", "k"}, pattern({2, 3, 1, 1})},   // makes two images of one
      {"Div", {"c", "k"}, pattern({3, 1, 1})},
  };
  for (const Row& row : rows) {
    CAPTURE(row.op);
    CAPTURE(to_string(row.constant.shape()));
    IrMaker m = conv();
    m.constant("k", row.constant);
    m.node(row.op, row.inputs, {"y"});
    m.output("y");
    CHECK(lowered(m).nodes.size() == 2);
  }
}

TEST_CASE("Only one activation is fused, and nothing after it") {
  IrMaker m = conv();
  m.node("Relu", {"c"}, {"r"});
  m.node("Sigmoid", {"r"}, {"s"});
  m.output("s");
  CHECK(lowered(m).nodes.size() == 2);

  IrMaker n = conv();
  n.constant("k", floats({3, 1, 1}, {1, 2, 3}));
  n.node("Relu", {"c"}, {"r"});
  n.node("Add", {"r", "k"}, {"s"});
  n.output("s");
  CHECK(lowered(n).nodes.size() == 2);
}

TEST_CASE("Activations carry their parameters") {
  struct Row {
    const char* op;
    NodeAttributes attributes;
    Kind kind;
    float alpha, beta;
  };
  const Row rows[] = {{"Relu", {}, Kind::relu, 0, 0},
                      {"LeakyRelu", {}, Kind::leaky_relu, 0.01f, 0},
                      {"Sigmoid", {}, Kind::sigmoid, 0, 0},
                      {"Tanh", {}, Kind::tanh, 0, 0},
                      {"HardSigmoid", {{"alpha", 0.5f}}, Kind::hard_sigmoid, 0.5f, 0.5f},
                      {"HardSwish", {}, Kind::hard_swish, 0, 0}};
  for (const Row& row : rows) {
    CAPTURE(row.op);
    IrMaker m = conv();
    m.node(row.op, {"c"}, {"y"}, row.attributes);
    m.output("y");
    const Ir ir = lowered(m);
    REQUIRE(ir.nodes.size() == 1);
    CHECK(ir.nodes[0].activation.kind == row.kind);
    CHECK(ir.nodes[0].activation.alpha == row.alpha);
    CHECK(ir.nodes[0].activation.beta == row.beta);
  }
}

TEST_CASE("Clip is fused when its bounds are known") {
  IrMaker m = conv();
  m.constant("six", floats({}, {6}));
  m.node("Clip", {"c", "", "six"}, {"y"});
  m.output("y");
  const Ir ir = lowered(m);
  REQUIRE(ir.nodes.size() == 1);
  CHECK(ir.nodes[0].activation.kind == Kind::clip);
  CHECK(ir.nodes[0].activation.alpha == -INFINITY);
  CHECK(ir.nodes[0].activation.beta == 6.0f);

  IrMaker open = conv();
  open.input("bound", {});
  open.node("Clip", {"c", "bound"}, {"y"});
  open.output("y");
  CHECK(lowered(open).nodes.size() == 2);
}

TEST_CASE("BatchNormalization folds into a grouped ConvTranspose by output channel") {
  IrMaker m;
  m.input("x", {1, 4, 3});
  m.constant("w", pattern({4, 3, 2}));  // 2 groups of 2 inputs and 3 outputs
  m.node("ConvTranspose", {"x", "w"}, {"c"}, {{"group", std::int64_t{2}}});
  const std::vector<float> gamma = {1, 2, 3, 4, 5, 6};
  m.constant("gamma", floats({6}, gamma));
  m.constant("zero", floats({6}, {0, 0, 0, 0, 0, 0}));
  m.constant("one", floats({6}, {1, 1, 1, 1, 1, 1}));
  m.node("BatchNormalization", {"c", "gamma", "zero", "zero", "one"}, {"y"}, {{"epsilon", 0.0f}});
  m.output("y");
  const Ir ir = lowered(m);
  REQUIRE(ir.nodes.size() == 1);
  const auto weights = operand(ir, ir.nodes[0], 1);
  const Tensor original = pattern({4, 3, 2});
  for (std::size_t c = 0; c < 4; ++c)
    for (std::size_t m_in_group = 0; m_in_group < 3; ++m_in_group)
      for (std::size_t k = 0; k < 2; ++k) {
        const std::size_t i = (c * 3 + m_in_group) * 2 + k;
        CHECK(weights[i] == original.as<float>()[i] * gamma[c / 2 * 3 + m_in_group]);
      }
}

TEST_CASE("BatchNormalization folds into Gemm, whatever its transposition, alpha and beta") {
  for (const std::int64_t trans_b : {0, 1}) {
    CAPTURE(trans_b);
    IrMaker m;
    m.input("x", {2, 4});
    m.constant("w", trans_b ? pattern({3, 4}) : pattern({4, 3}));
    m.constant("c", floats({1, 3}, {1, 2, 3}));
    m.node("Gemm", {"x", "w", "c"}, {"g"}, {{"transB", trans_b}, {"alpha", 0.5f}, {"beta", 2.0f}});
    batch_normalization(m, "g", "y");
    m.output("y");
    const Ir ir = lowered(m);
    REQUIRE(ir.nodes.size() == 1);
    CHECK(ir.nodes[0].attributes.number("alpha", 0) == 0.5f);
    CHECK(ir.nodes[0].attributes.number("beta", 0) == 1.0f);
    const auto weights = operand(ir, ir.nodes[0], 1), bias = operand(ir, ir.nodes[0], 2);
    const Tensor original = trans_b ? pattern({3, 4}) : pattern({4, 3});
    for (std::size_t i = 0; i < weights.size(); ++i)
      CHECK(weights[i] == static_cast<float>(static_cast<double>(original.as<float>()[i]) * scale(trans_b ? i / 4 : i % 3)));
    for (std::size_t c = 0; c < 3; ++c) CHECK(bias[c] == static_cast<float>(2.0 * static_cast<double>(c + 1) * scale(c) + shift(c)));
  }
}

TEST_CASE("MatMul takes a bias along its last dimension as input 2") {
  IrMaker m;
  m.input("x", {2, 5, 4});
  m.constant("w", pattern({4, 3}));
  m.constant("b", floats({3}, {1, 2, 3}));
  m.node("MatMul", {"x", "w"}, {"p"});
  m.node("Add", {"b", "p"}, {"a"});
  m.node("Relu", {"a"}, {"y"});
  m.output("y");
  const Ir ir = lowered(m);
  REQUIRE(ir.nodes.size() == 1);
  CHECK(operand(ir, ir.nodes[0], 2) == std::vector<float>{1, 2, 3});
  CHECK(ir.value(ir.nodes[0].inputs[1]).name == "w");  // a bias leaves the weights alone
  CHECK(ir.nodes[0].fused_ops == std::vector<std::string>{"MatMul", "Add", "Relu"});
}

TEST_CASE("BatchNormalization after a MatMul of rank 3 runs along another axis and stays") {
  IrMaker m;
  m.input("x", {2, 3, 4});
  m.constant("w", pattern({4, 3}));
  m.node("MatMul", {"x", "w"}, {"p"});
  batch_normalization(m, "p", "y");
  m.output("y");
  CHECK(lowered(m).nodes.size() == 2);
}

TEST_CASE("BatchNormalization with nothing to fold into stays a layer") {
  IrMaker m;
  m.input("x", {1, 3, 2, 2});
  batch_normalization(m, "x", "y");
  m.output("y");
  REQUIRE(lowered(m).nodes.size() == 1);
  CHECK(lowered(m).nodes[0].op == Op::BatchNormalization);
}

TEST_CASE("Weights that are not constant are not scaled; an activation is fused all the same") {
  IrMaker m;
  m.input("x", {1, 2, 5, 5});
  m.input("w", {3, 2, 3, 3});
  m.node("Conv", {"x", "w"}, {"c"});
  batch_normalization(m, "c", "n");
  m.node("Relu", {"n"}, {"y"});
  m.output("y");
  CHECK(lowered(m).nodes.size() == 3);

  IrMaker n;
  n.input("x", {1, 2, 5, 5});
  n.input("w", {3, 2, 3, 3});
  n.node("Conv", {"x", "w"}, {"c"});
  n.node("Relu", {"c"}, {"y"});
  n.output("y");
  CHECK(lowered(n).nodes.size() == 1);
}

TEST_CASE("New constants do not take names that are in use") {
  IrMaker m = conv();
  m.input("Conv_0/bias", {3, 1, 1});
  m.constant("k", floats({3, 1, 1}, {1, 2, 3}));
  m.node("Add", {"c", "k"}, {"a"});
  m.node("Add", {"a", "Conv_0/bias"}, {"y"});
  m.output("y");
  const Ir ir = lowered(m);
  REQUIRE(ir.nodes.size() == 2);
  CHECK(ir.value(ir.nodes[0].inputs[2]).name == "Conv_0/bias'");
}
