// SPDX-License-Identifier: Apache-2.0
// Sub-graphs of control flow and functions, as the reader makes them.
#include "dnntune/onnx.h"
#include "onnx/reading.h"

using namespace dnntune;
using namespace dnntune::onnx;
using graph::Ir;
using graph::Op;
using proto::attr;
using proto::attr_graph;
using proto::node;

namespace {

/// A graph of one node without inputs of its own.
proto::Graph one(const std::string& node_proto, const std::string& output) {
  proto::Graph g;
  g.nodes = {node_proto};
  g.outputs = {proto::value(output, 1, {2})};
  return g;
}

/// y = flag ? then : else, of x.
proto::Model choice(const proto::Graph& then_branch, const proto::Graph& else_branch) {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2}), proto::value("flag", 9, {})};
  m.nodes = {node("If", {"flag"}, {"y"}, {attr_graph("then_branch", then_branch.bytes()), attr_graph("else_branch", else_branch.bytes())}, "if")};
  m.outputs = {proto::value("y", 1, {2})};
  return m;
}

std::vector<std::string> input_names(const Ir& ir) {
  std::vector<std::string> names;
  for (const graph::ValueId id : ir.inputs) names.push_back(ir.value(id).name);
  return names;
}

std::string message(const proto::Model& m) { return error_of([&] { read(m); }).what(); }

std::string function(const std::string& name, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                     const std::vector<std::string>& nodes, const std::vector<std::string>& defaults = {}) {
  std::string out;
  proto::pbf_writer w(out);
  w.add_string(1, name);
  for (const auto& i : inputs) w.add_string(4, i);
  for (const auto& o : outputs) w.add_string(5, o);
  for (const auto& n : nodes) w.add_message(7, n);
  w.add_string(10, "mine");
  for (const auto& d : defaults) w.add_message(11, d);
  std::string field;
  proto::pbf_writer(field).add_message(25, out);
  return field;
}

/// An attribute that stands for the function's own.
std::string reference(const std::string& name, const std::string& to, int type) {
  std::string out;
  proto::pbf_writer w(out);
  w.add_string(1, name);
  w.add_enum(20, type);
  w.add_string(21, to);
  return out;
}

proto::Model calls(const std::vector<std::string>& nodes, const std::string& functions) {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2})};
  m.nodes = nodes;
  m.outputs = {proto::value("y", 1, {2})};
  m.other_opsets = {{"mine", 1}};
  m.model_extra = functions;
  return m;
}

}  // namespace

TEST_CASE("what a sub-graph captures are inputs of its node") {
  proto::Graph inner = one(node("Add", {"x", "w"}, {"t"}), "r");
  inner.nodes.push_back(node("Mul", {"t", "own"}, {"r"}));
  inner.initialisers = {proto::floats("own", {1}, {2})};
  proto::Graph nested = one(node("If", {"flag"}, {"q"}, {attr_graph("then_branch", inner.bytes()), attr_graph("else_branch", inner.bytes())}), "q");
  proto::Model m = choice(nested, one(node("Neg", {"x"}, {"n"}), "n"));
  m.initialisers = {proto::floats("w", {2}, {1, 2})};
  const Source s = read(m);
  const graph::Node& n = s.ir.nodes[0];
  CHECK(n.op == Op::If);
  CHECK(n.unsupported.empty());
  CHECK(input_name(s.ir, n, 0) == "flag");
  CHECK(input_name(s.ir, n, 1) == "x");
  CHECK(input_name(s.ir, n, 2) == "w");
  CHECK(n.inputs.size() == 3);  // "own", "t", "r", "q" are the sub-graphs' own
  REQUIRE(n.subgraphs.size() == 2);
  CHECK(n.subgraphs[0].name == "then_branch");
  CHECK(input_names(*n.subgraphs[0].ir) == std::vector<std::string>{"flag", "x"});  // "w" is a weight of it
  CHECK(n.subgraphs[0].captures == std::vector<int>{0, 1});
  CHECK(n.subgraphs[1].captures == std::vector<int>{1});
  const graph::Node& deep = n.subgraphs[0].ir->nodes.at(0);
  REQUIRE(deep.subgraphs.size() == 2);
  CHECK(value_of(*deep.subgraphs[0].ir, "w").is_constant());

  m.initialisers.clear();  // now "w" is nowhere
  CHECK(message(m).find("'w'") != std::string::npos);
}

