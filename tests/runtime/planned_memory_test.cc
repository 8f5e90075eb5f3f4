// SPDX-License-Identifier: Apache-2.0
// planned_memory and plan_memory against sessions: equal to the byte.
#include "dnntune/planned_memory.h"

#include <string>

#include <doctest/doctest.h>

#include "backends/backend.h"
#include "backends/weight_store.h"
#include "dnntune/builder.h"
#include "dnntune/error.h"
#include "runtime/changing_networks.h"
#include "runtime/naive.h"
#include "runtime/random_network.h"

using namespace dnntune;

namespace {

void check_equal(const MemoryUse& planned, const MemoryUse& held) {
  CHECK(planned.arena == held.arena);
  CHECK(planned.arena_lower_bound == held.arena_lower_bound);
  CHECK(planned.packed_weights == held.packed_weights);
}

void check_planned(const Graph& graph, const Processor& processor, const SessionOptions& options = {}) {
  check_equal(planned_memory(graph, processor, options), Session(graph, processor, options).memory());
}

std::map<std::string, Shape> shapes_of(const Tensors& inputs) {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, tensor] : inputs) shapes[name] = tensor.shape();
  return shapes;
}

ErrorCode code_of(const Graph& graph, const Processor& processor, const SessionOptions& options = {}) {
  try {
    planned_memory(graph, processor, options);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

}  // namespace

TEST_CASE("random networks: what is planned is what a session holds, to the byte") {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const Graph graph = naive::random_network(seed);
    for (const int threads : {1, 3}) check_planned(graph, naive::cpu(threads), {.alone_below_us = seed % 2 == 0 ? 100 : 0});
    check_planned(graph, naive::cpu(2), {.reference_kernels = true});
  }
}

TEST_CASE("every packer, at several shapes, in every arithmetic") {
  for (const changing::Network& network : {changing::convolutions(), changing::recurrences(), changing::transformer(), changing::quantized(), changing::halves()}) {
    CAPTURE(network.name);
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      SessionOptions options{.input_shapes = shapes_of(network.inputs[i])};
      check_planned(network.graph, naive::cpu(1), options);
      check_planned(network.graph, naive::cpu(2), options);
      options.weights = DataType::float16;
      check_planned(network.graph, naive::cpu(2), options);
      options.weights = options.math = DataType::bfloat16;
      check_planned(network.graph, naive::cpu(2), options);
    }
  }
}

TEST_CASE("on XNNPACK, and with layers on two processors") {
  if (backends::find_backend("xnnpack") == nullptr) return;
  Processor xnnpack = naive::cpu(2);
  xnnpack.backend = xnnpack.name = "xnnpack";
  const changing::Network network = changing::convolutions();
  SessionOptions options{.input_shapes = shapes_of(network.inputs[0])};
  check_planned(network.graph, xnnpack, options);
  check_planned(changing::quantized().graph, xnnpack, {.input_shapes = shapes_of(changing::quantized().inputs[0])});
  options.assignment.processors = {xnnpack};
  const std::vector<LayerInfo>& layers = network.graph.layers();
  for (std::size_t i = 0; i < layers.size(); i += 2) options.assignment.layers[layers[i].name] = {.processor = "xnnpack"};
  check_planned(network.graph, naive::cpu(1), options);
}

TEST_CASE("a processor of another machine is planned for") {
  const Graph graph = naive::random_network(3);
  Processor phone = naive::cpu(2);
  phone.cores = {1022, 1023};
  CHECK_THROWS_AS(Session(graph, phone), Error);
  check_equal(planned_memory(graph, phone), Session(graph, naive::cpu(2)).memory());
}

TEST_CASE("a profile's bounds become what Session::profile has") {
  const changing::Network network = changing::convolutions();
  for (const int threads : {1, 2}) {
    const SessionOptions options{.input_shapes = shapes_of(network.inputs[0])};
    const ProfileOptions quick{.warmup_runs = 0, .min_samples = 1, .min_sample_s = 0.0, .max_total_s = 0.0, .energy = {.meter = "model"}};
    const Profile measured = Session(network.graph, naive::cpu(threads), options).profile(quick);
    CHECK(measured.memory_source == MemorySource::session);
    Profile planned = measured;
    planned.arena_bytes = planned.weight_bytes = 7;
    for (LayerProfile& layer : planned.layers) layer.memory_bytes = layer.weight_bytes = 7;
    plan_memory(planned, network.graph, naive::cpu(threads), options);
    CHECK(planned.memory_source == MemorySource::planned);
    CHECK(planned.arena_bytes == measured.arena_bytes);
    CHECK(planned.weight_bytes == measured.weight_bytes);
    for (std::size_t i = 0; i < measured.layers.size(); ++i) {
      CAPTURE(measured.layers[i].name);
      CHECK(planned.layers[i].memory_bytes == measured.layers[i].memory_bytes);
      CHECK(planned.layers[i].weight_bytes == measured.layers[i].weight_bytes);
    }
    const Profile again = Profile::from_json(planned.to_json());
    CHECK(again.memory_source == MemorySource::planned);
    CHECK(planned.table().find("planned: exact") != std::string::npos);
  }
}

TEST_CASE("what cannot be planned is said") {
  CHECK(code_of(changing::staged().graph, naive::cpu(1)) == ErrorCode::unsupported);
  GraphBuilder b("open");
  b.output(b.node("Relu", {b.input("x", DataType::float32, {-1, 4})}));
  const Graph open = b.build();
  check_planned(open, naive::cpu(1));  // as it is lowered, with 1 for what is open
  check_planned(open, naive::cpu(1), {.input_shapes = {{"x", {5, 4}}}});
  CHECK(code_of(open, naive::cpu(1), {.input_shapes = {{"y", {5, 4}}}}) == ErrorCode::invalid_argument);
  Processor unknown = naive::cpu(1);
  unknown.backend = "abacus";
  CHECK(code_of(naive::random_network(1), unknown) == ErrorCode::not_found);
  Profile other;
  CHECK_THROWS_AS(plan_memory(other, open, naive::cpu(1)), Error);
}

TEST_CASE("a store of sizes writes nothing") {
  backends::WeightStore store(backends::Forms::sizes);
  int filled = 0;
  const auto form = store.get<Tensor>(backends::FormKey("a"), [] { return Tensor(DataType::float32, {25}); }, [&](Tensor&) { ++filled; });
  CHECK(filled == 0);
  CHECK(store.bytes() == 100);
  CHECK(form->as<float>()[0] == 0.0f);
}
