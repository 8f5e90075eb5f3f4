// SPDX-License-Identifier: Apache-2.0
// If, Loop and Scan, and shapes that only a run knows.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "dnntune/device.h"
#include "dnntune/onnx.h"
#include "dnntune/session.h"
#include "onnx/proto.h"
#include "throws.h"

using namespace dnntune;
using proto::attr;
using proto::attr_graph;
using proto::node;
using proto::value;

namespace {

constexpr int kFloat = 1, kInt64 = 7, kBool = 9;

Graph load(const proto::Model& m, bool allow_unsupported = false) {
  const std::string bytes = m.bytes();
  return parse_onnx(proto::bytes(bytes), {.dims = {}, .input_shapes = {}, .allow_unsupported = allow_unsupported});
}

Session session(const proto::Model& m, SessionOptions options = {}, const char* processor = "cpu:all x1") {
  return Session(load(m), Device::local().processor(processor), std::move(options));
}

Tensor floats(Shape shape, const std::vector<float>& values) { return Tensor::from(std::move(shape), values); }
Tensor ints(Shape shape, const std::vector<std::int64_t>& values) { return Tensor::from(std::move(shape), values); }
Tensor flag(bool on) {
  Tensor t(DataType::boolean, {});
  static_cast<std::uint8_t*>(t.mutable_data())[0] = on ? 1 : 0;
  return t;
}

void check_floats(const Tensor& got, const Shape& shape, const std::vector<float>& want) {
  CHECK(got.shape() == shape);
  const auto data = got.as<float>();
  CHECK(std::vector<float>(data.begin(), data.end()) == want);
}
void check_ints(const Tensor& got, const Shape& shape, const std::vector<std::int64_t>& want) {
  CHECK(got.shape() == shape);
  const auto data = got.as<std::int64_t>();
  CHECK(std::vector<std::int64_t>(data.begin(), data.end()) == want);
}

proto::Graph graph_of(const std::vector<std::string>& inputs, const std::vector<std::string>& nodes, const std::vector<std::string>& outputs) {
  proto::Graph g;
  g.inputs = inputs;
  g.nodes = nodes;
  g.outputs = outputs;
  return g;
}

/// A constant of a graph, as a node.
std::string constant_ints(const std::string& name, const std::vector<std::int64_t>& values) {
  return node("Constant", {}, {name}, {proto::attr_tensor("value", proto::ints("", values))});
}

std::string choice(const std::string& condition, const std::string& output, const proto::Graph& yes, const proto::Graph& no, const std::string& name) {
  return node("If", {condition}, {output}, {attr_graph("then_branch", yes.bytes()), attr_graph("else_branch", no.bytes())}, name);
}

/// y = flag ? [x, x] : x + w.
proto::Model choice_model() {
  proto::Model m;
  m.inputs = {value("x", kFloat, {"n"}), value("flag", kBool, {})};
  m.initialisers = {proto::floats("w", {1}, {10})};
  m.nodes = {choice("flag", "c", graph_of({}, {node("Concat", {"x", "x"}, {"t"}, {attr("axis", std::int64_t{0})})}, {value("t", kFloat, {"m"})}),
                    graph_of({}, {node("Add", {"x", "w"}, {"e"})}, {value("e", kFloat, {"m"})}), "if"),
             node("Neg", {"c"}, {"y"}, {}, "neg")};
  m.outputs = {value("y", kFloat, {"k"})};
  return m;
}

/// Runs until the carried number passes `limit` or the trip count is reached: v <- v * 2, all v are stacked.
proto::Model doubling_model() {
  proto::Model m;
  m.inputs = {value("start", kFloat, {1}), value("limit", kFloat, {1}), value("trips", kInt64, {})};
  const proto::Graph body = graph_of({value("i", kInt64, {}), value("go", kBool, {}), value("v", kFloat, {1})},
                                     {node("Add", {"v", "v"}, {"v_out"}), node("Less", {"v_out", "limit"}, {"below"}),
                                      node("Squeeze", {"below"}, {"go_out"}), node("Identity", {"v_out"}, {"seen"})},
                                     {value("go_out", kBool, {}), value("v_out", kFloat, {1}), value("seen", kFloat, {1})});
  m.nodes = {node("Loop", {"trips", "", "start"}, {"last", "all"}, {attr_graph("body", body.bytes())}, "loop")};
  m.outputs = {value("last", kFloat, {1}), value("all", kFloat, {"n", 1})};
  return m;
}

}  // namespace

