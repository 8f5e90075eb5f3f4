// SPDX-License-Identifier: Apache-2.0
// Energies of the predictor: powers by state come back from noisy energies, doubt where nothing was seen stays, and plans use them.
#include <cmath>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "cost/power_curve.h"
#include "cost/state_times.h"
#include "dnntune/cost_model.h"
#include "dnntune/error.h"
#include "dnntune/plan.h"
#include "plan/small_nets.h"

using namespace dnntune;

namespace {

/// 100 GFLOP/s, 10 GB/s, 1 us a layer.
const Roofline kMachine = {1e11, 1e10, 1000.0};

struct TruePower {
  double computing_w, moving_w;
};
TruePower true_power(int threads) { return threads == 1 ? TruePower{5.0, 3.0} : TruePower{9.0, 4.0}; }

/// Draws networks and measures them: times are off by 3 % of the roofline, energies by `noise` of the truth.
class Bench {
 public:
  explicit Bench(std::uint64_t seed) : engine_(seed) {}
  double noise = 0.05;
  /// Layers between products, which move data alone.
  bool moving_layers = true;

  NetworkShape shape(const std::string& name, int layers = 8) {
    NetworkShape network{name, {}, 1e6};
    for (int i = 0; i < layers; ++i) {
      LayerShape& layer = network.layers.emplace_back();
      layer.name = name + std::to_string(i);
      layer.layer = i;
      const bool moves = moving_layers && i % 2 == 1;
      layer.kind = moves ? "unary:Relu" : "product";
      layer.input_bytes = layer.output_bytes = static_cast<std::int64_t>(std::exp(uniform(11.0, 14.0)));
      layer.flops = moves ? layer.output_bytes / 4 : layer.output_bytes * static_cast<std::int64_t>(moving_layers ? uniform(10.0, 100.0) : 400.0);
      if (!moves) layer.macs = layer.flops / 2;
    }
    return network;
  }

  MeasuredNetwork measure(NetworkShape network, int threads, TruePower power) {
    MeasuredNetwork measured{std::move(network), {}};
    Profile& profile = measured.profile;
    profile.model = measured.shape.name;
    profile.threads = threads;
    profile.run_ns = profile.run_energy_uj = {0.0, 0.0, Provenance::measured};
    const std::vector<cost::LayerParts> parts = cost::parts_by_layer(kMachine, measured.shape, threads);
    for (const LayerShape& shape : measured.shape.layers) {
      LayerProfile& layer = profile.layers.emplace_back();
      layer.name = shape.name;
      const double prior = cost::sum_of(cost::terms_of(kMachine, shape, "", threads, cost::footprint_of(measured.shape)));
      layer.latency_ns = {prior * off_by(0.03), 0.0, Provenance::measured};
      layer.samples = 11;
      const cost::StateTimes times = cost::state_times(parts[static_cast<std::size_t>(shape.layer)], layer);
      const double uj = 1e-3 * (power.computing_w * times.computing_ns + power.moving_w * times.moving_ns);
      layer.energy_uj = {uj * off_by(noise), 0.02 * uj, Provenance::measured};
      profile.run_ns.value += layer.latency_ns.value;
      profile.run_energy_uj.value += uj;
    }
    profile.run_energy_uj.value *= off_by(noise);
    profile.run_energy_uj.spread = 0.02 * profile.run_energy_uj.value;
    return measured;
  }

  std::vector<MeasuredNetwork> lesson(int count, int threads) {
    std::vector<MeasuredNetwork> networks;
    for (int i = 0; i < count; ++i) networks.push_back(measure(shape("n" + std::to_string(i)), threads, true_power(threads)));
    return networks;
  }

 private:
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
  double off_by(double relative) { return std::exp(relative * std::normal_distribution<double>()(engine_)); }