TEST_CASE("no two values of a model have one name") {
  // Both branches call their output "x2", and the else-branch calls a value as the graph around does.
  proto::Graph then_branch = one(node("Neg", {"x"}, {"x2"}), "x2");
  proto::Graph else_branch = one(node("Abs", {"x"}, {"y"}), "x2");
  else_branch.nodes.push_back(node("Exp", {"y"}, {"x2"}));
  const Source s = read(choice(then_branch, else_branch));
  const graph::Node& n = s.ir.nodes[0];
  const Ir &first = *n.subgraphs[0].ir, &second = *n.subgraphs[1].ir;
  CHECK(first.value(first.outputs[0]).name == "x2");
  CHECK(second.value(second.outputs[0]).name == "x2_2");
  CHECK(second.value(second.nodes[0].outputs[0]).name == "y_2");
  // The bytes say the same, so that a branch that is inlined is written as it is known.
  CHECK(to_text(second.nodes[1].raw).find("x2_2") != std::string_view::npos);
  CHECK(second.nodes[1].inputs[0] == second.nodes[0].outputs[0]);
}

TEST_CASE("sub-graphs that do not fit their node are refused by name") {
  const proto::Graph neg = one(node("Neg", {"x"}, {"n"}), "n");
  proto::Model m = choice(neg, neg);
  m.nodes[0] = node("If", {"flag"}, {"y"}, {attr_graph("then_branch", neg.bytes())}, "if");
  CHECK(message(m).find("node 'if' (If) must have then_branch and else_branch") != std::string::npos);
  m.nodes[0] = node("If", {"flag", "x"}, {"y"}, {attr_graph("then_branch", neg.bytes()), attr_graph("else_branch", neg.bytes())}, "if");
  CHECK(message(m).find("it takes its condition alone") != std::string::npos);

  proto::Graph body = one(node("Neg", {"x"}, {"n"}), "n");
  m.nodes[0] = node("Loop", {"", "flag", "x"}, {"y"}, {attr_graph("body", body.bytes())}, "loop");
  CHECK(message(m).find("'body' takes 0 inputs, the node gives it 3") != std::string::npos);
  body.inputs = {proto::value("a"), proto::value("a"), proto::value("b")};
  m.nodes[0] = node("Loop", {"", "flag", "x"}, {"y"}, {attr_graph("body", body.bytes())}, "loop");
  CHECK(message(m).find("'a' is defined a second time") != std::string::npos);
  body.inputs = {proto::value("i"), proto::value("c"), proto::value("b")};
  body.nodes = {node("Neg", {"nowhere"}, {"n"})};
  m.nodes[0] = node("Loop", {"", "flag", "x"}, {"y"}, {attr_graph("body", body.bytes())}, "loop");
  CHECK(message(m).find("'nowhere'") != std::string::npos);
  body.nodes = {node("Neg", {"n"}, {"n"})};  // reads what it writes
  m.nodes[0] = node("Loop", {"", "flag", "x"}, {"y"}, {attr_graph("body", body.bytes())}, "loop");
  CHECK(message(m).find("cycle") != std::string::npos);
}

TEST_CASE("branches of different types are refused, naming the node") {
  proto::Graph whole = one(node("Cast", {"x"}, {"i"}, {attr("to", std::int64_t{7})}), "i");
  whole.outputs = {proto::value("i", 7, {2})};
  const std::string bytes = choice(one(node("Neg", {"x"}, {"n"}), "n"), whole).bytes();
  const Error error = error_of([&] { parse_onnx(proto::bytes(bytes)); });
  CHECK(error.code() == ErrorCode::invalid_model);
  CHECK(says(error, "'if'"));
  CHECK(says(error, "is int64, not float32"));
}

TEST_CASE("a reason inside a sub-graph is the node's reason") {
  const std::string bytes = choice(one(node("Neg", {"x"}, {"n"}), "n"), one(node("Mystery", {"x"}, {"m"}, {}, "odd"), "m")).bytes();
  const Graph g = parse_onnx(proto::bytes(bytes), {.dims = {}, .input_shapes = {}, .allow_unsupported = true});
  REQUIRE(g.unsupported().size() == 1);
  CHECK(g.unsupported()[0].find("in 'else_branch', node 'odd' (Mystery): operator 'Mystery' is not implemented") != std::string::npos);
}