TEST_CASE("If takes one branch or the other, with shapes of their own") {
  Session s = session(choice_model());
  const Tensor x = floats({2}, {1, 2});
  for (int round = 0; round < 3; ++round) {
    check_floats(s.run({{"x", x}, {"flag", flag(true)}}).at("y"), {4}, {-1, -2, -1, -2});
    check_floats(s.run({{"x", x}, {"flag", flag(false)}}).at("y"), {2}, {-11, -12});
    check_floats(s.run({{"x", floats({3}, {1, 2, 3})}, {"flag", flag(false)}}).at("y"), {3}, {-11, -12, -13});
  }
  CHECK(s.graph().layers().size() == 2);
  CHECK(s.graph().layers()[0].op == "If");
  CHECK(s.graph().layers()[0].inputs == std::vector<std::string>{"flag", "x"});
  CHECK(s.graph().value("c").shape == Shape{-1});
}

TEST_CASE("If on a constant is no layer: its branch is in its place") {
  proto::Model m = choice_model();
  m.inputs.pop_back();
  m.initialisers.push_back(proto::tensor("flag", {}, kBool, std::string(1, '\0')));
  const Graph g = load(m);
  for (const LayerInfo& layer : g.layers()) CHECK(layer.op.find("If") == std::string::npos);
  check_floats(Session(g, Device::local().processor("cpu:all x1")).run({{"x", floats({2}, {1, 2})}}).at("y"), {2}, {-11, -12});
  // Written and read again it is the same network.
  const Graph again = parse_onnx(serialize_onnx(g));
  CHECK(again.hash() == g.hash());
  // Its values are values of the network: one may cut there.
  CHECK(g.extract({"x"}, {"e"}).layers().size() == 1);
}

TEST_CASE("conditions fold through shapes and nested branches") {
  // The rank of x decides, then its second dimension, which the model fixes; n stays open.
  proto::Model m;
  m.inputs = {value("x", kFloat, {"n", 3})};
  m.initialisers = {proto::tensor("two", {}, kInt64, proto::raw<std::int64_t>({2})), proto::tensor("three", {}, kInt64, proto::raw<std::int64_t>({3})),
                    proto::tensor("one", {}, kInt64, proto::raw<std::int64_t>({1}))};
  const proto::Graph wrong = graph_of({}, {node("Abs", {"x"}, {"wrong"})}, {value("wrong", kFloat, {"n", 3})});
  const proto::Graph right = graph_of({}, {node("Neg", {"x"}, {"right"})}, {value("right", kFloat, {"n", 3})});
  const proto::Graph inner = graph_of({}, {node("Shape", {"x"}, {"dims2"}), node("Gather", {"dims2", "one"}, {"second"}), node("Equal", {"second", "three"}, {"is3"}),
                                           choice("is3", "inner", right, wrong, "if_inner")}, {value("inner", kFloat, {"n", 3})});
  m.nodes = {node("Shape", {"x"}, {"dims"}), node("Size", {"dims"}, {"rank"}), node("Equal", {"rank", "two"}, {"is2"}),
             choice("is2", "y", inner, wrong, "if_outer")};
  m.outputs = {value("y", kFloat, {"n", 3})};
  const Graph g = load(m);
  REQUIRE(g.layers().size() == 1);
  CHECK(g.layers()[0].op == "Neg");
  Session s(g, Device::local().processor("cpu:all x1"));
  check_floats(s.run({{"x", floats({2, 3}, {1, 2, 3, 4, 5, 6})}}).at("y"), {2, 3}, {-1, -2, -3, -4, -5, -6});
}

