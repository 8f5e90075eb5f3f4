// SPDX-License-Identifier: Apache-2.0
#include "dnntune/session.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>
#include <tuple>

#include "backends/cpu/cpu_backend.h"
#include "dnntune/builder.h"
#include "dnntune/onnx.h"
#include "graph/graph_impl.h"
#include "kernels/simd/gemm.h"
#include "runtime/naive.h"
#include "runtime/random_network.h"
#include "throws.h"

using namespace dnntune;
using naive::bit_difference;
using naive::cpu;
using naive::random_tensor;
using Ints = std::vector<std::int64_t>;

namespace {

/// A small classifier with an open batch dimension.
Graph classifier() {
  GraphBuilder b("classifier");
  std::string x = b.input("image", DataType::float32, {-1, 3, 8, 8});
  x = b.node("Relu", {b.node("Conv", {x, b.constant("w", random_tensor({4, 3, 3, 3}, 1))}, {{"pads", Ints{1, 1, 1, 1}}})});
  x = b.node("Flatten", {b.node("GlobalAveragePool", {x})});
  b.output(b.node("Softmax", {b.node("Gemm", {x, b.constant("v", random_tensor({4, 5}, 2))})}, {}, "scores"));
  return b.build();
}

Graph two_inputs() {
  GraphBuilder b("two");
  const std::string x = b.input("x", DataType::float32, {2, 3}), n = b.input("n", DataType::int64, {3});
  b.output(b.node("Add", {x, b.node("Cast", {n}, {{"to", std::int64_t{1}}})}, {}, "sum"));
  return b.build();
}

}  // namespace

TEST_CASE("inputs: missing, unknown, of another type or shape, each named") {
  Session session(two_inputs(), cpu(1));
  const Tensor x = random_tensor({2, 3}, 1), n(DataType::int64, {3});
  CHECK_NOTHROW(session.run({{"x", x}, {"n", n}}));
  CHECK_ERROR(session.run({{"x", x}}), ErrorCode::invalid_argument, "'n'");
  CHECK_ERROR(session.run({{"x", x}, {"n", Tensor()}}), ErrorCode::invalid_argument, "'n'");
  CHECK_ERROR(session.run({}), ErrorCode::invalid_argument, "'x'");
  CHECK_ERROR(session.run({{"x", x}, {"n", n}, {"extra", n}}), ErrorCode::invalid_argument, "'extra'");
  CHECK_ERROR(session.run({{"x", n}, {"n", n}}), ErrorCode::invalid_argument, "int64");
  CHECK_ERROR(session.run({{"x", random_tensor({3, 2}, 1)}, {"n", n}}), ErrorCode::invalid_argument, "[3,2]");
  CHECK_ERROR(session.run({{"x", random_tensor({6}, 1)}, {"n", n}}), ErrorCode::invalid_argument, "'x'");
  // The session still works.
  CHECK(session.run({{"x", x}, {"n", n}}).at("sum").shape() == Shape{2, 3});
}

TEST_CASE("sessions refuse what they cannot be made for") {
  const Graph graph = classifier();
  Processor other = cpu(1);
  other.backend = "quantum";
  CHECK_ERROR(Session(graph, other), ErrorCode::not_found, "'quantum'");
  CHECK_ERROR(Session(graph, other), ErrorCode::not_found, "'cpu'");
  CHECK_ERROR(Session(graph, cpu(0)), ErrorCode::invalid_argument, "0 threads");
  CHECK_ERROR(Session(graph, cpu(100000)), ErrorCode::invalid_argument, "100000");
  CHECK_ERROR(Session(graph, cpu(2), {.worker_spin_us = -1}), ErrorCode::invalid_argument, "worker_spin_us is -1");
  CHECK_ERROR(Session(graph, cpu(2), {.alone_below_us = -1}), ErrorCode::invalid_argument, "alone_below_us is -1");
  CHECK_ERROR(Session(graph, cpu(2), {.worker_spin_us = 1000001}), ErrorCode::invalid_argument, "1000001");
  CHECK_ERROR(Session(graph, cpu(1), {.input_shapes = {{"img", {1, 3, 8, 8}}}}), ErrorCode::invalid_argument, "'img'");
  CHECK_ERROR(Session(graph, cpu(1), {.input_shapes = {{"image", {1, 4, 8, 8}}}}), ErrorCode::invalid_argument, "[1,4,8,8]");
  CHECK_ERROR(Session(graph, cpu(1), {.input_shapes = {{"image", {-1, 3, 8, 8}}}}), ErrorCode::invalid_argument, "open");
}

