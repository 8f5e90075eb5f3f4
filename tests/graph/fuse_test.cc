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
