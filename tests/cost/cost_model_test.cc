// SPDX-License-Identifier: Apache-2.0
// The predictor gives back what its formula says, learns efficiencies, and skips nothing.
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "cost/features.h"
#include "dnntune/cost_model.h"
#include "dnntune/error.h"
#include "dnntune/plan.h"
#include "plan/small_nets.h"

using namespace dnntune;

namespace {

/// 100 GFLOP/s, 10 GB/s, 1 us a layer.
constexpr Roofline kRoofline = {1e11, 1e10, 1000.0};

Graph small_cnn() {
  test::NetBuilder net("cnn");
  int x = net.relu(net.input({1, 64, 56, 56}));
  x = net.conv(x, 128, 1, "conv_a");  // 2 * 64 * 128 flops a pixel: right of the ridge
  x = net.conv(x, 256, 2, "conv_b");
  net.output(net.cast(x, DataType::float64));
  return net.build();
}

/// A profile that follows the formula with these efficiencies; `factor(i)` disturbs layer i.
template <typename Factor>
Profile synthetic(const Graph& graph, double dense, double streaming, Factor factor) {
  Profile profile = test::profile_of(graph, "cpu", std::vector<double>(graph.layers().size(), 0.0));
  for (std::size_t i = 0; i < profile.layers.size(); ++i) {
    LayerProfile& layer = profile.layers[i];
    const cost::Features f = cost::features_of(graph, graph.layers()[i]);
    layer.flops = static_cast<std::int64_t>(f.flops);
    layer.weight_bytes = graph.layers()[i].weight_bytes;
    const double memory_ns = f.bytes / kRoofline.memory_bytes_per_s * 1e9;
    const double ns = f.dense ? std::max(f.flops / (dense * kRoofline.peak_flops) * 1e9, memory_ns) : memory_ns / streaming;
    layer.latency_ns.value = ns * factor(i) + kRoofline.launch_ns;
  }
  return profile;
}

}  // namespace

TEST_CASE("classes of layers") {
  for (const char* op : {"Conv", "Conv+BatchNormalization+Relu", "Gemm", "MatMul+Add", "LSTM", "GRU", "RNN", "ConvTranspose"}) CHECK(cost::is_dense(op));
  for (const char* op : {"Relu", "Add", "MaxPool", "Convert", "Concat", "", "Softmax"}) CHECK(!cost::is_dense(op));
}

TEST_CASE("without profiles the roofline is used at half its height") {
  const Graph graph = small_cnn();
  REQUIRE(graph.layers().size() == 4);
  Processor processor;
  processor.name = "cpu:all x2";
  processor.threads = 2;
  const Profile p = CostModel(kRoofline).predict(graph, processor);
  REQUIRE(p.layers.size() == graph.layers().size());
  CHECK(p.model_hash == graph.hash());
  CHECK(p.processor == "cpu:all x2");
  CHECK(p.threads == 2);

  const double pixels = 56 * 56;
  CHECK(p.layers[0].latency_ns.value == doctest::Approx(2 * 4 * 64 * pixels / (0.5 * 1e10) * 1e9 + 1000));
  CHECK(p.layers[0].flops == 64 * 56 * 56);
  CHECK(p.layers[1].flops == 2 * 64 * 128 * 56 * 56);
  CHECK(p.layers[1].latency_ns.value == doctest::Approx(2 * 64 * 128 * pixels / (0.5 * 1e11) * 1e9 + 1000));
  CHECK(p.layers[1].latency_ns.spread == doctest::Approx(0.5 * p.layers[1].latency_ns.value));
  double sum = 0.0;
  for (std::size_t i = 0; i < p.layers.size(); ++i) {
    CHECK(p.layers[i].name == graph.layers()[i].name);
    CHECK(p.layers[i].latency_ns.provenance == Provenance::predicted);
    CHECK(p.layers[i].energy_uj.provenance == Provenance::unknown);
    CHECK(p.layers[i].samples == 0);
    sum += p.layers[i].latency_ns.value;
  }
  CHECK(p.run_ns.value == doctest::Approx(sum));
  CHECK(p.run_ns.provenance == Provenance::predicted);
}

TEST_CASE("energy is time at the processor's power") {
  Processor processor;
  processor.active_power_w = 2.5;
  const Profile p = CostModel(kRoofline).predict(small_cnn(), processor);
  for (const LayerProfile& layer : p.layers) {
    CHECK(layer.energy_uj.value == doctest::Approx(layer.latency_ns.value * 2.5e-3));
    CHECK(layer.energy_uj.provenance == Provenance::predicted);
  }
}

TEST_CASE("fitting finds the efficiencies that made the profile") {
  const Graph graph = small_cnn();
  CostModel model(kRoofline);
  const Profile measured = synthetic(graph, 0.31, 0.77, [](std::size_t) { return 1.0; });
  model.fit(measured);
  const Profile p = model.predict(graph, Processor{});
  for (std::size_t i = 0; i < p.layers.size(); ++i) {
    CHECK(p.layers[i].latency_ns.value == doctest::Approx(measured.layers[i].latency_ns.value).epsilon(1e-9));
    CHECK(p.layers[i].latency_ns.spread == doctest::Approx(0.05 * p.layers[i].latency_ns.value));  // never less
  }
}