TEST_CASE("what activations may take is bounded in bytes") {
  const Tensor two = random_tensor({2, 3, 8, 8}, 1), many = random_tensor({64, 3, 8, 8}, 1);
  Session any(classifier(), cpu(1));
  any.run({{"image", two}});
  const std::int64_t bytes = any.memory().arena;
  REQUIRE(bytes > 0);
  Session session(classifier(), cpu(1), {.max_arena_bytes = bytes});
  CHECK_NOTHROW(session.run({{"image", two}}));
  CHECK_ERROR(session.run({{"image", many}}), ErrorCode::limit_exceeded, "SessionOptions::max_arena_bytes is " + std::to_string(bytes));
  CHECK_NOTHROW(session.run({{"image", two}}));  // goes on
  CHECK_ERROR(Session(classifier(), cpu(1), {.input_shapes = {{"image", {64, 3, 8, 8}}}, .max_arena_bytes = bytes}), ErrorCode::limit_exceeded, "max_arena_bytes");
  CHECK_ERROR(Session(classifier(), cpu(1), {.max_arena_bytes = 100}), ErrorCode::limit_exceeded, "writes");  // one value alone is too large
  CHECK_ERROR(Session(classifier(), cpu(1), {.max_arena_bytes = -1}), ErrorCode::invalid_argument, "max_arena_bytes is -1");
}

TEST_CASE("a graph with layers that cannot run here: all of them are named") {
  graph::Ir ir;
  ir.name = "foreign";
  const auto value = [&](const char* name) {
    graph::Value v;
    v.name = name;
    v.type = DataType::float32;
    v.shape = Shape{1, 4};
    return ir.add_value(v);
  };
  const graph::ValueId x = value("x"), y = value("y"), z = value("z");
  ir.inputs = {x};
  ir.outputs = {z};
  for (const auto& [from, to, name] : {std::tuple{x, y, "first"}, std::tuple{y, z, "second"}}) {
    graph::Node node;
    node.op_type = "Mystery";
    node.domain = "com.example";
    node.name = name;
    node.inputs = {from};
    node.outputs = {to};
    node.unsupported = "operator 'Mystery' of domain 'com.example' is not implemented";
    ir.nodes.push_back(node);
  }
  const Graph graph(graph::make_graph_impl(std::move(ir), {}, {}, &backends::cpu::evaluator(), {}, true));
  for (const char* part : {"'foreign'", "first", "second", "Mystery"}) CHECK_ERROR(Session(graph, cpu(1)), ErrorCode::unsupported, part);
}

TEST_CASE("an open dimension takes any size, and each batch item gets the same result") {
  const Graph graph = classifier();
  Session session(graph, cpu(1));
  const Tensor all = random_tensor({6, 3, 8, 8}, 5);
  const auto items = [&](std::int64_t begin, std::int64_t count) {
    return Tensor::borrow(DataType::float32, {count, 3, 8, 8}, all.as<float>().data() + begin * 3 * 64);
  };
  const Tensors whole = session.run({{"image", all}});
  CHECK(naive::difference(whole, naive::evaluate(graph, {{"image", all}}), 1e-5) == "");
  // More sizes than plans are kept, there and back.
  for (const std::int64_t count : {1, 2, 3, 4, 5, 6, 5, 1, 2, 6}) {
    const Tensors part = session.run({{"image", items(6 - count, count)}});
    REQUIRE(part.at("scores").shape() == Shape{count, 5});
    const auto expected = whole.at("scores").as<float>().subspan(static_cast<std::size_t>(6 - count) * 5);
    // Not bit for bit: a batch of one may take the matrix-vector kernel.
    CHECK(std::ranges::equal(expected, part.at("scores").as<float>(), [](float a, float b) { return std::abs(a - b) <= 1e-5f; }));
  }
  CHECK_ERROR(session.run({{"image", random_tensor({1, 2, 8, 8}, 1)}}), ErrorCode::invalid_argument, "[?,3,8,8]");
}

TEST_CASE("shapes the network cannot compute with are the caller's error") {
  GraphBuilder b("dense");
  const std::string x = b.input("x", DataType::float32, {1, -1});
  b.output(b.node("MatMul", {x, b.constant("w", random_tensor({1, 4}, 1))}));
  Session session(b.build(), cpu(1));
  CHECK_NOTHROW(session.run({{"x", random_tensor({1, 1}, 1)}}));
  CHECK_ERROR(session.run({{"x", random_tensor({1, 3}, 1)}}), ErrorCode::invalid_argument, "x [1,3]");
}

