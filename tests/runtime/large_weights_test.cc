// SPDX-License-Identifier: Apache-2.0
// Networks whose weights are large enough to stay in the model's bytes, wherever those lie.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <thread>

#include "dnntune/builder.h"
#include "dnntune/onnx.h"
#include "dnntune/session.h"
#include "graph/graph_impl.h"
#include "onnx/temporary_folder.h"
#include "runtime/naive.h"

using namespace dnntune;
using naive::cpu;
using naive::random_tensor;
using Ints = std::vector<std::int64_t>;

namespace {

/// With variance 1, so that nothing grows.
std::string normalised(GraphBuilder& b, const std::string& x, std::int64_t channels) {
  const auto ones = [&](unsigned seed) { return b.constant("p", random_tensor({channels}, seed)); };
  return b.node("BatchNormalization", {x, ones(1), ones(2), ones(3), b.constant("v", Tensor::from(Shape{channels}, std::vector<float>(static_cast<std::size_t>(channels), 1.0f)))});
}

/// What packs its weights, in more than one piece of 1 MiB each, and with a last panel that is not full.
Graph packing_layers() {
  GraphBuilder b("packing");
  std::string x = b.input("x", DataType::float32, {1, 72, 9, 9});
  x = normalised(b, b.node("Conv", {x, b.constant("winograd", random_tensor({520, 72, 3, 3}, 1))}, {{"pads", Ints{1, 1, 1, 1}}}), 520);
  x = b.node("Relu", {x});
  x = normalised(b, b.node("Conv", {x, b.constant("strided_", random_tensor({256, 520, 3, 3}, 2))}, {{"strides", Ints{2, 2}}}), 256);
  x = b.node("Conv", {x, b.constant("groups_of_16", random_tensor({256, 16, 3, 3}, 11))}, {{"group", std::int64_t{16}}, {"pads", Ints{1, 1, 1, 1}}});
  x = b.node("Conv", {x, b.constant("pointwise", random_tensor({4100, 256, 1, 1}, 3)), b.constant("conv_bias", random_tensor({4100}, 4))});
  x = b.node("Conv", {x, b.constant("depth", random_tensor({4100, 1, 3, 3}, 5))}, {{"group", std::int64_t{4100}}});
  x = normalised(b, b.node("Conv", {x, b.constant("grouped_.", random_tensor({82, 2050, 1, 1}, 6))}, {{"group", std::int64_t{2}}}), 82);
  x = b.node("Flatten", {x});
  x = b.node("Gemm", {x, b.constant("columns", random_tensor({1003, 328}, 7)), b.constant("row", random_tensor({1003}, 8))}, {{"transB", std::int64_t{1}}, {"alpha", 0.25f}});
  x = b.node("Gemm", {x, b.constant("rows__", random_tensor({1003, 517}, 9))});
  x = b.node("MatMul", {x, b.node("Reshape", {b.constant("matrix", random_tensor({2, 47, 11, 517}, 10)), b.constant("s", Tensor::from(Shape{2}, Ints{517, -1}))})});
  b.output(x);
  return b.build();
}

/// What reads its weights as it runs, a weight that is an output, and recurrences.
Graph other_layers() {
  GraphBuilder b("others");
  const std::string ids = b.input("ids", DataType::int64, {5, 1});
  const std::string table = b.constant("table_", random_tensor({300, 96}, 1));
  std::string x = b.node("Gather", {table, ids});
  x = b.node_multi("LSTM", {x, b.constant("w", random_tensor({2, 4 * 80, 96}, 2)), b.constant("r_", random_tensor({2, 4 * 80, 80}, 3)), b.constant("b", random_tensor({2, 8 * 80}, 4))},
                   1, {{"hidden_size", std::int64_t{80}}, {"direction", std::string("bidirectional")}})[0];
  x = b.node("Reshape", {b.node("Transpose", {x}, {{"perm", Ints{0, 2, 1, 3}}}), b.constant("s", Tensor::from(Shape{3}, Ints{5, 1, 160}))});
  x = b.node_multi("GRU", {x, b.constant("gw_", random_tensor({1, 3 * 90, 160}, 5)), b.constant("gr", random_tensor({1, 3 * 90, 90}, 6))}, 1, {{"hidden_size", std::int64_t{90}}})[0];
  x = b.node("Reshape", {x, b.constant("t", Tensor::from(Shape{4}, Ints{1, 5, 9, 10}))});
  x = b.node("ConvTranspose", {x, b.constant("deconvolution", random_tensor({5, 130, 6, 6}, 7))}, {{"strides", Ints{2, 2}}});
  const std::string offset = b.constant("offset", random_tensor({1, 130, 22, 24}, 8));
  b.output(b.node("Add", {x, offset}, {}, "sum"));
  b.output(b.node("Identity", {offset}, {}, "copy"));
  b.output(b.node("MatMul", {b.node("Reshape", {table, b.constant("u", Tensor::from(Shape{2}, Ints{96, 300}))}), table}, {}, "folded"));
  return b.build();
}

int count_large(const graph::Ir& ir) {
  return static_cast<int>(std::count_if(ir.values.begin(), ir.values.end(), [](const graph::Value& v) { return v.weights.defined(); }));
}

bool is_unaligned(const graph::Value& value) {
  return value.weights.defined() && reinterpret_cast<std::uintptr_t>(value.weights.bytes().data()) % alignof(float) != 0;
}

}  // namespace

