// SPDX-License-Identifier: Apache-2.0
// Shapes that change from run to run: plans of a session share packed weights, and compute what a session made for
// their shape alone computes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "backends/weight_store.h"
#include "dnntune/onnx.h"
#include "dnntune/session.h"
#include "graph/graph_impl.h"
#include "onnx/temporary_folder.h"
#include "runtime/changing_networks.h"
#include "runtime/naive.h"
#include "runtime/random_network.h"
#include "runtime/session_state.h"
#include "throws.h"

using namespace dnntune;
using naive::bit_difference;
using naive::cpu;
using naive::random_tensor;
using runtime::SessionState;

namespace {

std::vector<changing::Network> all_networks() {
  std::vector<changing::Network> networks;
  for (const auto make : {changing::convolutions, changing::recurrences, changing::transformer, changing::quantized, changing::halves, changing::staged})
    networks.push_back(make());
  return networks;
}

/// To prepare for these inputs, and for nothing else.
SessionOptions options_for(const Tensors& inputs) {
  SessionOptions options;
  for (const auto& [name, tensor] : inputs) options.input_shapes[name] = tensor.shape();
  return options;
}

/// The kernels of the plan that was used last.
std::vector<std::string> kernels(const SessionState& state) {
  std::vector<std::string> names;
  const runtime::Prepared& network = state.plans.front().network;
  for (std::size_t s = 0; s < network.step_count(); ++s)
    if (!network.graph().steps[s].conversion) names.emplace_back(network.layer(s).kernel());
  return names;
}

}  // namespace

TEST_CASE("shapes that change: the bits of a session made for each") {
  const TemporaryFolder folder;
  for (const changing::Network& network : all_networks()) {
    CAPTURE(network.name);
    save_onnx(network.graph, folder.path / "net.onnx");
    const Graph loaded = load_onnx(folder.path / "net.onnx");
    REQUIRE(network.inputs.size() >= 6);
    for (const int threads : {1, 2}) {
      Session built_session(network.graph, cpu(threads), {.alone_below_us = 0}), loaded_session(loaded, cpu(threads), {.alone_below_us = 0});
      std::vector<Tensors> expected;
      for (const Tensors& inputs : network.inputs) {
        expected.push_back(Session(network.graph, cpu(threads), {.alone_below_us = 0}).run(inputs));
        CHECK(bit_difference(built_session.run(inputs), expected.back()) == "");
        CHECK(bit_difference(loaded_session.run(inputs), expected.back()) == "");
      }
      for (std::size_t i = network.inputs.size(); i-- > 0;) CHECK(bit_difference(loaded_session.run(network.inputs[i]), expected[i]) == "");
    }
    const bool floats = network.graph.inputs()[0].type == DataType::float32 && network.name != "staged";  // what the oracle can do
    if (floats) CHECK(naive::difference(naive::evaluate(network.graph, network.inputs[1]), Session(loaded, cpu(1)).run(network.inputs[1]), 1e-4) == "");
  }
}

TEST_CASE("another shape packs nothing again where the same kernels are chosen") {
  for (const changing::Network& network : all_networks()) {
    if (network.name == "staged") continue;  // it has no plan of its own
    CAPTURE(network.name);
    const Tensors& some = network.inputs[3];  // more than one row in every product
    SessionState shared(network.graph, cpu(1), options_for(some));
    shared.run(some);
    const std::vector<std::string> first = kernels(shared);
    const std::int64_t packings = shared.store.packings(), bytes = shared.weight_bytes();
    CHECK(packings > 0);
    CHECK(bytes > 0);
    int alike = 0;
    for (const Tensors& inputs : network.inputs) {
      SessionState alone(network.graph, cpu(1), options_for(inputs));
      alone.run(inputs);
      if (kernels(alone) != first) continue;
      ++alike;
      shared.run(inputs);
      CHECK(kernels(shared) == first);
    }
    CHECK(alike >= 3);
    CHECK(shared.plans.size() == static_cast<std::size_t>(alike));
    CHECK(shared.store.packings() == packings);
    CHECK(shared.weight_bytes() == bytes);
    // Whatever kernels the others take, no more is in memory than if each plan had its own.
    std::int64_t apart = 0;
    for (const Tensors& inputs : network.inputs) shared.run(inputs);
    for (const SessionState::Plan& plan : shared.plans) apart += plan.network.weight_bytes();
    CHECK(shared.plans.size() == network.inputs.size());
    CHECK(shared.weight_bytes() < apart / 2);
    const std::int64_t all = shared.store.packings();
    for (const Tensors& inputs : network.inputs) shared.run(inputs);
    CHECK(shared.store.packings() == all);
  }
}