TEST_CASE("inputs whose contents decide shapes") {
  GraphBuilder b("reshape");
  const std::string x = b.input("x", DataType::float32, {2, 6}), shape = b.input("shape", DataType::int64, {2});
  const std::string twice = b.node("Mul", {shape, b.constant("two", Tensor::from(Shape{2}, Ints{1, 2}))});
  b.output(b.node("Relu", {b.node("Reshape", {x, twice})}, {}, "y"));
  Session session(b.build(), cpu(1));
  const Tensor data = random_tensor({2, 6}, 3);
  const auto run = [&](const Ints& dims) { return session.run({{"x", data}, {"shape", Tensor::from(Shape{2}, dims)}}).at("y"); };
  CHECK(run({6, 1}).shape() == Shape{6, 2});
  CHECK(run({3, 2}).shape() == Shape{3, 4});
  CHECK(run({6, 1}).shape() == Shape{6, 2});
  for (std::size_t i = 0; i < 12; ++i) CHECK(run({1, 6}).as<float>()[i] == std::max(0.0f, data.as<float>()[i]));
  CHECK_ERROR(run({5, 1}), ErrorCode::invalid_argument, "shape");
}

TEST_CASE("a shape that depends on the data itself is what each run says") {
  GraphBuilder b("data");
  const std::string x = b.input("x", DataType::float32, {100, 100});
  const std::string n = b.node("Cast", {b.node("ReduceMax", {b.node("Reshape", {x, b.constant("flat", Tensor::from(Shape{1}, Ints{-1}))})})}, {{"to", std::int64_t{7}}});
  b.output(b.node("Reshape", {x, n}, {}, "y"));
  Session session(b.build(), cpu(1));
  Tensor data = random_tensor({100, 100}, 3);
  data.as_mutable<float>()[7] = 10000.5f;
  CHECK(session.run({{"x", data}}).at("y").shape() == Shape{10000});
  data.as_mutable<float>()[7] = 999.0f;
  CHECK_ERROR(session.run({{"x", data}}), ErrorCode::invalid_argument, "the element count differs");
}

TEST_CASE("outputs that no layer writes: an input, a constant; and one memory under two names") {
  GraphBuilder b("through");
  const std::string x = b.input("x", DataType::float32, {1, 4});
  const std::string c = b.node("Add", {b.constant("c", random_tensor({3}, 1)), b.constant("d", random_tensor({3}, 2))}, {}, "constant");
  const std::string y = b.node("Relu", {x}, {}, "y");
  const std::string z = b.node("Reshape", {y, b.constant("s", Tensor::from(Shape{2}, Ints{2, 2}))}, {}, "z");
  for (const std::string& name : {b.node("Identity", {x}, {}, "same"), c, y, z}) b.output(name);
  const Graph graph = b.build();
  Session session(graph, cpu(1));
  const Tensors inputs = {{"x", random_tensor({1, 4}, 4)}};
  Tensors outputs = session.run(inputs);
  CHECK(bit_difference(outputs, naive::evaluate(graph, inputs)) == "");
  // Outputs own their memory: writing one changes no other, nor the input, nor later runs.
  const Tensors before = session.run(inputs);
  for (auto& [name, tensor] : outputs)
    for (float& v : tensor.as_mutable<float>()) v = 99.0f;
  CHECK(bit_difference(session.run(inputs), before) == "");
  CHECK(inputs.at("x").as<float>()[0] != 99.0f);
  CHECK(before.at("y").data() != before.at("z").data());
}

TEST_CASE("outputs of earlier runs stay as they are") {
  Session session(classifier(), cpu(1));
  const Tensors a = session.run({{"image", random_tensor({1, 3, 8, 8}, 1)}});
  const Tensors copy = {{"scores", a.at("scores").clone()}};
  session.run({{"image", random_tensor({1, 3, 8, 8}, 2)}});
  CHECK(bit_difference(a, copy) == "");
}

TEST_CASE("borrowed inputs at any element address, and a batch of none") {
  Session session(classifier(), cpu(1));
  const Tensor image = random_tensor({1, 3, 8, 8}, 1);
  std::vector<float> shifted(193);
  std::copy(image.as<float>().begin(), image.as<float>().end(), shifted.begin() + 1);
  const Tensors expected = session.run({{"image", image}});
  CHECK(bit_difference(session.run({{"image", Tensor::borrow(DataType::float32, {1, 3, 8, 8}, shifted.data() + 1)}}), expected) == "");
  CHECK(session.run({{"image", Tensor(DataType::float32, {0, 3, 8, 8})}}).at("scores").shape() == Shape{0, 5});
}