TEST_CASE("Loop counts, stops on its condition, carries and stacks") {
  Session s = session(doubling_model());
  const auto run = [&](float limit, std::int64_t trips) {
    return s.run({{"start", floats({1}, {1})}, {"limit", floats({1}, {limit})}, {"trips", ints({}, {trips})}});
  };
  Tensors by_count = run(1e9f, 3);
  check_floats(by_count.at("last"), {1}, {8});
  check_floats(by_count.at("all"), {3, 1}, {2, 4, 8});
  Tensors by_condition = run(5.0f, 100);
  check_floats(by_condition.at("last"), {1}, {8});
  check_floats(by_condition.at("all"), {3, 1}, {2, 4, 8});
  Tensors none = run(5.0f, 0);
  check_floats(none.at("last"), {1}, {1});
  CHECK(none.at("all").element_count() == 0);
  CHECK(none.at("all").shape().front() == 0);
  check_floats(run(5.0f, -7).at("last"), {1}, {1});
}

TEST_CASE("the outputs of a loop that never ran are not the caller's inputs") {
  Session s = session(doubling_model());
  const Tensor start = floats({1}, {1});
  const Tensors out = s.run({{"start", start}, {"limit", floats({1}, {5})}, {"trips", ints({}, {0})}});
  CHECK(out.at("last").data() != start.data());
}

TEST_CASE("endless loops end with a limit") {
  proto::Model m = doubling_model();
  Session s = session(m, {.max_loop_iterations = 1000});
  const Tensors endless = {{"start", floats({1}, {0})}, {"limit", floats({1}, {1})}, {"trips", ints({}, {INT64_MAX})}};
  CHECK_ERROR(s.run(endless), ErrorCode::limit_exceeded, "max_loop_iterations");
  CHECK_ERROR(s.run(endless), ErrorCode::limit_exceeded, "layer 'loop' (Loop)");
  // The session goes on, and the count starts anew with each run.
  Tensors last = endless;
  last["trips"] = ints({}, {1000});
  for (int i = 0; i < 2; ++i) CHECK(s.run(last).at("all").shape() == Shape{1000, 1});
  CHECK_ERROR(session(m, {.max_loop_iterations = -1}), ErrorCode::invalid_argument, "max_loop_iterations");
}

TEST_CASE("what loops stack and carry is bounded in bytes") {
  proto::Model m = doubling_model();
  // 100 iterations: a float stacked each, one carried.
  const auto trips = [](std::int64_t n) { return Tensors{{"start", floats({1}, {0})}, {"limit", floats({1}, {1})}, {"trips", ints({}, {n})}}; };
  Session s = session(m, {.max_loop_bytes = 404});
  for (int i = 0; i < 2; ++i) CHECK(s.run(trips(100)).at("all").shape() == Shape{100, 1});  // given back after a run
  CHECK_ERROR(s.run(trips(101)), ErrorCode::limit_exceeded, "layer 'loop' (Loop): the loops of this run would hold more than 404 bytes");
  CHECK(s.run(trips(100)).at("all").shape() == Shape{100, 1});
  CHECK_ERROR(session(m, {.max_loop_bytes = -1}), ErrorCode::invalid_argument, "max_loop_bytes is -1");

  // A carried value that grows: [x, x] of 4, 8, 16... bytes; nothing is stacked.
  proto::Model grows;
  grows.inputs = {value("x", kFloat, {1}), value("trips", kInt64, {})};
  const proto::Graph body = graph_of({value("i", kInt64, {}), value("go", kBool, {}), value("v", kFloat, {"n"})},
                                     {node("Concat", {"v", "v"}, {"w"}, {attr("axis", std::int64_t{0})}), node("Identity", {"go"}, {"on"})},
                                     {value("on", kBool, {}), value("w", kFloat, {"m"})});
  grows.nodes = {node("Loop", {"trips", "", "x"}, {"y"}, {attr_graph("body", body.bytes())}, "loop")};
  grows.outputs = {value("y", kFloat, {"k"})};
  Session growing = session(grows, {.max_loop_bytes = 64});
  CHECK(growing.run({{"x", floats({1}, {1})}, {"trips", ints({}, {4})}}).at("y").shape() == Shape{16});
  CHECK_ERROR(growing.run({{"x", floats({1}, {1})}, {"trips", ints({}, {5})}}), ErrorCode::limit_exceeded, "max_loop_bytes");
}

