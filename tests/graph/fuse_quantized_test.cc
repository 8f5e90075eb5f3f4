// SPDX-License-Identifier: Apache-2.0
// Which layers compute on integers, which stay floats, and that a dequantized value is one or the other for all.
#include <algorithm>

#include <doctest/doctest.h>

#include "graph/ir_maker.h"
#include "graph/lower.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

using Kind = Activation::Kind;

/// A network of pairs of QuantizeLinear and DequantizeLinear: "NAME" is the dequantized value, "NAME:q" the bytes.
struct Quantized : IrMaker {
  Quantized() {
    const std::uint8_t ten = 10;
    constant("s", floats({}, {0.5f}));
    constant("z", Tensor::copy_of(DataType::uint8, {}, &ten, 1));
    constant("other_s", floats({}, {0.25f}));
  }
  void dequantize(const std::string& name, const std::string& scale = "s") { node("DequantizeLinear", {name + ":q", scale, "z"}, {name}); }
  void quantize(const std::string& from, const std::string& name, const std::string& scale = "s") {
    node("QuantizeLinear", {from, scale, "z"}, {name + ":q"});
    dequantize(name, scale);
  }
  void image(const std::string& name, Shape shape = {1, 2, 5, 5}) {
    input(name + ":q", std::move(shape), DataType::uint8);
    dequantize(name);
  }
  void weights(const std::string& name, Shape shape, std::vector<float> scales, std::int64_t axis = 0) {
    const auto count = static_cast<std::int64_t>(scales.size());
    constant(name + ":q", Tensor(DataType::int8, std::move(shape)));
    constant(name + "_s", floats(count == 1 ? Shape{} : Shape{count}, std::move(scales)));
    node("DequantizeLinear", {name + ":q", name + "_s"}, {name}, {{"axis", axis}});
  }
};

Ir lowered_quantized(const IrMaker& m) { return lower(m.ir, {}, nullptr).ir; }

std::vector<std::string> operators_of(const Ir& ir) {
  std::vector<std::string> names;
  for (const Node& node : ir.nodes) names.push_back(node.op_type);
  return names;
}
std::string name_of(const Ir& ir, ValueId id) { return id == kAbsent ? "" : ir.value(id).name; }
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a convolution between pairs becomes one layer of integers, with bias and activation") {
  Quantized m;
  m.image("x");
  m.weights("w", {3, 2, 3, 3}, {0.5f, 1.0f, 2.0f});
  m.constant("b", floats({3}, {1.0f, -3.1f, 100.0f}));
  m.node("Conv", {"x", "w", "b"}, {"c"}).name = "conv";
  m.node("Relu", {"c"}, {"r"});
  m.quantize("r", "y");
  m.output("y:q");
  const Ir ir = lowered_quantized(m);
  REQUIRE(operators_of(ir) == Names{"QLinearConv"});
  const Node& layer = ir.nodes[0];
  CHECK(layer.name == "conv");
  CHECK(layer.fused_ops == Names{"QLinearConv", "Relu"});
  CHECK(layer.activation.kind == Kind::relu);
  CHECK(layer.covers == std::vector<int>{0, 1, 2, 3, 4});
  REQUIRE(layer.inputs.size() == 9);
  CHECK(name_of(ir, layer.inputs[0]) == "x:q");
  CHECK(name_of(ir, layer.inputs[3]) == "w:q");
  CHECK(ir.value(layer.inputs[5]).constant.type() == DataType::int8);  // the zero point that was left out
  CHECK(ir.value(layer.inputs[5]).constant.element_count() == 3);
  CHECK(name_of(ir, layer.outputs[0]) == "y:q");
  // In steps of x_scale * w_scale: 0.25, 0.5, 1.
  const auto bias = ir.value(layer.inputs[8]).constant.as<std::int32_t>();
  CHECK(std::vector<std::int32_t>(bias.begin(), bias.end()) == std::vector<std::int32_t>{4, -6, 100});
}

TEST_CASE("a bias that is quantized in steps of the sums is taken as it is") {
  Quantized m;
  m.image("x");
  m.weights("w", {3, 2, 1, 1}, {0.5f});
  m.constant("b:q", Tensor::from<std::int32_t>({3}, std::vector<std::int32_t>{1, 2, 2147483647}));
  m.constant("b_s", floats({}, {0.25f}));
  m.node("DequantizeLinear", {"b:q", "b_s"}, {"b"});
  m.node("Conv", {"x", "w", "b"}, {"c"});
  m.quantize("c", "y");
  m.output("y:q");
  const Ir ir = lowered_quantized(m);
  REQUIRE(operators_of(ir) == Names{"QLinearConv"});
  CHECK(name_of(ir, ir.nodes[0].inputs[8]) == "b:q");
}