TEST_CASE("contents out of range are an error; the session goes on") {
  GraphBuilder b("gather");
  const std::string index = b.input("index", DataType::int64, {2});
  b.output(b.node("Gather", {b.constant("table", random_tensor({4, 3}, 1)), index}, {}, "rows"));
  Session session(b.build(), cpu(1));
  CHECK_ERROR(session.run({{"index", Tensor::from(Shape{2}, Ints{0, 4})}}), ErrorCode::invalid_argument, "4");
  CHECK(session.run({{"index", Tensor::from(Shape{2}, Ints{3, -4})}}).at("rows").shape() == Shape{2, 3});
}

TEST_CASE("denormals are flushed during a run and the caller's mode comes back") {
  GraphBuilder b("scale");
  const std::string x = b.input("x", DataType::float32, {64});
  b.output(b.node("Mul", {x, b.constant("half", Tensor::from(Shape{}, std::vector<float>{0.5f}))}, {}, "y"));
  Session session(b.build(), cpu(1));
  Tensor tiny(DataType::float32, {64});
  for (float& v : tiny.as_mutable<float>()) v = std::numeric_limits<float>::min();
  const Tensors outputs = session.run({{"x", tiny}});
  for (const float v : outputs.at("y").as<float>()) CHECK(v == 0.0f);
  volatile float least = std::numeric_limits<float>::min();
  CHECK(least * 0.5f != 0.0f);
}

TEST_CASE("sessions side by side in threads") {
  const Graph graph = naive::random_network(12);
  const Tensors inputs = random_inputs(graph, 1);
  const Tensors expected = Session(graph, cpu(1)).run(inputs);
  std::vector<std::string> problems(3);
  std::vector<std::thread> users;
  for (std::size_t u = 0; u < problems.size(); ++u)
    users.emplace_back([&, u] {
      Session session(graph, cpu(static_cast<int>(u) + 1), {.alone_below_us = 0});
      for (int i = 0; i < 20 && problems[u].empty(); ++i) problems[u] = bit_difference(session.run(inputs), expected);
    });
  for (std::thread& user : users) user.join();
  for (const std::string& problem : problems) CHECK(problem == "");
}

TEST_CASE("sessions can be moved; memory is reported") {
  const Graph graph = classifier();
  Session first(graph, cpu(1));
  const Tensors inputs = {{"image", random_tensor({1, 3, 8, 8}, 1)}};
  const Tensors expected = first.run(inputs);
  Session second = std::move(first);
  CHECK(bit_difference(second.run(inputs), expected) == "");
  CHECK(second.processor().threads == 1);
  CHECK(second.graph().hash() == graph.hash());
  const MemoryUse small = second.memory();
  CHECK(small.arena >= small.arena_lower_bound);
  CHECK(small.arena_lower_bound > 0);
  second.run({{"image", random_tensor({8, 3, 8, 8}, 1)}});
  CHECK(second.memory().arena > small.arena);
}

TEST_CASE("workers that spin between runs: the same bits") {
  const Graph graph = classifier();
  const Tensors inputs = {{"image", random_tensor({2, 3, 8, 8}, 3)}};
  const Tensors expected = Session(graph, cpu(1)).run(inputs);
  Session spinning(graph, cpu(2), {.worker_spin_us = 100, .alone_below_us = 0});
  for (int i = 0; i < 3; ++i) CHECK(bit_difference(spinning.run(inputs), expected) == "");
}

TEST_CASE("weights of 16 bits: half the memory, an error that the profile tells; other types are refused") {
  GraphBuilder b("mlp");
  const std::string x = b.input("x", DataType::float32, {1, 64});
  b.output(b.node("Gemm", {x, b.constant("w", random_tensor({64, 128}, 1))}, {}, "y"));
  const Graph graph = b.build();
  Session exact(graph, cpu(1)), narrow(graph, cpu(1), {.weights = DataType::bfloat16});
  CHECK(2 * narrow.memory().packed_weights == exact.memory().packed_weights);
  const Tensors inputs = {{"x", random_tensor({1, 64}, 2)}};
  const auto want = exact.run(inputs).at("y"), got = narrow.run(inputs).at("y");
  CHECK(bit_difference({{"y", got}}, {{"y", want}}) != "");
  for (std::size_t i = 0; i < 128; ++i) CHECK(got.as<float>()[i] == doctest::Approx(want.as<float>()[i]).epsilon(0.1));
  const auto noted = [&](Session& session) {
    const Profile profile = session.profile({.warmup_runs = 1, .min_samples = 3, .min_sample_s = 1e-5});
    return std::any_of(profile.notes.begin(), profile.notes.end(), [](const std::string& note) { return note.find("bfloat16") != std::string::npos; });
  };
  CHECK(noted(narrow));
  CHECK_FALSE(noted(exact));
  CHECK_ERROR(Session(graph, cpu(1), {.weights = DataType::int8}), ErrorCode::invalid_argument, "int8");
}