TEST_CASE("a Scan's stacked output is bounded in bytes") {
  proto::Model m;
  m.inputs = {value("x", kFloat, {"t", 2})};
  const proto::Graph body = graph_of({value("e", kFloat, {2})}, {node("Neg", {"e"}, {"o"})}, {value("o", kFloat, {2})});
  m.nodes = {node("Scan", {"x"}, {"y"}, {attr("num_scan_inputs", std::int64_t{1}), attr_graph("body", body.bytes())}, "scan")};
  m.outputs = {value("y", kFloat, {"t", 2})};
  Session s = session(m, {.max_loop_bytes = 16});
  CHECK(s.run({{"x", floats({2, 2}, {1, 2, 3, 4})}}).at("y").shape() == Shape{2, 2});
  CHECK_ERROR(s.run({{"x", floats({3, 2}, {1, 2, 3, 4, 5, 6})}}), ErrorCode::limit_exceeded, "layer 'scan' (Scan)");
}

TEST_CASE("a loop may lack every input") {
  const proto::Graph body = graph_of({value("i", kInt64, {}), value("go", kBool, {})}, {node("Less", {"i", "three"}, {"more"}), node("Neg", {"i"}, {"minus"})},
                                     {value("more", kBool, {}), value("minus", kInt64, {})});
  for (const std::vector<std::string>& inputs : {std::vector<std::string>{}, {""}, {"", ""}}) {
    proto::Model m;
    m.initialisers = {proto::tensor("three", {}, 7, std::string("\3\0\0\0\0\0\0\0", 8))};
    m.nodes = {node("Loop", inputs, {"all"}, {attr_graph("body", body.bytes())}, "loop")};
    m.outputs = {value("all", kInt64, {-1})};
    CHECK(session(m).run({}).at("all").shape() == Shape{4});
  }
}

TEST_CASE("a carried value may grow from iteration to iteration") {
  proto::Model m;
  m.inputs = {value("x", kFloat, {"n"}), value("trips", kInt64, {})};
  const proto::Graph body = graph_of({value("i", kInt64, {}), value("go", kBool, {}), value("v", kFloat, {"k"})},
                                     {node("Identity", {"go"}, {"go_out"}), node("Concat", {"v", "x"}, {"v_out"}, {attr("axis", std::int64_t{0})})},
                                     {value("go_out", kBool, {}), value("v_out", kFloat, {"k2"})});
  m.nodes = {node("Loop", {"trips", "", "x"}, {"y"}, {attr_graph("body", body.bytes())}, "grow")};
  m.outputs = {value("y", kFloat, {"k"})};
  Session s = session(m);
  check_floats(s.run({{"x", floats({2}, {1, 2})}, {"trips", ints({}, {3})}}).at("y"), {8}, {1, 2, 1, 2, 1, 2, 1, 2});
  CHECK(s.run({{"x", floats({1}, {1})}, {"trips", ints({}, {20})}}).at("y").shape() == Shape{21});
}