TEST_CASE("sessions of a network and of its parts hold a weight once, where they name one pool") {
  const TemporaryFolder folder;
  int parts = 0;
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    save_onnx(naive::random_network(seed), folder.path / "net.onnx");
    const Graph graph = load_onnx(folder.path / "net.onnx");
    const Tensors inputs = random_inputs(graph, seed);
    Session alone(graph, cpu(1));
    SessionOptions options;
    options.weight_pool = std::make_shared<WeightPool>();
    auto whole = std::make_unique<Session>(graph, cpu(1), options);
    const std::int64_t bytes = options.weight_pool->bytes(), packings = options.weight_pool->store().packings();
    CHECK(bytes == alone.memory().packed_weights);
    Session again(graph, cpu(1), options);
    std::vector<std::string> given;
    for (const TensorInfo& info : graph.inputs()) given.push_back(info.name);
    for (const CutPoint& cut : graph.cut_points()) {
      std::vector<std::string> made = cut.values;
      std::erase_if(made, [&](const std::string& name) { return inputs.contains(name); });
      if (made.empty()) continue;
      Session prefix(graph.extract(given, made), cpu(1), options);
      CHECK(options.weight_pool->bytes() == bytes);
      parts += bytes > 0 ? 1 : 0;
    }
    CHECK(options.weight_pool->store().packings() == packings);
    whole.reset();
    CHECK(options.weight_pool->bytes() == bytes);
    CHECK(bit_difference(again.run(inputs), alone.run(inputs)) == "");
  }
  CHECK(parts > 0);
}

TEST_CASE("two threads may make sessions of one pool") {
  const changing::Network network = changing::convolutions();
  SessionOptions options = options_for(network.inputs[3]);
  const Tensors expected = Session(network.graph, cpu(1), options).run(network.inputs[3]);
  options.weight_pool = std::make_shared<WeightPool>();
  std::vector<std::string> differences(4);
  std::vector<std::thread> threads;
  for (std::string& difference : differences)
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) difference += bit_difference(Session(network.graph, cpu(1), options).run(network.inputs[3]), expected);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& difference : differences) CHECK(difference == "");
  CHECK(options.weight_pool->bytes() == 0);
}

TEST_CASE("parts of a network that runs in stages share, too") {
  const changing::Network network = changing::staged();
  SessionState state(network.graph, cpu(1), {});
  state.run(network.inputs.back());  // the first has no rows for the second part
  const std::int64_t packings = state.store.packings(), bytes = state.weight_bytes();
  CHECK(packings == 2);
  CHECK(bytes >= 4 * (128 * 256 + 256 * 90));
  for (const Tensors& inputs : network.inputs) state.run(inputs);
  CHECK(state.store.packings() == packings);
  CHECK(state.weight_bytes() == bytes);
}

TEST_CASE("large weights are read from the file for the first shape only") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path / "net.onnx";
  for (const changing::Network& network : {changing::recurrences(), changing::transformer()}) {
    CAPTURE(network.name);
    save_onnx(network.graph, path);
    const Graph loaded = load_onnx(path);
    SessionState state(loaded, cpu(1), {});
    state.run(network.inputs[3]);
    std::vector<Tensors> expected;
    for (const Tensors& inputs : network.inputs) expected.push_back(Session(network.graph, cpu(1)).run(inputs));
    // From here on the file has other weights.
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::fstream damage(path, std::ios::binary | std::ios::in | std::ios::out);
    int damaged = 0;
    for (const graph::Value& value : network.graph.impl().source.values) {
      if (!value.constant.defined() || value.constant.size_bytes() < graph::Weights::kLeastBytes) continue;
      const std::size_t at = bytes.find(std::string_view(static_cast<const char*>(value.constant.data()), value.constant.size_bytes()));
      REQUIRE(at != std::string::npos);
      damage.seekp(static_cast<std::streamoff>(at));
      damage << std::string(value.constant.size_bytes(), '\x11');
      ++damaged;
    }
    damage.flush();
    CHECK(damaged >= 4);
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(bit_difference(state.run(network.inputs[i]), expected[i]) == "");
    // The damage can be seen: a session that packs now computes something else.
    CHECK(bit_difference(Session(loaded, cpu(1)).run(network.inputs[3]), expected[3]) != "");
  }
}