TEST_CASE("the spread is what the fit leaves over") {
  const Graph graph = test::chain(40, 100000);
  CostModel model(kRoofline);
  // Half the layers 20 % faster, half 20 % slower: a = sum(r) / sum(r^2), r = 1/0.8 or 1/1.2.
  model.fit(synthetic(graph, 1.0, 0.5, [](std::size_t i) { return i % 2 ? 1.2 : 0.8; }));
  const double r1 = 1 / 0.8, r2 = 1 / 1.2;
  const double a = (r1 + r2) / (r1 * r1 + r2 * r2);
  const double spread = std::sqrt(((1 - a * r1) * (1 - a * r1) + (1 - a * r2) * (1 - a * r2)) / 2);
  const Profile p = model.predict(graph, Processor{});
  const double ideal = 2 * 400000 / (0.5 * 1e10) * 1e9;
  CHECK(p.layers[7].latency_ns.value == doctest::Approx(a * ideal + 1000));
  CHECK(p.layers[7].latency_ns.spread == doctest::Approx(spread * p.layers[7].latency_ns.value));
}

TEST_CASE("profiles add up: the order of fits does not matter") {
  const Graph a = test::chain(5, 100000), b = test::chain(9, 3000);
  const Profile pa = synthetic(a, 1.0, 0.4, [](std::size_t i) { return 1.0 + 0.1 * static_cast<double>(i); });
  const Profile pb = synthetic(b, 1.0, 0.9, [](std::size_t) { return 1.0; });
  CostModel ab(kRoofline), ba(kRoofline);
  ab.fit(pa);
  ab.fit(pb);
  ba.fit(pb);
  ba.fit(pa);
  CHECK(ab.predict(a, Processor{}).run_ns.value == doctest::Approx(ba.predict(a, Processor{}).run_ns.value));
  CostModel only(kRoofline);
  only.fit(pa);
  CHECK(ab.predict(a, Processor{}).run_ns.value != doctest::Approx(only.predict(a, Processor{}).run_ns.value));
}

TEST_CASE("a class without samples keeps its default") {
  const Graph relus = test::chain(10, 100000);
  CostModel model(kRoofline);
  model.fit(synthetic(relus, 1.0, 0.25, [](std::size_t) { return 1.0; }));
  const Profile p = model.predict(small_cnn(), Processor{});
  CHECK(p.layers[1].latency_ns.spread == doctest::Approx(0.5 * p.layers[1].latency_ns.value));
}

TEST_CASE("layers this library cannot run are predicted too, never skipped") {
  test::NetBuilder net;
  net.output(net.unknown(net.relu(net.input({10}))));
  const Graph graph = net.build();
  const Profile p = CostModel(kRoofline).predict(graph, Processor{});
  REQUIRE(p.layers.size() == 2);
  CHECK(p.layers[1].latency_ns.value >= kRoofline.launch_ns);
}

TEST_CASE("a predicted profile makes a plan, and the plan says that it is predicted") {
  const Graph graph = small_cnn();
  const CostModel slow({1e9, 1e9, 1000.0}), fast({1e12, 1e11, 1000.0});
  const Plan plan = make_plan({.graph = graph,
                               .device = {slow.predict(graph, Processor{})},
                               .cloud = {fast.predict(graph, Processor{})},
                               .link = Link::named("loopback")});
  CHECK(plan.chosen.name == "cloud-only");
  CHECK(plan.mobile_only.cost.latency_ns().provenance == Provenance::predicted);
  CHECK(plan.mobile_only.cost.latency_ns().spread > 0.0);
}

TEST_CASE("what cannot be learned from is refused") {
  CostModel model(kRoofline);
  CHECK_THROWS_AS(model.fit(Profile{}), Error);
  Profile bad = synthetic(test::chain(3, 10), 1.0, 1.0, [](std::size_t) { return 1.0; });
  bad.layers[1].latency_ns.value = std::nan("");
  CHECK_THROWS_AS(model.fit(bad), Error);
  for (LayerProfile& layer : bad.layers) layer.latency_ns = Cost{};
  CHECK_THROWS_AS(model.fit(bad), Error);
  for (const double value : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(CostModel({value, 1e10, 500.0}), Error);
    CHECK_THROWS_AS(CostModel({1e11, value, 500.0}), Error);
    if (value != 0.0) CHECK_THROWS_AS(CostModel({1e11, 1e10, value}), Error);
  }
}

TEST_CASE("layers shorter than the launch do not upset the fit") {
  Profile p = synthetic(test::chain(6, 100000), 1.0, 0.5, [](std::size_t) { return 1.0; });
  p.layers[2].latency_ns.value = 10.0;
  CostModel model(kRoofline);
  model.fit(p);
  CHECK(model.predict(test::chain(1, 100000), Processor{}).layers[0].latency_ns.value == doctest::Approx(p.layers[0].latency_ns.value));
}
