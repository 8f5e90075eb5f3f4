// SPDX-License-Identifier: Apache-2.0
// plan_kernels against profiles of sessions.
#include "dnntune/planned_kernels.h"

#include <string>

#include <doctest/doctest.h>

#include "dnntune/builder.h"
#include "dnntune/error.h"
#include "dnntune/planned_memory.h"
#include "runtime/changing_networks.h"
#include "runtime/naive.h"
#include "runtime/random_network.h"

using namespace dnntune;

namespace {

const ProfileOptions kQuick{.warmup_runs = 0, .min_samples = 1, .min_sample_s = 0.0, .max_total_s = 0.0, .energy = {.meter = "model"}};

/// Layers of the graph that one layer of the plan is: others share a row of the profile.
std::vector<int> counts_of(const NetworkShape& network, std::size_t layers) {
  std::vector<int> counts(layers, 0);
  for (const LayerShape& shape : network.layers) ++counts[static_cast<std::size_t>(shape.layer)];
  return counts;
}

void check_planned(const Graph& graph, const Processor& processor, const SessionOptions& options = {}) {
  const Profile measured = Session(graph, processor, options).profile(kQuick);
  const NetworkShape network = planned_shape(graph, processor, options);
  const std::vector<int> counts = counts_of(network, measured.layers.size());
  for (const LayerShape& shape : network.layers) {
    const auto at = static_cast<std::size_t>(shape.layer);
    if (counts[at] > 1) continue;
    CAPTURE(shape.name);
    const std::string& kernel = measured.layers[at].kernel;
    CHECK(shape.kernel == (kernel == "view+layout" ? "view" : kernel));
    if (kernel == "view+layout") CHECK(shape.conversion_bytes > 0);
    if (shape.conversion_bytes == 0) CHECK(measured.layers[at].conversion_ns.value == 0.0);
    if (shape.kernel != "view") CHECK(shape.weight_bytes == measured.layers[at].weight_bytes);
  }
}

}  // namespace

TEST_CASE("random networks: kernels, copies and weights are those of a session") {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const Graph graph = naive::random_network(seed);
    for (const int threads : {1, 2}) check_planned(graph, naive::cpu(threads));
    check_planned(graph, naive::cpu(1), {.reference_kernels = true});
  }
}

TEST_CASE("other shapes, types and attention") {
  for (const changing::Network& network : {changing::convolutions(), changing::recurrences(), changing::transformer(), changing::quantized()}) {
    CAPTURE(network.name);
    SessionOptions options;
    for (const auto& [name, tensor] : network.inputs[0]) options.input_shapes[name] = tensor.shape();
    check_planned(network.graph, naive::cpu(2), options);
  }
}

TEST_CASE("layers that run in turns know it") {
  GraphBuilder b("block");
  std::string x = b.input("x", DataType::float32, {1, 16, 64, 64});
  const auto conv = [&](const std::string& from, std::int64_t out, std::int64_t in, std::int64_t kernel, std::int64_t group) {
    const std::string w = b.constant("w", Tensor(DataType::float32, {out, in, kernel, kernel}));
    return b.node("Conv", {from, w}, {{"pads", std::vector<std::int64_t>(4, kernel / 2)}, {"group", group}});
  };
  b.output(conv(conv(conv(x, 96, 16, 1, 1), 96, 1, 3, 96), 24, 96, 1, 1));
  const NetworkShape network = planned_shape(b.build(), naive::cpu(1));
  REQUIRE(network.layers.size() == 3);
  CHECK_FALSE(network.layers[0].chained_input);
  CHECK(network.layers[0].chained_output);
  CHECK(network.layers[1].chained_input);
  CHECK(network.layers[1].chained_output);
  CHECK(network.layers[2].chained_input);
  CHECK_FALSE(network.layers[2].chained_output);
}

TEST_CASE("layers that work in place know it, and the network its memory") {
  GraphBuilder b("places");
  const std::string x = b.input("x", DataType::float32, {1, 8, 32, 32});
  const std::string free = b.node("Sigmoid", {b.node("Tanh", {x})});  // Tanh may not overwrite the caller's input
  b.output(b.node("Add", {b.node("Exp", {free}), free}));             // and Exp may not overwrite what Add reads
  const Graph graph = b.build();
  const NetworkShape network = planned_shape(graph, naive::cpu(1));
  REQUIRE(network.layers.size() == 4);
  CHECK_FALSE(network.layers[0].in_place);
  CHECK(network.layers[1].in_place);
  CHECK_FALSE(network.layers[2].in_place);
  CHECK(network.activation_bytes == planned_memory(graph, naive::cpu(1)).arena);
  CHECK(network.activation_bytes > 0);
  CHECK(network_shape(graph).activation_bytes == 0);
}

TEST_CASE("a shape of another graph is refused and stays as it was") {
  const Graph graph = naive::random_network(1), other = naive::random_network(2);
  NetworkShape network = network_shape(other);
  CHECK_THROWS_AS(plan_kernels(network, graph, naive::cpu(1)), Error);
  for (const LayerShape& shape : network.layers) CHECK(shape.kernel.empty());
  CHECK_THROWS_AS(planned_shape(changing::staged().graph, naive::cpu(1)), Error);
}