  std::mt19937_64 engine_;
};

Processor threads_of(int threads) {
  Processor processor;
  processor.threads = threads;
  return processor;
}

double relative_spread(const Cost& cost) { return cost.spread / cost.value; }

bool says(const Profile& profile, const char* part) {
  for (const std::string& note : profile.notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

/// Share of figures within their 90 % intervals.
struct Coverage {
  int inside = 0, all = 0;
  void add(const Cost& predicted, double measured) {
    ++all;
    if (std::abs(predicted.value - measured) <= 1.645 * predicted.spread) ++inside;
  }
  double share() const { return static_cast<double>(inside) / all; }
};

}  // namespace

TEST_CASE("two powers at two numbers of threads come back from noisy energies, with intervals that hold") {
  Bench bench(1);
  CostModel model(kMachine);
  model.learn(bench.lesson(40, 1));
  model.learn(bench.lesson(40, 2));
  for (const int threads : {1, 2}) {
    CAPTURE(threads);
    const StatePower power = model.power(threads);
    CHECK(power.layers == 320);
    CHECK(power.runs == 40);
    CHECK(power.computing_w.value == doctest::Approx(true_power(threads).computing_w).epsilon(0.03));
    CHECK(power.moving_w.value == doctest::Approx(true_power(threads).moving_w).epsilon(0.03));
    CHECK(power.computing_w.spread < 0.03 * power.computing_w.value);
    Coverage layers, runs;
    double bias = 0.0;
    for (int i = 0; i < 60; ++i) {
      const MeasuredNetwork unseen = bench.measure(bench.shape("unseen"), threads, true_power(threads));
      const Profile predicted = model.predict(unseen.shape, threads_of(threads));
      for (std::size_t l = 0; l < predicted.layers.size(); ++l) {
        CHECK(predicted.layers[l].energy_uj.provenance == Provenance::predicted);
        layers.add(predicted.layers[l].energy_uj, unseen.profile.layers[l].energy_uj.value);
        CHECK(relative_spread(predicted.layers[l].energy_uj) < 0.15);
      }
      runs.add(predicted.run_energy_uj, unseen.profile.run_energy_uj.value);
      CHECK(relative_spread(predicted.run_energy_uj) < 0.15);
      bias += std::log(predicted.run_energy_uj.value / unseen.profile.run_energy_uj.value) / 60.0;
    }
    CHECK(layers.share() > 0.85);
    CHECK(layers.share() < 0.99);
    CHECK(runs.share() > 0.85);
    CHECK(std::abs(bias) < 0.03);
  }
}

TEST_CASE("layers that only compute say little of moving, and nothing is invented") {
  Bench bench(2);
  bench.moving_layers = false;
  CostModel model(kMachine);
  model.learn(bench.lesson(20, 1));
  const StatePower power = model.power(1);
  CHECK(power.computing_w.value == doctest::Approx(5.0).epsilon(0.1));
  CHECK(power.computing_w.spread < 0.1 * power.computing_w.value);
  CHECK(power.moving_w.value > 0.3 * power.computing_w.value);
  CHECK(power.moving_w.value < 1.5 * power.computing_w.value);
  CHECK(power.moving_w.spread > 0.2 * power.moving_w.value);
  bench.moving_layers = true;
  const Profile predicted = model.predict(bench.shape("mixed"), threads_of(1));
  CHECK(relative_spread(predicted.layers[1].energy_uj) > 1.5 * relative_spread(predicted.layers[0].energy_uj));
}

TEST_CASE("one energy is believed with doubt") {
  Bench bench(3);
  bench.noise = 0.0;
  CostModel model(kMachine);
  MeasuredNetwork one = bench.lesson(1, 1).front();
  for (LayerProfile& layer : one.profile.layers) layer.energy_uj = {layer.energy_uj.value, layer.energy_uj.spread, Provenance::predicted};  // shares of the run
  model.learn({one});
  CHECK(model.power(1).layers == 0);
  CHECK(model.power(1).runs == 1);
  const Profile predicted = model.predict(one.shape, threads_of(1));
  CHECK(predicted.run_energy_uj.value == doctest::Approx(one.profile.run_energy_uj.value).epsilon(0.1));
  CHECK(relative_spread(predicted.run_energy_uj) > 0.15);
  CHECK(relative_spread(predicted.layers[0].energy_uj) > 0.2);
}

TEST_CASE("layers measured alone, with their data in the caches, do not make runs cheap") {
  Bench bench(4);
  std::vector<MeasuredNetwork> networks = bench.lesson(30, 1);
  for (MeasuredNetwork& network : networks) network.profile.run_energy_uj.value *= 1.3;
  CostModel model(kMachine);
  model.learn(networks);
  const MeasuredNetwork unseen = bench.measure(bench.shape("unseen"), 1, true_power(1));
  const Profile predicted = model.predict(unseen.shape, threads_of(1));
  CHECK(predicted.energy_uj().value == doctest::Approx(unseen.profile.energy_uj().value).epsilon(0.1));
  CHECK(predicted.run_energy_uj.value == doctest::Approx(1.3 * unseen.profile.energy_uj().value).epsilon(0.1));
}

TEST_CASE("without measured energies the processor's power stands in, and without that nothing is said") {
  Bench bench(5);
  MeasuredNetwork timed = bench.lesson(1, 1).front();
  timed.profile.run_energy_uj = {};
  for (LayerProfile& layer : timed.profile.layers) layer.energy_uj = {};
  CostModel model(kMachine);
  model.learn({timed});
  CHECK(model.power(1).computing_w.provenance == Provenance::unknown);
  Processor processor = threads_of(1);
  const Profile unknown = model.predict(timed.shape, processor);
  CHECK(unknown.run_energy_uj.provenance == Provenance::unknown);
  CHECK(unknown.layers[0].energy_uj.provenance == Provenance::unknown);
  CHECK(unknown.energy_source.empty());
  processor.active_power_w = 2.5;
  processor.power_source = "data sheet";
  const Profile given = model.predict(timed.shape, processor);
  CHECK(given.run_energy_uj.value == doctest::Approx(2.5e-3 * given.run_ns.value));
  CHECK(given.run_energy_uj.spread == doctest::Approx(2.5e-3 * given.run_ns.spread));
  CHECK(given.layers[0].energy_uj.value == doctest::Approx(2.5e-3 * given.layers[0].latency_ns.value));
  CHECK(given.energy_source == "data sheet");
  // What was measured here is better than what a data sheet says.
  model.learn_energy(bench.lesson(10, 1));
  const Profile learned = model.predict(timed.shape, processor);
  CHECK(learned.energy_source == "power by state, from measured energies");
  CHECK(says(learned, "W computing and "));
  CHECK(says(learned, "2.5 W, is not used"));
  CHECK(learned.run_energy_uj.value > 2.5e-3 * learned.run_ns.value);
}

TEST_CASE("energies alone can be learned, and change no time") {
  Bench bench(6);
  const std::vector<MeasuredNetwork> networks = bench.lesson(5, 1);
  CostModel model(kMachine);
  model.learn(networks);
  const std::size_t samples = model.samples();
  const Profile before = model.predict(networks[0].shape, threads_of(1));
  model.learn_energy(networks);
  CHECK(model.samples() == samples);
  CHECK(model.power(1).runs == 10);
  CHECK(model.predict(networks[0].shape, threads_of(1)).run_ns.value == before.run_ns.value);
}

TEST_CASE("numbers of threads that were not measured lie on a line, with more doubt") {
  Bench bench(7);
  CostModel model(kMachine);
  model.learn(bench.lesson(30, 2));
  const StatePower two = model.power(2), alone = model.power(1), four = model.power(4);
  CHECK(two.runs == 30);
  CHECK(four.runs == 0);
  CHECK(alone.computing_w.value == doctest::Approx(0.75 * two.computing_w.value));
  CHECK(four.computing_w.value == doctest::Approx(1.5 * two.computing_w.value));
  CHECK(relative_spread(four.computing_w) > 0.15);
  CHECK(relative_spread(four.moving_w) > relative_spread(two.moving_w));
  const NetworkShape network = bench.shape("network");
  const Profile measured = model.predict(network, threads_of(2)), drawn = model.predict(network, threads_of(4));
  CHECK(relative_spread(drawn.run_energy_uj) > relative_spread(measured.run_energy_uj));
  CHECK(says(drawn, "warning: no energy was measured on 4 threads"));
  CHECK_FALSE(says(measured, "no energy was measured"));

  for (const MeasuredNetwork& network_of_6 : bench.lesson(30, 6)) model.learn_energy({network_of_6});  // 9 and 4 W, as at 2
  CHECK(model.power(4).computing_w.value == doctest::Approx(9.0).epsilon(0.05));
  CHECK(model.power(12).computing_w.value == doctest::Approx(9.0).epsilon(0.1));
  for (int i = 0; i < 30; ++i) model.learn_energy({bench.measure(bench.shape("w"), 10, {30.0, 20.0})});
  const StatePower eight = model.power(8), sixteen = model.power(16);
  CHECK(eight.computing_w.value == doctest::Approx(12.0).epsilon(0.1));  // between: never more in proportion than at 6
  CHECK(sixteen.computing_w.value == doctest::Approx(48.0).epsilon(0.1));
  CHECK(sixteen.computing_w.spread > 5.0);
}

TEST_CASE("a fit takes no power below nothing, and samples that all agree leave a little doubt") {
  cost::PowerSums layers;
  // Whoever moves data for a fifth of the time draws nothing at all: powers on a line through less than nothing.
  for (int i = 0; i < 50; ++i) {
    layers.add({5.0, 1.0, 5.0, 0.0});
    layers.add({0.1, 0.8, 5.0, 0.0});
  }
  const cost::FittedPower fitted = cost::fit_power(layers, {});
  CHECK(fitted.watt[0] > 0.0);
  CHECK(fitted.watt[1] == 0.0);
  CHECK(fitted.run_factor == 1.0);
  cost::PowerSums same;
  for (int i = 0; i < 1000; ++i) same.add({4.0, 0.01 * (i % 100), 4.0, 0.0});
  const cost::FittedPower exact = cost::fit_power(same, {});
  CHECK(exact.watt[0] == doctest::Approx(4.0));
  CHECK(exact.watt[1] == doctest::Approx(4.0));
  CHECK(exact.covariance[0] > 0.0);
  const Cost energy = cost::layer_energy_uj(exact, {1e6, 1e6}, 0.0);
  CHECK(energy.value == doctest::Approx(8000.0));
  CHECK(energy.spread > 0.01 * energy.value);
}

TEST_CASE("sums are bounded and forget slowly") {
  cost::PowerSums sums;
  for (int i = 0; i < 10000; ++i) sums.add({4.0, 0.5, 4.0, 0.0});
  CHECK(sums.count <= cost::PowerSums::kMostCount);
  for (int i = 0; i < 20000; ++i) sums.add({8.0, 0.5, 8.0, 0.0});
  CHECK(cost::fit_power(sums, {}).watt[0] == doctest::Approx(8.0).epsilon(0.05));
  cost::PowerCurve curve;
  for (int threads = 1; threads <= 100; ++threads)
    for (int i = 0; i < threads; ++i) curve.add_run(threads, {4.0, 0.5, 4.0, 0.0});
  CHECK(curve.samples().size() == cost::PowerCurve::kMostThreadCounts);
  CHECK(curve.measured(100));
}

TEST_CASE("another machine's powers serve until its own are known; a power that is given comes between") {
  Bench bench(8);
  CostModel source(kMachine);
  source.learn(bench.lesson(30, 1));
  CostModel moved(source, kMachine);
  const NetworkShape network = bench.shape("network");
  const Profile own = source.predict(network, threads_of(1)), borrowed = moved.predict(network, threads_of(1));
  CHECK(moved.power(1).computing_w.value == source.power(1).computing_w.value);
  CHECK(moved.power(1).runs == 0);
  CHECK(borrowed.run_energy_uj.value / borrowed.run_ns.value == doctest::Approx(own.run_energy_uj.value / own.run_ns.value).epsilon(0.05));
  CHECK(relative_spread(borrowed.run_energy_uj) > relative_spread(own.run_energy_uj));
  CHECK(relative_spread(borrowed.run_energy_uj) > 0.2);
  CHECK(borrowed.energy_source == "power by state, from another machine's measured energies");
  Processor given = threads_of(1);
  given.active_power_w = 100.0;
  CHECK(moved.predict(network, given).run_energy_uj.value == doctest::Approx(0.1 * borrowed.run_ns.value).epsilon(0.05));
  std::vector<MeasuredNetwork> few;
  for (int i = 0; i < 5; ++i) few.push_back(bench.measure(bench.shape("few"), 1, {10.0, 6.0}));
  moved.learn(few);
  CHECK(moved.power(1).computing_w.value == doctest::Approx(10.0).epsilon(0.1));
  CHECK(moved.predict(network, given).energy_source == "power by state, from measured energies");
  CHECK(CostModel::from_json(moved.to_json()).to_json() == moved.to_json());
}

TEST_CASE("energies that say nothing are left out, and those that cannot be are refused") {
  Bench bench(9);
  const MeasuredNetwork good = bench.lesson(1, 1).front();
  CostModel model(kMachine);
  MeasuredNetwork other = good;
  other.profile.run_energy_uj.spread = 2.0 * other.profile.run_energy_uj.value;  // the meter sees nothing
  model.learn({other});
  CHECK(model.power(1).computing_w.provenance == Provenance::unknown);
  other = good;
  for (LayerProfile& layer : other.profile.layers) layer.processor = "gpu";  // whose power is another
  model.learn({other});
  CHECK(model.power(1).computing_w.provenance == Provenance::unknown);
  other = good;
  other.profile.layers[0].energy_uj.value *= 1000.0;
  other.profile.layers[1].energy_uj.spread = 2.0 * other.profile.run_energy_uj.value;
  model.learn({other});
  CHECK(model.power(1).layers == 6);
  CHECK(model.power(1).runs == 1);

  const std::string before = model.to_json();
  for (const double value : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    other = good;
    other.profile.layers[2].energy_uj.value = value;
    CHECK_THROWS_WITH_AS(model.learn({good, other}), doctest::Contains("energy_uj of layer 'n02'"), Error);
    CHECK_THROWS_WITH_AS(model.learn_energy({other}), doctest::Contains("energy_uj"), Error);
    other = good;
    other.profile.run_energy_uj.spread = value;
    CHECK_THROWS_WITH_AS(model.learn({other}), doctest::Contains("run_energy_uj"), Error);
  }
  CHECK(model.to_json() == before);
}

TEST_CASE("powers are saved and read back bit for bit; damaged ones and older files are refused by name") {
  Bench bench(10);
  CostModel model(kMachine);
  model.learn(bench.lesson(3, 1));
  model.learn(bench.lesson(3, 2));
  const std::string text = model.to_json();
  const CostModel again = CostModel::from_json(text);
  CHECK(again.to_json() == text);
  const NetworkShape network = bench.shape("network");
  for (const int threads : {1, 2, 5}) {
    const Profile a = model.predict(network, threads_of(threads)), b = again.predict(network, threads_of(threads));
    CHECK(a.run_energy_uj.value == b.run_energy_uj.value);
    CHECK(a.run_energy_uj.spread == b.run_energy_uj.spread);
    CHECK(a.layers[3].energy_uj.value == b.layers[3].energy_uj.value);
    CHECK(a.layers[3].energy_uj.spread == b.layers[3].energy_uj.spread);
  }
  const std::string powers = text.substr(text.find("\"powers\""));
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string changed = powers;
    const std::size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    return text.substr(0, text.find("\"powers\"")) + changed.replace(at, from.size(), to);
  };
  const auto refused = [&](const std::string& from, const std::string& to, const char* field) {
    CAPTURE(to);
    CHECK_THROWS_WITH_AS(CostModel::from_json(broken(from, to)), doctest::Contains(field), Error);
  };
  refused("\"powers\"", "\"power\"", "powers");
  refused("\"threads\": 2", "\"threads\": 0", "threads");
  refused("\"threads\": 2", "\"threads\": 1", "twice");
  refused("\"layers\"", "\"layer\"", "layers");
  refused("\"runs\"", "\"ran\"", "runs");
  refused("24.0,", "-24.0,", "layers");
  refused("24.0,", "1e9,", "counts more");
  refused("24.0,", "0.0,", "no samples have");
  refused("24.0,", "24.0, 1.0,", "numbers");
  refused("24.0,", "\"24\",", "layers");
  // A sum of squares that is too small for the others.
  const std::size_t at = powers.find("24.0,"), weight = powers.find(',', at) + 1, squares = powers.find(',', weight) + 1;
  refused(powers.substr(at, powers.find(',', squares) - at), powers.substr(at, squares - at) + "1e-9", "no samples have");
  std::string old = text;
  old.replace(old.find("cost_model/5"), 12, "cost_model/4");
  CHECK_THROWS_WITH_AS(CostModel::from_json(old), doctest::Contains("schema is 'dnntune.cost_model/4', this library reads 'dnntune.cost_model/5'"), Error);
}

TEST_CASE("a predicted profile is planned for energy, without anyone naming a power") {
  test::NetBuilder net("cnn");
  int x = net.relu(net.input({1, 64, 56, 56}));
  x = net.conv(x, 128, 1, "conv_a");
  x = net.conv(x, 256, 2, "conv_b");
  net.output(net.relu(x));
  const Graph graph = net.build();
  Bench bench(11);
  CostModel model(kMachine);
  PlanRequest request{.graph = graph, .device = {model.predict(graph, Processor{})}, .cloud = {model.predict(graph, Processor{})}, .link = Link::named("wifi")};
  request.minimize = Objective::energy();
  CHECK_THROWS_WITH_AS(make_plan(request), doctest::Contains("energy"), Error);
  for (const double factor : {1.0, 1e3}) {
    CAPTURE(factor);
    CostModel learned = model;
    for (int i = 0; i < 10; ++i) learned.learn_energy({bench.measure(bench.shape("n"), 1, {5.0 * factor, 3.0 * factor})});
    request.device = {learned.predict(graph, Processor{})};
    const Plan plan = make_plan(request);
    const Cost& mobile = plan.mobile_only.cost.device_uj;
    CHECK(mobile.value == doctest::Approx(request.device[0].energy_uj().value).epsilon(0.01));
    CHECK(mobile.provenance == Provenance::predicted);
    CHECK(mobile.spread > 0.0);
    // A device that draws a thousand times as much sends the image away.
    CHECK(plan.chosen.name == (factor > 1.0 ? "cloud-only" : "mobile-only"));
  }
}
