// SPDX-License-Identifier: Apache-2.0
// The predictor learns what made its samples, knows what it does not know, and skips nothing.
#include <chrono>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "cost/factors.h"
#include "cost/terms.h"
#include "dnntune/cost_model.h"
#include "dnntune/error.h"
#include "dnntune/plan.h"
#include "plan/small_nets.h"

using namespace dnntune;

namespace {

/// 100 GFLOP/s, 10 GB/s, 1 us a layer.
const Roofline kRoofline = {1e11, 1e10, 1000.0};

Graph small_cnn(std::int64_t channels = 64, std::int64_t side = 56) {
  test::NetBuilder net("cnn");
  int x = net.relu(net.input({1, channels, side, side}));
  x = net.conv(x, 2 * channels, 1, "conv_a");
  x = net.conv(x, 4 * channels, 2, "conv_b");
  net.output(net.cast(x, DataType::float64));
  return net.build();
}

double prior_ns(const Roofline& roofline, const LayerShape& shape, int threads, const cost::Footprint& footprint) {
  return cost::sum_of(cost::terms_of(roofline, shape, "", threads, footprint));
}

/// A measured network whose layers take `factor` times the prior.
template <typename Factor>
MeasuredNetwork synthetic(const Graph& graph, Factor factor, int threads = 1) {
  MeasuredNetwork network{network_shape(graph), {}};
  Profile& profile = network.profile;
  profile.model = graph.name();
  profile.threads = threads;
  profile.layers.resize(graph.layers().size());
  double sum = 0.0;
  for (const LayerShape& shape : network.shape.layers) {
    LayerProfile& layer = profile.layers[static_cast<std::size_t>(shape.layer)];
    layer.name = shape.name;
    layer.latency_ns = {factor(shape) * prior_ns(kRoofline, shape, threads, cost::footprint_of(network.shape)), 0.0, Provenance::measured};
    layer.conversion_ns = {0.0, 0.0, Provenance::measured};
    layer.samples = 11;
    sum += layer.latency_ns.value;
  }
  profile.run_ns = {1.02 * sum, 0.0, Provenance::measured};
  return network;
}

/// Convolutions are slower the more channels they have; all else takes twice the prior.
double truth(const LayerShape& shape) { return shape.kind == "conv_1x1" || shape.kind == "conv_window" ? 1.0 + 0.2 * std::log2(static_cast<double>(shape.in_channels) / 8.0) : 2.0; }

std::vector<MeasuredNetwork> lesson() {
  std::vector<MeasuredNetwork> networks;
  for (const std::int64_t channels : {8, 12, 16, 24, 32, 48, 64, 96, 128})
    for (const std::int64_t side : {14, 28, 56}) networks.push_back(synthetic(small_cnn(channels, side), truth));
  return networks;
}

bool has_warning(const Profile& profile, const std::string& word) {
  for (const std::string& note : profile.notes)
    if (note.starts_with("warning") && note.find(word) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("the prior is arithmetic and memory at the speed of the cache that holds it") {
  LayerShape shape;
  shape.kind = "unary:Relu";
  shape.flops = 1'000'000;
  shape.input_bytes = shape.output_bytes = 500'000;
  const cost::Terms plain = cost::terms_of(kRoofline, shape, "", 1, {});
  CHECK(plain[cost::kDispatch] == 1000.0);
  CHECK(plain[cost::kNearValues] == 0.0);
  CHECK(plain[cost::kFarValues] == doctest::Approx(1e6 / 1e10 * 1e9));
  CHECK(plain[cost::kArithmetic] == doctest::Approx(2e6 * 2.0 / 1e11 * 1e9));
  CHECK(plain[cost::kActivation] == 0.0);
  Roofline cached = kRoofline;
  cached.caches = {{32 << 10, 2e11}, {8 << 20, 1e11}};
  CHECK(cost::terms_of(cached, shape, "", 1, {})[cost::kNearValues] == doctest::Approx(1e6 / 1e11 * 1e9).epsilon(1e-3));
  shape.in_place = true;
  CHECK(cost::terms_of(cached, shape, "", 1, {})[cost::kNearValues] == doctest::Approx(0.5e6 / 1e11 * 1e9).epsilon(1e-3));
  shape.in_place = false;
  shape.activation_ops = 24;
  CHECK(cost::terms_of(cached, shape, "", 1, {})[cost::kActivation] == doctest::Approx(24 * 125e3 / 1e11 * 1e9));
  shape.weight_bytes = 1'000'000;
  CHECK(prior_ns(cached, shape, 1, {1'000'000'000, 0}) > 1.5 * prior_ns(cached, shape, 1, {1'000'000, 0}));  // the caches have lost them
  CHECK(prior_ns(cached, shape, 1, {1'000'000, 1'000'000'000}) > 1.5 * prior_ns(cached, shape, 1, {1'000'000, 0}));
  CHECK(prior_ns(kRoofline, shape, 2, {}) < prior_ns(kRoofline, shape, 1, {}));
  cached.wake_ns = 1e6;
  CHECK(prior_ns(cached, shape, 2, {}) > 1e6);
}

TEST_CASE("Winograd's method is counted by its tiles, the method that the kernel names") {
  LayerShape shape;
  shape.kind = "conv_3x3";
  shape.rows = 15 * 15;
  shape.width = 15;
  shape.in_channels = shape.out_channels = 64;
  shape.taps = 9;
  shape.macs = 225 * 64 * 64 * 9;
  shape.flops = 2 * shape.macs;
  const auto arithmetic = [&](const char* kernel) { return cost::terms_of(kRoofline, shape, kernel, 1, {})[cost::kArithmetic]; };
  const double ns_per_mac = 2.0 / 1e11 * 1e9;
  CHECK(arithmetic("simd.conv_igemm") == doctest::Approx(static_cast<double>(shape.macs) * ns_per_mac));
  CHECK(arithmetic("simd.conv_winograd4") == doctest::Approx(4 * 4 * 36 * 64 * 64 * ns_per_mac));  // 15 pixels are 4 tiles of 4
  CHECK(arithmetic("simd.conv_winograd2") == doctest::Approx(8 * 8 * 16 * 64 * 64 * ns_per_mac));
}

TEST_CASE("factors are found where layers tell terms apart, and are the common one where they do not") {
  std::vector<cost::Timed> layers;
  for (int i = 1; i <= 200; ++i) {
    cost::Timed& layer = layers.emplace_back();
    layer.terms[cost::kArithmetic] = 1000.0 * i;
    layer.terms[cost::kFarValues] = 1000.0 * (1 + i * i % 97);
    layer.terms[cost::kDispatch] = 1e-3;
    layer.ns = 3.0 * layer.terms[cost::kArithmetic] + 0.5 * layer.terms[cost::kFarValues];
  }
  layers.back().ns *= 5.0;  // one that was disturbed
  const cost::Terms factors = cost::factors_of(layers, 2.0);
  CHECK(factors[cost::kArithmetic] == doctest::Approx(3.0).epsilon(0.02));
  CHECK(factors[cost::kFarValues] == doctest::Approx(0.5).epsilon(0.2));
  CHECK(factors[cost::kDispatch] == doctest::Approx(2.0).epsilon(0.01));
  CHECK(factors[cost::kEdgeWork] == doctest::Approx(2.0));
  for (cost::Timed& layer : layers) layer.ns = layer.terms[cost::kArithmetic];
  CHECK(cost::factors_of(layers, 1.0)[cost::kFarValues] < 0.1);
  for (cost::Timed& layer : layers) layer.ns = std::max(1.0, layer.terms[cost::kArithmetic] - 0.2 * layer.terms[cost::kFarValues]);
  for (const double factor : cost::factors_of(layers, 1.0)) CHECK(factor > 0.0);
}

TEST_CASE("kernels of one kind are kept apart, and a layer gets the kernel of those most like it") {
  // From 48 channels on another kernel computes a convolution, in a third of the time.
  const auto fast = [](const LayerShape& shape) { return shape.in_channels >= 48; };
  const auto speed = [&](const LayerShape& shape) { return shape.kind != "conv_window" ? 2.0 : fast(shape) ? 0.5 : 1.5; };
  CostModel model(kRoofline);
  std::vector<MeasuredNetwork> networks;
  for (const std::int64_t channels : {8, 12, 16, 24, 32, 48, 64, 96, 128})
    for (const std::int64_t side : {14, 28, 56}) {
      MeasuredNetwork network = synthetic(small_cnn(channels, side), speed);
      for (const LayerShape& shape : network.shape.layers)
        if (shape.kind == "conv_window") network.profile.layers[static_cast<std::size_t>(shape.layer)].kernel = fast(shape) ? "fast" : "plain";
      networks.push_back(std::move(network));
    }
  model.learn(networks);
  for (const std::int64_t channels : {10, 14, 29, 80, 110}) {
    const Graph graph = small_cnn(channels, 40);
    const NetworkShape shape = network_shape(graph);
    const Profile p = CostModel::from_json(model.to_json()).predict(graph, Processor{});
    int seen = 0;
    for (const LayerShape& layer : shape.layers) {
      if (layer.kind != "conv_window") continue;
      ++seen;
      const double expected = speed(layer) * prior_ns(kRoofline, layer, 1, cost::footprint_of(shape));
      CHECK_MESSAGE(p.layers[static_cast<std::size_t>(layer.layer)].latency_ns.value == doctest::Approx(expected).epsilon(0.05), layer.name << " of " << channels << " channels");
    }
    CHECK(seen > 0);
  }
}

TEST_CASE("a transferred model keeps what its source knows of whole runs") {
  std::vector<MeasuredNetwork> networks = lesson();
  for (MeasuredNetwork& network : networks) network.profile.run_ns.value *= 1.5 / 1.02;  // the run takes half as long again as its layers
  CostModel source(kRoofline);
  source.learn(networks);
  const Graph graph = small_cnn(40, 30);
  const auto run_over_layers = [&](const CostModel& model) {
    const Profile p = model.predict(graph, Processor{});
    double sum = 0.0;
    for (const LayerProfile& layer : p.layers) sum += layer.latency_ns.value;
    return p.run_ns.value / sum;
  };
  REQUIRE(run_over_layers(source) == doctest::Approx(1.5).epsilon(0.03));
  CostModel moved(source, kRoofline);
  CHECK(run_over_layers(moved) == doctest::Approx(1.5).epsilon(0.03));
  moved.learn({networks.front(), networks.back()});
  CHECK(run_over_layers(moved) == doctest::Approx(1.5).epsilon(0.05));
}

TEST_CASE("without samples the roofline is used at about half its height, with a warning") {
  const Graph graph = small_cnn();
  Processor processor;
  processor.name = "cpu:all x2";
  processor.threads = 2;
  const Profile p = CostModel(kRoofline).predict(graph, processor);
  REQUIRE(p.layers.size() == graph.layers().size());
  CHECK(p.model_hash == graph.hash());
  CHECK(p.processor == "cpu:all x2");
  CHECK(p.threads == 2);
  CHECK(has_warning(p, "conv_1x1"));
  const NetworkShape shape = network_shape(graph);
  double sum = 0.0;
  for (std::size_t i = 0; i < p.layers.size(); ++i) {
    const LayerProfile& layer = p.layers[i];
    CHECK(layer.name == graph.layers()[i].name);
    CHECK(layer.inputs == graph.layers()[i].inputs);
    CHECK(layer.latency_ns.provenance == Provenance::predicted);
    CHECK(layer.energy_uj.provenance == Provenance::unknown);
    const double prior = prior_ns(kRoofline, shape.layers[i], 2, cost::footprint_of(shape));
    CHECK(layer.latency_ns.value > 1.5 * prior);
    CHECK(layer.latency_ns.value < 3.0 * prior);
    CHECK(layer.latency_ns.spread > 0.4 * layer.latency_ns.value);
    sum += layer.latency_ns.value;
  }
  CHECK(p.run_ns.value == doctest::Approx(sum));
  CHECK(p.run_ns.spread > 0.3 * p.run_ns.value);
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

TEST_CASE("it learns what made its samples, for sizes between them") {
  CostModel model(kRoofline);
  model.learn(lesson());
  const MeasuredNetwork unseen = synthetic(small_cnn(40, 40), truth);
  const Profile p = model.predict(unseen.shape, Processor{});
  for (std::size_t i = 0; i < p.layers.size(); ++i) {
    const double measured = unseen.profile.layers[i].latency_ns.value;
    CHECK(p.layers[i].latency_ns.value == doctest::Approx(measured).epsilon(0.03));
    CHECK(p.layers[i].latency_ns.spread < 0.1 * measured);
  }
  CHECK(p.run_ns.value == doctest::Approx(unseen.profile.run_ns.value).epsilon(0.03));
  CHECK(std::abs(p.run_ns.value - unseen.profile.run_ns.value) < 2.0 * p.run_ns.spread);
  CHECK(model.median_error() < 0.03);
  CHECK(!has_warning(p, "kind"));
}

TEST_CASE("far from its samples it is less sure") {
  CostModel model(kRoofline);
  model.learn(lesson());
  const Profile near = model.predict(small_cnn(40, 40), Processor{}), far = model.predict(small_cnn(2048, 7), Processor{});
  CHECK(far.layers[1].latency_ns.spread / far.layers[1].latency_ns.value > 1.5 * near.layers[1].latency_ns.spread / near.layers[1].latency_ns.value);
  CHECK(model.ignorance(network_shape(small_cnn(2048, 7)), 1) > model.ignorance(network_shape(small_cnn(40, 40)), 1));
}

TEST_CASE("layers this library cannot run are predicted too, never skipped") {
  test::NetBuilder net;
  net.output(net.unknown(net.relu(net.input({10}))));
  const Graph graph = net.build();
  CostModel model(kRoofline);
  model.learn(lesson());
  const Profile p = model.predict(graph, Processor{});
  REQUIRE(p.layers.size() == 2);
  CHECK(p.layers[1].latency_ns.value >= kRoofline.launch_ns);
  CHECK(p.layers[1].latency_ns.spread >= 0.4 * p.layers[1].latency_ns.value);
  CHECK(has_warning(p, "unknown"));
}

TEST_CASE("saved and read back, it predicts the same bits") {
  CostModel model(kRoofline);
  model.learn(lesson());
  model.update(network_shape(small_cnn()), 1, 1e6);
  const CostModel again = CostModel::from_json(model.to_json());
  CHECK(again.to_json() == model.to_json());
  for (const std::int64_t channels : {10, 64, 300}) {
    const Profile a = model.predict(small_cnn(channels), Processor{}), b = again.predict(small_cnn(channels), Processor{});
    CHECK(a.run_ns.value == b.run_ns.value);
    CHECK(a.run_ns.spread == b.run_ns.spread);
    for (std::size_t i = 0; i < a.layers.size(); ++i) {
      CHECK(a.layers[i].latency_ns.value == b.layers[i].latency_ns.value);
      CHECK(a.layers[i].latency_ns.spread == b.layers[i].latency_ns.spread);
    }
  }
}

TEST_CASE("updates follow the load and forget it again") {
  CostModel model(kRoofline);
  model.learn(lesson());
  const MeasuredNetwork network = synthetic(small_cnn(64, 56), truth);
  const double idle = model.predict(network.shape, Processor{}).run_ns.value;
  CHECK(model.load(1) == 1.0);
  for (int i = 0; i < 12; ++i) model.update(network.shape, 1, 2.0 * idle);
  CHECK(model.load(1) == doctest::Approx(2.0).epsilon(0.05));
  CHECK(model.predict(network.shape, Processor{}).run_ns.value == doctest::Approx(2.0 * idle).epsilon(0.05));
  model.update(network.shape, 1, 1000.0 * idle);  // one run that was interrupted
  CHECK(model.load(1) <= 2.0 * 1.51 * 1.05);
  for (int i = 0; i < 25; ++i) model.update(network.shape, 1, idle);
  CHECK(model.load(1) == doctest::Approx(1.0).epsilon(0.05));
  CHECK_THROWS_AS(model.update(network.shape, 1, std::nan("")), Error);
}

TEST_CASE("another machine's model needs few measurements") {
  CostModel source(kRoofline);
  source.learn(lesson());
  // The other machine: all 1.7 times as slow.
  const auto other = [](const LayerShape& shape) { return 1.7 * truth(shape); };
  std::vector<MeasuredNetwork> few;
  for (const std::int64_t channels : {16, 64}) few.push_back(synthetic(small_cnn(channels, 28), other));
  CostModel transferred(source, kRoofline), fresh(kRoofline);
  transferred.learn(few);
  fresh.learn(few);
  double with = 0.0, without = 0.0;
  for (const std::int64_t channels : {8, 100, 128}) {
    const MeasuredNetwork unseen = synthetic(small_cnn(channels, 56), other);
    with += std::abs(std::log(transferred.predict(unseen.shape, Processor{}).run_ns.value / unseen.profile.run_ns.value));
    without += std::abs(std::log(fresh.predict(unseen.shape, Processor{}).run_ns.value / unseen.profile.run_ns.value));
  }
  CHECK(with / 3.0 < 0.05);
  CHECK(with < without);
  CHECK(CostModel::from_json(transferred.to_json()).to_json() == transferred.to_json());
}

TEST_CASE("samples are bounded") {
  CostModel model(kRoofline);
  std::vector<MeasuredNetwork> many;
  const Graph graph = test::chain(40, 1000);
  for (int i = 0; i < 30; ++i) many.push_back(synthetic(graph, truth));
  model.learn(many);
  CHECK(model.samples() == 1024);
  model.learn(lesson());
  CHECK(model.predict(graph, Processor{}).run_ns.value > 0.0);
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

TEST_CASE("what cannot be learned from is refused, and nothing of it stays") {
  CostModel model(kRoofline);
  const std::string before = model.to_json();
  const MeasuredNetwork good = synthetic(small_cnn(), truth);
  MeasuredNetwork bad = good;
  bad.profile.layers.clear();
  CHECK_THROWS_AS(model.learn({good, bad}), Error);
  bad = good;
  bad.profile.layers[1].latency_ns.value = std::nan("");
  CHECK_THROWS_AS(model.learn({good, bad}), Error);
  bad = good;
  bad.profile.run_ns.value = 0.0;
  CHECK_THROWS_AS(model.learn({bad}), Error);
  for (LayerProfile& layer : bad.profile.layers) layer.latency_ns = Cost{};
  CHECK_THROWS_AS(model.learn({bad}), Error);
  CHECK(model.to_json() == before);
  for (const double value : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(CostModel(Roofline{value, 1e10, 500.0}), Error);
    CHECK_THROWS_AS(CostModel(Roofline{1e11, value, 500.0}), Error);
    if (value != 0.0) CHECK_THROWS_AS(CostModel(Roofline{1e11, 1e10, value}), Error);
  }
}

TEST_CASE("damaged files name the field") {
  CostModel model(kRoofline);
  model.learn({synthetic(small_cnn(), truth)});
  const std::string text = model.to_json();
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    return changed.replace(at, from.size(), to);
  };
  CHECK_THROWS_AS(CostModel::from_json(""), Error);
  CHECK_THROWS_AS(CostModel::from_json("{}"), Error);
  CHECK_THROWS_WITH_AS(CostModel::from_json(broken("\"peak_flops\": 100000000000.0", "\"peak_flops\": -1.0")), doctest::Contains("peak_flops"), Error);
  CHECK_THROWS_WITH_AS(CostModel::from_json(broken("\"lengths\"", "\"length\"")), doctest::Contains("lengths"), Error);
  CHECK_THROWS_WITH_AS(CostModel::from_json(broken("\"signal\"", "\"sig\"")), doctest::Contains("signal"), Error);
  CHECK_THROWS_WITH_AS(CostModel::from_json(broken("\"next_id\": 1", "\"next_id\": -1")), doctest::Contains("next_id"), Error);
  CHECK_THROWS_WITH_AS(CostModel::from_json(broken("\"sample\": 0", "\"sample\": 99")), doctest::Contains("parts"), Error);
}

TEST_CASE("a device carries its models: what comes out predicts what went in") {
  CostModel model(kRoofline);
  model.learn({synthetic(small_cnn(), truth)});
  Device device;
  device.name = "phone";
  device.processors = {{.name = "cpu:all", .backend = "cpu", .cores = {0, 1}, .threads = 2}, {.name = "cpu:little", .backend = "cpu", .cores = {1}}};
  store_cost_model(device, device.processor("cpu:all x1"), CostModel(kRoofline));
  store_cost_model(device, device.processor("cpu:all"), model);  // in its place: threads do not matter
  CHECK(device.cost_models.size() == 1);
  const Device copied = Device::from_json(device.to_json());
  const CostModel again = stored_cost_model(copied, copied.processor("cpu:all x1"));
  CHECK(again.to_json() == model.to_json());
  const Graph graph = small_cnn(32, 28);
  const Profile before = model.predict(graph, device.processor("cpu:all")), after = again.predict(graph, copied.processor("cpu:all"));
  CHECK(before.run_ns.value == after.run_ns.value);
  CHECK(before.run_ns.spread == after.run_ns.spread);
  CHECK(after.memory_source == MemorySource::lower_bound);
  CHECK_THROWS_WITH_AS(stored_cost_model(copied, copied.processor("cpu:little")), doctest::Contains("'cpu:all'"), Error);
  CHECK_THROWS_WITH_AS(stored_cost_model(Device(), copied.processor("cpu:all")), doctest::Contains("calibrate"), Error);
  device.cost_models[0].json = "{}";
  CHECK_THROWS_WITH_AS(stored_cost_model(device, device.processor("cpu:all")), doctest::Contains("schema"), Error);
}