TEST_CASE("deep nesting of sub-graphs is refused") {
  const auto nested = [](int depth) {
    proto::Graph g = one(node("Neg", {"x"}, {"n"}), "n");
    for (int i = 0; i < depth; ++i)
      g = one(node("If", {"flag"}, {"n"}, {attr_graph("then_branch", g.bytes()), attr_graph("else_branch", one(node("Abs", {"x"}, {"a"}), "a").bytes())}), "n");
    return choice(g, g);
  };
  CHECK(read(nested(6)).ir.nodes[0].op == Op::If);
  const proto::Graph leaf = one(node("Neg", {"x"}, {"n"}), "n");
  std::string deep = leaf.bytes();
  for (int i = 0; i < 200; ++i) deep = one(node("If", {"flag"}, {"n"}, {attr_graph("then_branch", deep)}), "n").bytes();
  proto::Model m = choice(leaf, leaf);
  m.nodes[0] = node("If", {"flag"}, {"y"}, {attr_graph("then_branch", deep)}, "if");
  CHECK(error_of([&] { read(m); }).code() == ErrorCode::limit_exceeded);
}

TEST_CASE("a call of a function becomes the nodes of its body") {
  const std::string scaled = function("Scaled", {"a", "unused"}, {"b"},
                                      {node("LeakyRelu", {"a"}, {"t"}, {reference("alpha", "slope", 1)}, "leaky"), node("Neg", {"t"}, {"b"})},
                                      {attr("slope", 0.5f)});
  const Source s = read(calls({node("Scaled", {"x"}, {"h"}, {}, "one", "mine"), node("Scaled", {"h"}, {"y"}, {attr("slope", 0.25f)}, "two", "mine")}, scaled));
  REQUIRE(s.ir.nodes.size() == 4);
  CHECK(s.ir.nodes[0].op == Op::LeakyRelu);
  CHECK(s.ir.nodes[0].name == "one/leaky");
  CHECK(s.ir.nodes[0].attributes.number("alpha", 0) == 0.5f);
  CHECK(s.ir.nodes[2].attributes.number("alpha", 0) == 0.25f);
  CHECK(input_name(s.ir, s.ir.nodes[1], 0) == "one/t");
  CHECK(input_name(s.ir, s.ir.nodes[2], 0) == "h");
  CHECK(s.ir.value(s.ir.nodes[3].outputs[0]).name == "y");
}

TEST_CASE("functions that call themselves, or with too much, are refused") {
  const std::string endless = function("Endless", {"a"}, {"b"}, {node("Endless", {"a"}, {"b"}, {}, "", "mine")});
  CHECK(error_of([&] { read(calls({node("Endless", {"x"}, {"y"}, {}, "call", "mine")}, endless)); }).code() == ErrorCode::limit_exceeded);
  const std::string twice = function("Twice", {"a"}, {"b"}, {node("Twice", {"a"}, {"t"}, {}, "", "mine"), node("Twice", {"t"}, {"b"}, {}, "", "mine")});
  CHECK(error_of([&] { read(calls({node("Twice", {"x"}, {"y"}, {}, "call", "mine")}, twice)); }).code() == ErrorCode::limit_exceeded);
  const std::string narrow = function("Narrow", {"a"}, {"b"}, {node("Neg", {"a"}, {"b"})});
  CHECK(message(calls({node("Narrow", {"x", "x"}, {"y"}, {}, "call", "mine")}, narrow)).find("with 2 inputs and 1 outputs; it has 1 and 1") != std::string::npos);
}

TEST_CASE("functions that call themselves from a sub-graph are refused, also in both branches") {
  const auto branch = [](const std::string& output) { return attr_graph(output, one(node("Grow", {"a"}, {output}, {}, output, "mine"), output).bytes()); };
  const std::string grow = function("Grow", {"a"}, {"b"}, {node("If", {"k"}, {"b"}, {branch("then_branch"), branch("else_branch")}, "if"),
                                                           node("IsNaN", {"a"}, {"k"})});
  const Error error = error_of([&] { read(calls({node("Grow", {"x"}, {"y"}, {}, "call", "mine")}, grow)); });
  CHECK(error.code() == ErrorCode::limit_exceeded);
}

TEST_CASE("an output of a function that is an input of it is copied") {
  const std::string pass = function("Pass", {"a"}, {"a"}, {});
  const Source s = read(calls({node("Pass", {"x"}, {"y"}, {}, "call", "mine")}, pass));
  REQUIRE(s.ir.nodes.size() == 1);
  CHECK(s.ir.nodes[0].op == Op::Identity);
}
