// SPDX-License-Identifier: Apache-2.0
// Random networks: a session computes what the nodes say, the same bits for any thread count, and the
// same bits when it is cut in two anywhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "dnntune/session.h"
#include "runtime/naive.h"
#include "runtime/random_joins.h"
#include "runtime/random_network.h"

using namespace dnntune;

namespace {

constexpr std::uint32_t kNetworks = 400;
/// Two kinds, one after the other.
Graph network(std::uint32_t seed) { return seed < kNetworks / 2 ? naive::random_network(seed) : naive::random_joins(seed); }

/// Fusion of normalisation into convolution and other summation orders, over up to 16 layers.
constexpr double kTolerance = 2e-4;

/// The graph outputs that layers before `position` write.
std::vector<std::string> early_outputs(const Graph& graph, int position) {
  std::set<std::string> written;
  for (int i = 0; i < position; ++i)
    for (const std::string& name : graph.layers()[static_cast<std::size_t>(i)].outputs) written.insert(name);
  std::vector<std::string> result;
  for (const TensorInfo& info : graph.outputs())
    if (written.count(info.name) > 0) result.push_back(info.name);
  return result;
}

Tensors run_in_two(const Graph& graph, const CutPoint& cut, const Tensors& inputs) {
  Tensors known = inputs, results;
  const std::vector<std::string> early = early_outputs(graph, cut.position);
  std::vector<std::string> wanted = early, all_inputs;
  for (const TensorInfo& info : graph.inputs()) all_inputs.push_back(info.name);
  for (const std::string& name : cut.values)
    if (inputs.count(name) == 0 && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) wanted.push_back(name);
  if (!wanted.empty()) {
    const Graph prefix = graph.extract(all_inputs, wanted);
    Tensors prefix_inputs;
    for (const TensorInfo& info : prefix.inputs()) prefix_inputs[info.name] = inputs.at(info.name);
    for (auto& [name, tensor] : Session(prefix, naive::cpu(1)).run(prefix_inputs)) known[name] = tensor;
  }
  for (const std::string& name : early) results[name] = known.at(name);
  std::vector<std::string> late;
  for (const TensorInfo& info : graph.outputs())
    if (results.count(info.name) == 0) late.push_back(info.name);
  if (!late.empty()) {
    const Graph suffix = graph.extract(cut.values, late);
    Tensors suffix_inputs;
    for (const TensorInfo& info : suffix.inputs()) suffix_inputs[info.name] = known.at(info.name);
    for (auto& [name, tensor] : Session(suffix, naive::cpu(1)).run(suffix_inputs)) results[name] = tensor;
  }
  return results;
}

}  // namespace

TEST_CASE("random networks: sessions compute what the nodes say") {
  for (std::uint32_t seed = 0; seed < kNetworks; ++seed) {
    CAPTURE(seed);
    const Graph graph = network(seed);
    const Tensors inputs = random_inputs(graph, seed);
    const Tensors expected = naive::evaluate(graph, inputs);
    CHECK(naive::difference(Session(graph, naive::cpu(1)).run(inputs), expected, kTolerance) == "");
    CHECK(naive::difference(Session(graph, naive::cpu(1), {.reference_kernels = true}).run(inputs), expected, kTolerance) == "");
  }
}

TEST_CASE("random networks: the same bits for each run and any thread count") {
  for (std::uint32_t seed = 0; seed < kNetworks; seed += 5) {
    CAPTURE(seed);
    const Graph graph = network(seed);
    const Tensors inputs = random_inputs(graph, seed);
    Session one(graph, naive::cpu(1)), two(graph, naive::cpu(2), {.alone_below_us = 0});
    const Tensors expected = one.run(inputs);
    CHECK(naive::bit_difference(one.run(inputs), expected) == "");
    CHECK(naive::bit_difference(two.run(inputs), expected) == "");
  }
}

TEST_CASE("split invariant: prefix and suffix compute the bits of the whole, at every cut") {
  int cuts = 0;
  for (std::uint32_t seed = 0; seed < kNetworks; ++seed) {
    CAPTURE(seed);
    const Graph graph = network(seed);
    const Tensors inputs = random_inputs(graph, seed);
    const Tensors expected = Session(graph, naive::cpu(1)).run(inputs);
    for (const CutPoint& cut : graph.cut_points()) {
      CAPTURE(cut.position);
      CHECK(naive::bit_difference(run_in_two(graph, cut, inputs), expected) == "");
      ++cuts;
    }
  }
  CHECK(cuts > 1000);
}