TEST_CASE("products in bfloat16: kernels that say so, an error that the profile tells; other types are refused") {
  GraphBuilder b("net");
  const std::string image = b.input("image", DataType::float32, {1, 32, 14, 14});
  const std::string features = b.node("Conv", {image, b.constant("filters", random_tensor({48, 32, 3, 3}, 1))}, {{"pads", Shape{1, 1, 1, 1}}});
  const std::string flat = b.node("Flatten", {features});
  b.output(b.node("Gemm", {flat, b.constant("w", random_tensor({48 * 14 * 14, 20}, 2))}, {}, "y"));
  const Graph graph = b.build();
  Session exact(graph, cpu(1)), reduced(graph, cpu(1), {.math = DataType::bfloat16});
  const Tensors inputs = {{"image", random_tensor({1, 32, 14, 14}, 3)}};
  const Tensor want = exact.run(inputs).at("y"), got = reduced.run(inputs).at("y");
  CHECK(bit_difference({{"y", got}}, {{"y", want}}) != "");
  double largest = 0.0, apart = 0.0;
  for (std::size_t i = 0; i < 20; ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(want.as<float>()[i])));
    apart = std::max(apart, std::abs(static_cast<double>(want.as<float>()[i]) - static_cast<double>(got.as<float>()[i])));
  }
  CHECK(apart < 0.03 * largest);
  CHECK(bit_difference(Session(graph, cpu(2), {.alone_below_us = 0, .math = DataType::bfloat16}).run(inputs), {{"y", got}}) == "");

  const Profile profile = reduced.profile({.warmup_runs = 1, .min_samples = 3, .min_sample_s = 1e-5});
  const std::string& kernel = profile.layers[0].kernel;
  CAPTURE(kernel);
  CHECK(kernel.ends_with("_bf16") == (kernels::simd::bfloat16_gemm_kernels() != nullptr));
  CHECK(std::any_of(profile.notes.begin(), profile.notes.end(), [](const std::string& note) { return note.starts_with("products in bfloat16 change"); }));
  CHECK_ERROR(Session(graph, cpu(1), {.math = DataType::float16}), ErrorCode::invalid_argument, "products cannot be in float16");
}

TEST_CASE("prepared for given shapes") {
  Session session(classifier(), cpu(1), {.input_shapes = {{"image", {3, 3, 8, 8}}}});
  Session plain(classifier(), cpu(1));
  CHECK(session.memory().arena > plain.memory().arena);
  const Tensors inputs = {{"image", random_tensor({3, 3, 8, 8}, 1)}};
  CHECK(bit_difference(session.run(inputs), plain.run(inputs)) == "");
}

TEST_CASE("a size given at load stands beside the one the file states") {
  const Graph graph = parse_onnx(serialize_onnx(classifier()), {.input_shapes = {{"image", {1, 3, 12, 12}}}});
  Session session(graph, cpu(1));
  for (const std::int64_t size : {12, 8}) CHECK(session.run({{"image", random_tensor({1, 3, size, size}, 1)}}).at("scores").shape() == Shape{1, 5});
  CHECK_ERROR(session.run({{"image", random_tensor({1, 3, 9, 9}, 1)}}), ErrorCode::invalid_argument, "[1,3,9,9]");
}

TEST_CASE("random inputs: seeded, uniform, integers zero") {
  const Graph graph = two_inputs();
  const Tensors a = random_inputs(graph, 1), b = random_inputs(graph, 1), c = random_inputs(graph, 2);
  CHECK(bit_difference(a, b) == "");
  CHECK(bit_difference(a, c) != "");
  for (const std::int64_t v : a.at("n").as<std::int64_t>()) CHECK(v == 0);

  GraphBuilder builder("wide");
  builder.output(builder.node("Relu", {builder.input("x", DataType::float32, {10000})}));
  const Tensors wide = random_inputs(builder.build(), 3);
  double sum = 0, squares = 0;
  for (const float v : wide.at("x").as<float>()) {
    CHECK((v >= -1.0f && v < 1.0f));
    sum += v;
    squares += static_cast<double>(v) * v;
  }
  CHECK(std::abs(sum / 10000) < 0.03);
  CHECK(std::abs(squares / 10000 - 1.0 / 3.0) < 0.02);
}