TEST_CASE("what a body slices by its iteration number") {
  // Takes rows 0, 1, ... of a matrix and sums them: starts and ends are only known within the loop.
  proto::Model m;
  m.inputs = {value("x", kFloat, {"n", 2})};
  const proto::Graph body = graph_of(
      {value("i", kInt64, {}), value("go", kBool, {}), value("sum", kFloat, {1, 2})},
      {constant_ints("zero", {0}), constant_ints("one", {1}), node("Unsqueeze", {"i", "zero"}, {"from"}), node("Add", {"from", "one"}, {"to"}),
       node("Slice", {"x", "from", "to", "zero"}, {"row"}), node("Add", {"sum", "row"}, {"sum_out"}), node("Identity", {"go"}, {"go_out"})},
      {value("go_out", kBool, {}), value("sum_out", kFloat, {1, 2})});
  m.initialisers = {proto::floats("nothing", {1, 2}, {0, 0}), proto::tensor("zero0", {}, kInt64, proto::raw<std::int64_t>({0}))};
  m.nodes = {node("Shape", {"x"}, {"dims"}), node("Gather", {"dims", "zero0"}, {"rows"}),
             node("Loop", {"rows", "", "nothing"}, {"y"}, {attr_graph("body", body.bytes())}, "sum")};
  m.outputs = {value("y", kFloat, {1, 2})};
  Session s = session(m);
  check_floats(s.run({{"x", floats({3, 2}, {1, 2, 3, 4, 5, 6})}}).at("y"), {1, 2}, {9, 12});
  check_floats(s.run({{"x", floats({1, 2}, {1, 2})}}).at("y"), {1, 2}, {1, 2});
}

TEST_CASE("Scan runs along any axis, in either direction") {
  proto::Model m;
  m.inputs = {value("start", kFloat, {2}), value("x", kFloat, {2, "n"})};
  const proto::Graph body = graph_of({value("s", kFloat, {2}), value("e", kFloat, {2})},
                                     {node("Add", {"s", "e"}, {"s_out"}), node("Identity", {"s_out"}, {"seen"})},
                                     {value("s_out", kFloat, {2}), value("seen", kFloat, {2})});
  const auto run = [&](std::int64_t direction, std::int64_t out_axis, std::int64_t out_direction) {
    m.nodes = {node("Scan", {"start", "x"}, {"last", "all"},
                    {attr_graph("body", body.bytes()), attr("num_scan_inputs", std::int64_t{1}), attr("scan_input_axes", std::vector<std::int64_t>{-1}),
                     attr("scan_input_directions", std::vector<std::int64_t>{direction}), attr("scan_output_axes", std::vector<std::int64_t>{out_axis}),
                     attr("scan_output_directions", std::vector<std::int64_t>{out_direction})}, "scan")};
    m.outputs = {value("last", kFloat, {2}), value("all", kFloat, {"a", "b"})};
    return session(m).run({{"start", floats({2}, {0, 100})}, {"x", floats({2, 3}, {1, 2, 3, 10, 20, 30})}});
  };
  Tensors forward = run(0, 0, 0);
  check_floats(forward.at("last"), {2}, {6, 160});
  check_floats(forward.at("all"), {3, 2}, {1, 110, 3, 130, 6, 160});
  check_floats(run(1, 0, 0).at("all"), {3, 2}, {3, 130, 5, 150, 6, 160});
  check_floats(run(0, 1, 0).at("all"), {2, 3}, {1, 3, 6, 110, 130, 160});
  check_floats(run(0, -1, 1).at("all"), {2, 3}, {6, 3, 1, 160, 130, 110});
  CHECK_ERROR(run(0, 5, 0), ErrorCode::invalid_argument, "outside rank");
}

TEST_CASE("layers behind shapes that only a run knows are planned once a shape") {
  // The positions of what is not zero, as floats, through a product of open size.
  proto::Model m;
  m.inputs = {value("x", kFloat, {"n"})};
  m.initialisers = {proto::floats("w", {1, 3}, {1, 10, 100}), proto::ints("rows", {-1, 1})};
  m.nodes = {node("NonZero", {"x"}, {"at"}), node("Cast", {"at"}, {"f"}, {attr("to", std::int64_t{1})}), node("Reshape", {"f", "rows"}, {"column"}),
             node("MatMul", {"column", "w"}, {"y"}, {}, "product"), node("Shape", {"y"}, {"dims"})};
  m.outputs = {value("y", kFloat, {"k", 3}), value("dims", kInt64, {2})};
  Session s = session(m);
  Tensors two = s.run({{"x", floats({4}, {0, 5, 0, -1})}});
  check_floats(two.at("y"), {2, 3}, {1, 10, 100, 3, 30, 300});
  check_ints(two.at("dims"), {2}, {2, 3});
  const Tensors none = s.run({{"x", floats({2}, {0, 0})}});
  CHECK(none.at("y").shape() == Shape{0, 3});
  check_floats(s.run({{"x", floats({4}, {0, 0, 2, 0})}}).at("y"), {1, 3}, {2, 20, 200});
  CHECK(s.graph().value("y").shape == Shape{-1, 3});
}

