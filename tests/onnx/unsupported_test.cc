// SPDX-License-Identifier: Apache-2.0
// Valid models with parts the library does not have: they load, and the node says why it cannot run.
#include "dnntune/onnx.h"
#include "onnx/reading.h"

using namespace dnntune;
using namespace dnntune::onnx;
using graph::Op;
using proto::node;

namespace {

proto::Model one_node(const std::string& node_proto) {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2})};
  m.nodes = {node_proto};
  m.outputs = {proto::value("y")};
  return m;
}

std::string reason(const proto::Model& m) {
  const Source s = read(m);
  const graph::Node& n = s.ir.nodes.back();
  CHECK(n.op == Op::Unknown);
  return n.unsupported;
}

}  // namespace

TEST_CASE("unknown operators are named with their domain") {
  CHECK(reason(one_node(node("Mystery", {"x"}, {"y"}))) == "operator 'Mystery' is not implemented");
  proto::Model m = one_node(node("FusedConv", {"x"}, {"y"}, {}, "", "com.microsoft"));
  m.other_opsets = {{"com.microsoft", 1}};
  CHECK(reason(m) == "operator 'FusedConv' of domain 'com.microsoft' is not implemented");
  // ONNX's domain has two spellings.
  CHECK(read(one_node(node("Relu", {"x"}, {"y"}, {}, "", "ai.onnx"))).ir.nodes[0].op == Op::Relu);
}

TEST_CASE("opsets out of range are a reason, not a failure") {
  proto::Model m = one_node(node("Relu", {"x"}, {"y"}));
  m.opset = 0;
  m.other_opsets = {{"ai.onnx", 0}};
  CHECK(reason(m) == "opset 0 is older than 1, the oldest this build reads");
  m.other_opsets.clear();
  m.opset = 1000;
  CHECK(reason(m).starts_with("needs opset 1000;"));
  for (std::int64_t opset = 1; opset <= 25; ++opset) {
    m.opset = opset;
    CHECK(read(m).ir.nodes[0].op == Op::Relu);
  }
}

TEST_CASE("control flow captures outer values as inputs") {
  proto::Graph inner;
  inner.nodes = {node("Add", {"x", "w"}, {"t"}), node("Mul", {"t", "own"}, {"r"})};
  inner.initialisers = {proto::floats("own", {1}, {2})};
  inner.outputs = {proto::value("r", 1, {2})};
  proto::Graph nested;
  nested.nodes = {node("If", {"flag"}, {"q"}, {proto::attr_graph("then_branch", inner.bytes())})};
  nested.outputs = {proto::value("q", 1, {2})};

  proto::Model m = one_node(node("If", {"flag"}, {"y"},
                                 {proto::attr_graph("then_branch", nested.bytes()), proto::attr_graph("else_branch", inner.bytes())}, "if"));
  m.inputs.push_back(proto::value("flag", 9, {}));
  m.initialisers = {proto::floats("w", {2}, {1, 2})};
  const Source s = read(m);
  const graph::Node& n = s.ir.nodes[0];
  CHECK(n.unsupported == "control flow is not implemented");
  CHECK(input_name(s.ir, n, 0) == "flag");
  CHECK(input_name(s.ir, n, 1) == "x");
  CHECK(input_name(s.ir, n, 2) == "w");
  CHECK(n.inputs.size() == 3);  // "own", "t", "r", "q" are the sub-graphs' own

  m.initialisers.clear();  // now "w" is nowhere
  CHECK(says(error_of([&] { read(m); }), "'w'"));
}

TEST_CASE("deep nesting of sub-graphs is refused") {
  const auto nested = [](int depth) {
    std::string graph_bytes = [] {
      proto::Graph g;
      g.nodes = {node("Relu", {"x"}, {"y"})};
      g.outputs = {proto::value("y")};
      return g.bytes();
    }();
    for (int i = 0; i < depth; ++i) {
      proto::Graph g;
      g.nodes = {node("If", {"x"}, {"y"}, {proto::attr_graph("then_branch", graph_bytes)})};
      g.outputs = {proto::value("y")};
      graph_bytes = g.bytes();
    }
    return one_node(node("If", {"x"}, {"y"}, {proto::attr_graph("then_branch", graph_bytes)}));
  };
  CHECK(reason(nested(40)) == "control flow is not implemented");
  CHECK(error_of([&] { read(nested(200)); }).code() == ErrorCode::limit_exceeded);
  CHECK(error_of([&] { read(nested(5000)); }).code() == ErrorCode::limit_exceeded);
}

TEST_CASE("values that are no tensors mark their readers") {
  proto::Model m;
  m.inputs = {proto::sequence("x")};
  m.nodes = {node("SequenceLength", {"x"}, {"n"}), node("Relu", {"x"}, {"y"})};
  m.outputs = {proto::value("y")};
  CHECK(reason(m) == "its input 'x' is a sequence");
  m.inputs = {proto::value("x", 8, {2})};
  CHECK(reason(m) == "its input 'x' is a tensor of element type string");
}

TEST_CASE("initialisers of unknown types stay in the graph as nodes that cannot run") {
  proto::Model m;
  m.inputs = {proto::value("x", 7, {1})};
  std::string strings;
  {
    protozero::pbf_writer w(strings);
    w.add_int64(1, 2);
    w.add_int32(2, 8);
    w.add_bytes(6, "one");
    w.add_bytes(6, "two");
    w.add_string(8, "labels");
  }
  m.initialisers = {strings};
  m.nodes = {node("Neg", {"x"}, {"i"}), node("Gather", {"labels", "i"}, {"y"})};
  m.outputs = {proto::value("y", 8, {1})};
  const Source s = read(m);
  REQUIRE(s.ir.nodes.size() == 3);
  CHECK(s.ir.nodes[1].unsupported == "the initialiser is of element type string");
  CHECK(s.ir.nodes[1].outputs[0] == s.ir.nodes[2].inputs[0]);
  CHECK(s.ir.nodes[2].unsupported == "its input 'labels' is of element type string");
}

TEST_CASE("all reasons are listed at once") {
  proto::Model m = one_node(node("First", {"x"}, {"a"}, {}, "one"));
  m.nodes.push_back(node("Second", {"a"}, {"y"}, {}, "two"));
  const std::string bytes = m.bytes();
  const Error error = error_of([&] { parse_onnx(proto::bytes(bytes)); });
  CHECK(error.code() == ErrorCode::unsupported);
  CHECK(says(error, "First"));
  CHECK(says(error, "Second"));
  CHECK(parse_onnx(proto::bytes(bytes), {.dims = {}, .input_shapes = {}, .allow_unsupported = true}).unsupported().size() == 2);
}