TEST_CASE("plans that are dropped take the forms with them that nobody else uses") {
  const changing::Network network = changing::recurrences();  // of one sequence and of three
  const SessionOptions options = {.weights = DataType::bfloat16, .max_plans = 1};
  SessionState state(network.graph, cpu(1), options);
  state.run(network.inputs[0]);
  const std::int64_t one = state.weight_bytes();
  state.run(network.inputs[3]);
  const std::int64_t three = state.weight_bytes();
  CHECK(state.plans.size() == 1);
  CHECK(three > one);
  state.run(network.inputs[0]);
  CHECK(state.weight_bytes() == one);
  // Both kinds at once: two forms of what is stored in other ways, one of all else.
  SessionState both(network.graph, cpu(1), {.weights = DataType::bfloat16});
  both.run(network.inputs[0]);
  both.run(network.inputs[3]);
  CHECK(both.weight_bytes() > three);
  CHECK(both.weight_bytes() < one + three);
  const std::int64_t all = both.weight_bytes();
  both.run(network.inputs[1]);
  both.run(network.inputs[4]);
  CHECK(both.weight_bytes() == all);
}

TEST_CASE("as many plans are kept as the options say") {
  const changing::Network network = changing::transformer();
  for (const int most : {1, 3, 6}) {
    SessionState state(network.graph, cpu(1), {.max_plans = most});
    for (const Tensors& inputs : network.inputs) state.run(inputs);
    CHECK(state.plans.size() == static_cast<std::size_t>(most));
  }
  CHECK_ERROR(Session(network.graph, cpu(1), {.max_plans = 0}), ErrorCode::invalid_argument, "max_plans is 0");
  CHECK_ERROR(Session(network.graph, cpu(1), {.max_plans = 1025}), ErrorCode::invalid_argument, "1024");
}

TEST_CASE("sessions do not share") {
  const changing::Network network = changing::transformer();
  SessionState first(network.graph, cpu(1), {});
  const Tensors expected = first.run(network.inputs[0]);
  auto second = std::make_unique<SessionState>(network.graph, cpu(1), SessionOptions{});
  CHECK(bit_difference(second->run(network.inputs[0]), expected) == "");
  CHECK(second->store.packings() == first.store.packings());
  CHECK(second->weight_bytes() == first.weight_bytes());
  second.reset();
  CHECK(bit_difference(first.run(network.inputs[0]), expected) == "");
}

TEST_CASE("a store: one form a key, gone with its last user") {
  using backends::FormKey;
  struct Form {
    std::int64_t number = 0;
    std::size_t bytes() const noexcept { return 100; }
  };
  backends::WeightStore store;
  const auto get = [&](const FormKey& key, std::int64_t number) { return store.get<Form>(key, [&] { return Form{}; }, [&](Form& form) { form.number = number; }); };
  auto a = get(FormKey("a").add(std::int64_t{1}), 1);
  CHECK(get(FormKey("a").add(std::int64_t{1}), 2) == a);
  const auto b = get(FormKey("a").add(std::int64_t{2}), 3);
  CHECK(b->number == 3);
  CHECK(store.packings() == 2);
  CHECK(store.bytes() == 200);
  a.reset();
  CHECK(store.bytes() == 100);
  store.forget_unused();
  CHECK(store.bytes() == 100);
  CHECK(get(FormKey("a").add(std::int64_t{1}), 4)->number == 4);
  CHECK_THROWS_AS(store.get<Form>(FormKey("b"), []() -> Form { throw Error(ErrorCode::out_of_memory, "none"); }, [](Form&) {}), Error);
  CHECK(get(FormKey("b"), 5)->number == 5);
}