TEST_CASE("shape operands computed from data") {
  // y: x repeated as often as the largest of `counts` says, then cut to half of that.
  proto::Model m;
  m.inputs = {value("x", kFloat, {2}), value("counts", kFloat, {"b", "c"})};
  m.initialisers = {proto::ints("two", {2}), proto::ints("zero", {0}), proto::ints("one", {1})};
  m.nodes = {node("ReduceMax", {"counts"}, {"most"}, {attr("keepdims", std::int64_t{0})}), node("Cast", {"most"}, {"k"}, {attr("to", std::int64_t{7})}),
             node("Unsqueeze", {"k", "zero"}, {"k1"}), node("Tile", {"x", "k1"}, {"tiled"}), node("Div", {"k1", "two"}, {"half"}),
             node("Slice", {"tiled", "zero", "half", "zero", "one"}, {"y"})};
  m.outputs = {value("y", kFloat, {"n"})};
  Session s = session(m);
  check_floats(s.run({{"x", floats({2}, {1, 2})}, {"counts", floats({1, 2}, {3, 6})}}).at("y"), {3}, {1, 2, 1});
  check_floats(s.run({{"x", floats({2}, {1, 2})}, {"counts", floats({2, 1}, {2, 1})}}).at("y"), {1}, {1});
  CHECK_ERROR(s.run({{"x", floats({2}, {1, 2})}, {"counts", floats({1, 1}, {-3})}}), ErrorCode::invalid_argument, "a repeat count is -3");
}

TEST_CASE("cuts before and behind what runs apart: both halves compute what the whole does") {
  const Graph whole = load(choice_model());
  const Processor processor = Device::local().processor("cpu:all x1");
  for (const bool on : {true, false}) {
    const Tensors inputs = {{"x", floats({2}, {1, 2})}, {"flag", flag(on)}};
    const Tensors wanted = Session(whole, processor).run(inputs);
    REQUIRE(whole.cut_points().size() == 3);
    const Tensors crossing = Session(whole.extract({"x", "flag"}, {"c"}), processor).run(inputs);
    const Tensors got = Session(whole.extract({"c"}, {"y"}), processor).run(crossing);
    CHECK(got.at("y").shape() == wanted.at("y").shape());
    const auto a = got.at("y").as<float>(), b = wanted.at("y").as<float>();
    CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
  }
}

TEST_CASE("sessions of one graph with control flow run side by side") {
  const Graph g = load(doubling_model());
  std::vector<std::thread> threads;
  std::vector<int> right(4, 0);
  for (std::size_t t = 0; t < right.size(); ++t)
    threads.emplace_back([&, t] {
      Session s(g, Device::local().processor("cpu:all x2"));
      for (std::int64_t trips = 1; trips < 12; ++trips) {
        const Tensors out = s.run({{"start", floats({1}, {1})}, {"limit", floats({1}, {1e9f})}, {"trips", ints({}, {trips})}});
        if (out.at("last").as<float>()[0] == static_cast<float>(1 << trips)) ++right[t];
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const int count : right) CHECK(count == 11);
}

TEST_CASE("a profile of a network with control flow has its layers and their times") {
  Session s = session(choice_model());
  const Profile p = s.profile({.warmup_runs = 1, .min_samples = 3, .min_sample_s = 0.0005, .max_total_s = 2.0},
                              {{"x", floats({2}, {1, 2})}, {"flag", flag(true)}});
  REQUIRE(p.layers.size() == 2);
  CHECK(p.layers[0].name == "if");
  CHECK(p.layers[0].latency_ns.value > 0.0);
  CHECK(p.layers[0].output_bytes == 16);
  CHECK(p.layers[1].latency_ns.value > 0.0);
  CHECK(p.run_ns.value >= p.layers[0].latency_ns.value);
}
