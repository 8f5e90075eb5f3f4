// SPDX-License-Identifier: Apache-2.0
// Files of many nodes in forms that invite work out of proportion. Each would take minutes, not a second, if the work
// grew with the square of the file. bench/load prints times.
#include <cmath>

#include "dnntune/device.h"
#include "dnntune/onnx.h"
#include "dnntune/session.h"
#include "onnx/reading.h"

using namespace dnntune;
using proto::attr;

namespace {

constexpr int kNodes = 100'000;

Graph load(const proto::Model& m) {
  const std::string bytes = m.bytes();
  return parse_onnx(proto::bytes(bytes));
}

proto::Model relu_model() {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {1, 4})};
  m.outputs = {proto::value("y", 1, {1, 4})};
  return m;
}

std::string numbered(const char* name, int i) { return name + std::to_string(i); }

}  // namespace

TEST_CASE("a chain whose nodes come last to first is put in order") {
  proto::Model m = relu_model();
  for (int i = kNodes; i-- > 0;)
    m.nodes.push_back(proto::node("Sin", {i == 0 ? "x" : numbered("v", i)}, {i + 1 == kNodes ? "y" : numbered("v", i + 1)}));
  CHECK(load(m).layers().size() == kNodes);
}

TEST_CASE("a chain of nodes that do nothing") {
  proto::Model m = relu_model();
  for (int i = 0; i < kNodes; ++i) m.nodes.push_back(proto::node("Identity", {i == 0 ? "x" : numbered("v", i)}, {numbered("v", i + 1)}));
  m.nodes.push_back(proto::node("Neg", {numbered("v", kNodes)}, {"y"}));
  CHECK(load(m).layers().size() == 1);
}

TEST_CASE("nodes that all have one name, and values that have the names that upgrades give") {
  proto::Model m = relu_model();
  m.opset = 12;
  std::string last = "x";
  for (int i = 0; i < kNodes / 2; ++i) {
    const std::string taken = i == 0 ? "n:axes" : numbered("n:axes_", i + 1), sum = numbered("s", i);
    m.nodes.push_back(proto::node("Sin", {last}, {taken}, {}, "n"));
    m.nodes.push_back(proto::node("ReduceSum", {taken}, {sum}, {attr("axes", std::vector<std::int64_t>{0})}, "n"));
    last = sum;
  }
  m.nodes.push_back(proto::node("Neg", {last}, {"y"}));
  CHECK(load(m).layers().size() == kNodes + 1);
}

TEST_CASE("one node that reads half of all, and values that all wait for it") {
  proto::Model m = relu_model();
  std::vector<std::string> parts;
  for (int i = 0; i < kNodes / 2; ++i) {
    parts.push_back(numbered("v", i));
    m.nodes.push_back(proto::node("Sin", {"x"}, {parts.back()}));
  }
  m.nodes.push_back(proto::node("Concat", parts, {"y"}, {attr("axis", std::int64_t{0})}));
  m.outputs = {proto::value("y", 1, {kNodes / 2, 4})};
  const Graph graph = load(m);
  CHECK(graph.layers().size() == kNodes / 2 + 1);
  Session session(graph, Device::local().processor("cpu:all x1"));
  const Tensor y = session.run({{"x", Tensor::from<float>({1, 4}, std::vector<float>{0, 0, 0, 1})}}).at("y");
  CHECK(y.shape() == Shape{kNodes / 2, 4});
  CHECK(y.as<float>().back() == doctest::Approx(std::sin(1.0)));
}

TEST_CASE("a sub-graph that captures tens of thousands of values") {
  proto::Model m = relu_model();
  proto::Graph then, otherwise;
  m.inputs.push_back(proto::value("c", 9, {}));
  constexpr int kCaptured = 60'000;
  std::vector<std::string> parts;
  for (int i = 0; i < kCaptured; ++i) {
    parts.push_back(numbered("v", i));
    m.nodes.push_back(proto::node("Sin", {"x"}, {parts.back()}));
  }
  then.nodes = {proto::node("Concat", parts, {"t"}, {attr("axis", std::int64_t{0})})};
  then.outputs = {proto::value("t", 1, {kCaptured, 4})};
  otherwise.nodes = {proto::node("Neg", {"x"}, {"e"})};
  otherwise.outputs = {proto::value("e", 1, {1, 4})};
  m.nodes.push_back(proto::node("If", {"c"}, {"y"}, {proto::attr_graph("then_branch", then.bytes()), proto::attr_graph("else_branch", otherwise.bytes())}));
  m.outputs = {proto::value("y", 1, {"n", 4})};
  CHECK(load(m).layers().size() == kCaptured + 1);
}

TEST_CASE("20,000 weights, each read by two nodes") {
  proto::Model m = relu_model();
  std::string last = "x";
  for (int i = 0; i < 20'000; ++i) {
    m.initialisers.push_back(proto::floats(numbered("w", i), {1, 4}, {1, 2, 3, 4}));
    for (const char* op : {"Add", "Max"}) {
      const std::string next = op + numbered("", i);
      m.nodes.push_back(proto::node(op, {last, numbered("w", i)}, {next}));
      last = next;
    }
  }
  m.nodes.push_back(proto::node("Neg", {last}, {"y"}));
  CHECK(load(m).layers().size() == 40'001);
}