TEST_CASE("keys tell operands apart") {
  using backends::FormKey;
  using backends::TensorSpec;
  const auto constant = [](const Tensor& tensor) { return TensorSpec{tensor.type(), tensor.shape(), tensor}; };
  const auto large = [](const graph::Weights& weights) { return TensorSpec{DataType::float32, weights.shape(), {}, weights}; };
  const Tensor tensor = random_tensor({128, 130}, 1);
  const auto owner = std::make_shared<const Tensor>(tensor.clone());
  const std::span<const std::byte> bytes{static_cast<const std::byte*>(owner->data()), owner->size_bytes()};
  const graph::Weights in_model({128, 130}, bytes, owner, nullptr);
  const graph::ChannelRuns runs{130, 128, 1};
  std::vector<double> factors(128, 1.5), others(128, 1.5);
  others[127] = 1.25;
  std::vector<std::string> keys;
  const auto add = [&](const TensorSpec& operand) { keys.push_back(FormKey("k").add(operand).text()); };
  add({});
  add({DataType::float32, {128, 130}, {}});
  add({DataType::float32, {130, 128}, {}});
  add(constant(tensor));
  add(constant(tensor.reshaped({130, 128})));
  add(constant(random_tensor({128, 130}, 2)));
  add(large(in_model));
  add(large(in_model.reshaped({130, 128})));
  add(large(in_model.scaled(runs, factors)));
  add(large(in_model.scaled(runs, others)));
  add(large(in_model.scaled(runs, factors).scaled(runs, factors)));
  add(large(graph::Weights(tensor).scaled(runs, factors)));
  std::sort(keys.begin(), keys.end());
  CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
  // Made anew, they are the same.
  CHECK(FormKey("k").add(constant(tensor)).text() == FormKey("k").add(constant(tensor.clone())).text());
  CHECK(FormKey("k").add(large(in_model.scaled(runs, factors))).text() == FormKey("k").add(large(in_model.scaled(runs, std::vector<double>(factors)))).text());
  CHECK(FormKey("k").add(large(graph::Weights(tensor))).text() == FormKey("k").add(large(graph::Weights(tensor.clone()))).text());
}

TEST_CASE("weights that are no whole array become one for all plans") {
  const Tensor tensor = random_tensor({40, 50}, 1);
  const auto owner = std::make_shared<std::vector<std::byte>>(tensor.size_bytes() + 1);
  std::memcpy(owner->data() + 1, tensor.data(), tensor.size_bytes());
  const graph::Weights unaligned({40, 50}, std::span<const std::byte>(*owner).subspan(1), owner, nullptr);
  backends::WeightStore store;
  {
    const Tensor first = store.whole(unaligned), second = store.whole(unaligned);
    CHECK(bit_difference({{"w", first}}, {{"w", tensor}}) == "");
    CHECK(first.data() == second.data());
    CHECK(store.bytes() == static_cast<std::int64_t>(tensor.size_bytes()));
    const Tensor reshaped = store.whole(unaligned.reshaped({50, 40}));
    CHECK(reshaped.shape() == Shape{50, 40});
  }
  CHECK(store.bytes() == 0);
  const graph::Weights aligned(tensor);
  CHECK(store.whole(aligned).data() == tensor.data());
  CHECK(store.bytes() == 0);
}

TEST_CASE("large arrays that folding makes are in memory once") {
  backends::WeightStore store;
  const auto lowered = [](const Tensor& tensor) {
    graph::Ir ir;
    graph::Value value;
    value.name = "folded";
    value.set_constant(tensor);
    ir.add_value(std::move(value));
    return ir;
  };
  const Tensor tensor = random_tensor({128, 128}, 1), small = random_tensor({8, 8}, 1);
  graph::Ir first = lowered(tensor), second = lowered(tensor.clone()), third = lowered(small.clone());
  for (graph::Ir* ir : {&first, &second, &third}) store.share_constants(*ir);
  CHECK(first.values[0].constant.data() == tensor.data());
  CHECK(second.values[0].constant.data() == tensor.data());
  CHECK(third.values[0].constant.data() != small.data());
  CHECK(store.packings() == 0);
}
