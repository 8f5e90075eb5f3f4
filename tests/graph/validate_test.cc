// SPDX-License-Identifier: Apache-2.0
// Graphs that break the rules: all are refused with a message that names the culprit.
#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "graph/ir_maker.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

IrMaker chain() {
  IrMaker m;
  m.input("x", {2, 3});
  m.node("Abs", {"x"}, {"a"});
  m.node("Neg", {"a"}, {"y"});
  m.output("y");
  return m;
}

void check_refused(const IrMaker& m, const std::string& part, ErrorCode code = ErrorCode::invalid_model) {
  std::string message = "no error";
  try {
    m.graph();
  } catch (const Error& error) {
    message = error.what();
    CHECK(error.code() == code);
  }
  CAPTURE(message);
  CHECK(message.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("Broken wiring") {
  IrMaker unordered = chain();
  std::swap(unordered.ir.nodes[0], unordered.ir.nodes[1]);
  check_refused(unordered, "node 'Neg_1' (Neg) reads 'a', which no earlier node");

  IrMaker cycle = chain();
  cycle.ir.nodes[0].inputs[0] = cycle.id("y");
  check_refused(cycle, "node 'Abs_0' (Abs) reads 'y'");

  IrMaker itself = chain();
  itself.ir.nodes[0].inputs[0] = itself.id("a");
  check_refused(itself, "reads 'a'");

  IrMaker twice = chain();
  twice.ir.nodes[1].outputs[0] = twice.id("a");
  check_refused(twice, "node 'Neg_1' (Neg) writes 'a', which exists already");

  IrMaker weight = chain();
  weight.constant("y", pattern({2, 3}));
  check_refused(weight, "writes 'y', which exists already");

  IrMaker input = chain();
  input.constant("x", pattern({2, 3}));
  check_refused(input, "graph input 'x' is a weight too");

  IrMaker output = chain();
  output.output("nobody");
  check_refused(output, "graph output 'nobody' is made by no node");

  IrMaker outside = chain();
  outside.ir.nodes[0].inputs[0] = 1000;
  check_refused(outside, "does not exist");

  IrMaker negative = chain();
  negative.ir.outputs.push_back(-5);
  check_refused(negative, "does not exist");
}

TEST_CASE("Names") {
  IrMaker values = chain();
  values.ir.value(values.id("a")).name = "x";
  check_refused(values, "two values are called 'x'");

  IrMaker nodes = chain();
  nodes.ir.nodes[1].name = "Abs_0";
  check_refused(nodes, "two nodes are called 'Abs_0'");

  IrMaker unnamed = chain();
  unnamed.ir.value(unnamed.id("a")).name.clear();
  check_refused(unnamed, "a value has no name");

  IrMaker outputs = chain();
  outputs.output("y");
  check_refused(outputs, "graph output 'y' is listed twice");
}

TEST_CASE("Arity and attributes") {
  IrMaker more = chain();
  more.ir.nodes[0].inputs.push_back(0);
  check_refused(more, "node 'Abs_0' (Abs) has 2 inputs, the operator takes 1 to 1");

  IrMaker fewer = chain();
  fewer.ir.nodes[0].inputs.clear();
  check_refused(fewer, "has 0 inputs");

  IrMaker absent = chain();
  absent.ir.nodes[0].inputs[0] = kAbsent;
  check_refused(absent, "node 'Abs_0' (Abs): input 0 is missing");

  IrMaker outputs = chain();
  outputs.ir.nodes[0].outputs.push_back(outputs.id("more"));
  check_refused(outputs, "has 2 outputs, the operator makes 1 to 1");

  IrMaker none = chain();
  none.ir.nodes[1].outputs[0] = kAbsent;
  check_refused(none, "has no output");

  IrMaker type;
  type.input("x", {2});
  type.node("Softmax", {"x"}, {"y"}, {{"axis", 1.0f}});
  type.output("y");
  check_refused(type, "node 'Softmax_0' (Softmax): attribute 'axis' must be an integer, not a float");

  IrMaker missing;
  missing.input("x", {2});
  missing.node("Concat", {"x"}, {"y"});
  missing.output("y");
  check_refused(missing, "node 'Concat_0' (Concat): attribute 'axis' is missing");
}

TEST_CASE("Absurd sizes are limits, not crashes") {
  const std::int64_t huge = std::int64_t{1} << 62;
  IrMaker input;
  input.input("x", {huge, huge});
  input.node("Abs", {"x"}, {"y"});
  input.output("y");
  check_refused(input, "beyond the limit of 1099511627776 elements", ErrorCode::limit_exceeded);

  IrMaker rank;
  rank.input("x", Shape(100, 1));
  rank.node("Abs", {"x"}, {"y"});
  rank.output("y");
  check_refused(rank, "rank 100", ErrorCode::limit_exceeded);

  IrMaker growth;
  growth.input("x", {1, 1024});
  for (int i = 0; i < 4; ++i)  // each product squares the size
    growth.node("MatMul", {i == 0 ? "x" : "v" + std::to_string(i), "x"}, {"v" + std::to_string(i + 1)});
  growth.output("v4");
  check_refused(growth, "inner dimensions differ");

  IrMaker product;
  product.input("a", {1 << 30, 1});
  product.input("b", {1, 1 << 30});
  product.node("MatMul", {"a", "b"}, {"y"});
  product.output("y");
  check_refused(product, "beyond the limit", ErrorCode::limit_exceeded);

  IrMaker macs;  // every value is within its limit, the number of products is not
  macs.input("a", {1 << 20, 1 << 20});
  macs.input("b", {1 << 20, 1 << 20});
  macs.node("MatMul", {"a", "b"}, {"c"});
  macs.node("MatMul", {"c", "b"}, {"y"});
  for (int i = 0; i < 8; ++i) macs.node("MatMul", {"c", "b"}, {"z" + std::to_string(i)});
  for (int i = 0; i < 8; ++i) macs.output("z" + std::to_string(i));
  check_refused(macs, "does not fit in 63 bits", ErrorCode::limit_exceeded);
}

TEST_CASE("Every node that cannot run is named at once") {
  IrMaker m = chain();
  Node& custom = m.node("Mystery", {"y"}, {"m"});
  custom.domain = "com.example";
  m.node("If", {"m"}, {"i"}).unsupported = "sub-graphs are not run";
  m.constant("k", floats({3}, {1, 2, 3}));
  m.node("BatchNormalization", {"i", "k", "k", "k", "k"}, {"z", "mean", "variance"}, {{"training_mode", std::int64_t{1}}});
  m.output("z");
  std::string message = "no error";
  try {
    m.graph();
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::unsupported);
    message = error.what();
  }
  CHECK(message ==
        "3 nodes cannot run here:\n"
        "Mystery_2: Mystery of com.example, opset not stated: there is no such operator here\n"
        "If_3: If of ai.onnx, opset 17: sub-graphs are not run\n"
        "BatchNormalization_4: BatchNormalization of ai.onnx, opset 17: training mode");
  const Graph g = m.graph(nullptr, {}, true);
  CHECK(g.unsupported().size() == 3);
  CHECK(g.layers().size() == 5);
  CHECK(g.extract({"a"}, {"y"}).unsupported().empty());
  CHECK(g.extract({"y"}, {"z"}).unsupported().size() == 3);
}

TEST_CASE("The operator table finds what it lists") {
  for (const OpInfo& info : operators()) {
    CHECK(find_operator(info.name) == &info);
    CHECK(find_operator(info.op) == &info);
    CHECK(info.min_inputs <= info.max_inputs);
    CHECK(info.min_outputs <= info.max_outputs);
  }
  CHECK(find_operator("Nothing") == nullptr);
  CHECK(find_operator("") == nullptr);
  CHECK(find_operator("zzz") == nullptr);
  CHECK(find_operator(Op::Unknown) == nullptr);
}
