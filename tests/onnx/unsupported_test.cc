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