TEST_CASE("sums, means, products and what moves elements") {
  Quantized m;
  m.image("x");
  m.node("MaxPool", {"x"}, {"p"}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}});
  m.quantize("p", "pq");
  m.node("Add", {"pq", "pq"}, {"sum"});
  m.quantize("sum", "sumq");
  m.node("GlobalAveragePool", {"sumq"}, {"mean"});
  m.quantize("mean", "meanq", "other_s");
  m.node("Flatten", {"meanq"}, {"flat"});
  m.quantize("flat", "flatq", "other_s");
  m.weights("w", {4, 2}, {1, 2, 3, 4});
  m.node("Gemm", {"flatq", "w"}, {"g"}, {{"transB", std::int64_t{1}}});
  m.quantize("g", "y");
  m.output("y");
  const Ir ir = lowered_quantized(m);
  CHECK(operators_of(ir) == Names{"MaxPool", "QLinearAdd", "QLinearGlobalAveragePool", "Flatten", "QLinearMatMul", "DequantizeLinear"});
  CHECK(ir.value(ir.nodes[3].outputs[0]).type == DataType::uint8);
}

TEST_CASE("moving elements from one scale to another needs the floats") {
  Quantized m;
  m.image("x");
  m.node("Flatten", {"x"}, {"flat"});
  m.quantize("flat", "y", "other_s");
  m.output("y:q");
  CHECK(operators_of(lowered_quantized(m)) == Names{"DequantizeLinear", "Flatten", "QuantizeLinear"});
}

TEST_CASE("a dequantized value that anybody else reads stays one for all its readers") {
  Quantized m;
  m.image("x");
  m.image("other");
  m.weights("w", {2, 2, 1, 1}, {0.5f});
  m.node("Conv", {"x", "w"}, {"c"});
  m.quantize("c", "cq");
  m.node("Add", {"x", "other"}, {"sum"});  // reads x, so `other` is floats too
  m.quantize("sum", "sumq");
  m.node("MaxPool", {"other"}, {"p"}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}});
  m.quantize("p", "pq");
  for (const char* name : {"cq:q", "sumq:q", "pq:q"}) m.output(name);
  CHECK(operators_of(lowered_quantized(m)) == Names{"QLinearConv", "QLinearAdd", "MaxPool"});
  m.node("Sigmoid", {"x"}, {"s1"});
  m.output("s1");
  const Names names = operators_of(lowered_quantized(m));
  CHECK(std::count(names.begin(), names.end(), "DequantizeLinear") == 3);  // x, other, w
  CHECK(std::count(names.begin(), names.end(), "Conv") == 1);
  CHECK(std::count(names.begin(), names.end(), "Add") == 1);
  CHECK(std::count(names.begin(), names.end(), "MaxPool") == 1);
  CHECK(std::count(names.begin(), names.end(), "QuantizeLinear") == 3);
}

TEST_CASE("what has no layer of integers keeps its floats") {
  const auto conv = [](auto change) {
    Quantized m;
    m.image("x");
    m.weights("w", {3, 2, 1, 1}, {0.5f});
    m.constant("b", floats({3}, {1, 2, 3}));
    m.constant("huge", floats({3}, {1e30f, 2, 3}));
    m.node("Conv", {"x", "w", "b"}, {"c"});
    m.quantize("c", "y");
    m.output("y:q");
    change(m);
    const Names names = operators_of(lowered_quantized(m));
    return std::count(names.begin(), names.end(), "QLinearConv") == 1;
  };
  CHECK(conv([](Quantized&) {}));
  CHECK_FALSE(conv([](Quantized& m) { m.output("c"); }));                                 // somebody wants the floats
  CHECK_FALSE(conv([](Quantized& m) { m.ir.nodes[2].inputs[2] = m.id("huge"); }));        // a bias beyond 32 bits
  CHECK_FALSE(conv([](Quantized& m) { m.constant("s", floats({}, {0.0f})); }));           // a scale of 0
  CHECK_FALSE(conv([](Quantized& m) { m.constant("w_s", floats({2}, {1, 1})); m.ir.nodes[1].attributes.set("axis", std::int64_t{1}); }));  // along inputs
}