TEST_CASE("weights that stay in the file give the bits of weights in memory") {
  const TemporaryFolder folder;
  for (const Graph& built : {packing_layers(), other_layers()}) {
    CAPTURE(built.name());
    const Tensors inputs = random_inputs(built, 1);
    save_onnx(built, folder.path / "net.onnx");
    const Graph loaded = load_onnx(folder.path / "net.onnx");
    const auto bytes = serialize_onnx(built);
    const Graph parsed = parse_onnx(bytes);
    const graph::Ir& source = loaded.impl().source;
    CHECK(count_large(built.impl().source) == 0);
    CHECK(count_large(source) >= 6);
    CHECK(count_large(parsed.impl().source) == count_large(source));
    CHECK(std::any_of(source.values.begin(), source.values.end(), is_unaligned));
    CHECK(loaded.hash() == built.hash());
    CHECK(loaded.parameter_count() == built.parameter_count());
    CHECK(serialize_onnx(loaded) == bytes);

    const Tensors expected = Session(built, cpu(1)).run(inputs);
    CHECK(naive::difference(naive::evaluate(built, inputs), expected, 1e-4) == "");
    for (const Graph& graph : {loaded, parsed})
      for (const int threads : {1, 2}) CHECK(naive::bit_difference(Session(graph, cpu(threads), {.alone_below_us = 0}).run(inputs), Session(built, cpu(threads), {.alone_below_us = 0}).run(inputs)) == "");
    CHECK(naive::bit_difference(Session(loaded, cpu(1), {.reference_kernels = true}).run(inputs), Session(built, cpu(1), {.reference_kernels = true}).run(inputs)) == "");
  }
}

TEST_CASE("a part of a loaded network keeps its weights in the file") {
  const TemporaryFolder folder;
  save_onnx(packing_layers(), folder.path / "net.onnx");
  const Graph whole = load_onnx(folder.path / "net.onnx");
  const Graph part = whole.extract({"x"}, {whole.layers()[1].outputs[0]});
  CHECK(count_large(part.impl().source) == 2);
  const Tensors inputs = random_inputs(part, 1);
  const Graph again = parse_onnx(serialize_onnx(part));
  CHECK(naive::bit_difference(Session(part, cpu(1)).run(inputs), Session(again, cpu(1)).run(inputs)) == "");
}

TEST_CASE("sessions side by side read one graph's weights") {
  const TemporaryFolder folder;
  const Graph built = packing_layers();
  save_onnx(built, folder.path / "net.onnx");
  const Graph loaded = load_onnx(folder.path / "net.onnx");
  const Tensors inputs = random_inputs(built, 1), expected = Session(built, cpu(1)).run(inputs);
  std::vector<std::thread> threads;
  std::vector<std::string> differences(3, "did not run");
  for (std::string& difference : differences)
    threads.emplace_back([&] { difference = naive::bit_difference(Session(loaded, cpu(1)).run(inputs), expected); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& difference : differences) CHECK(difference == "");
}
