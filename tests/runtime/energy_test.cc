// SPDX-License-Identifier: Apache-2.0
// Session::profile with meters: recorded trees stand in for a machine's, a simulated gauge for what they would tell.
#include <algorithm>
#include <filesystem>

#include "device/recorded_tree.h"
#include "dnntune/builder.h"
#include "dnntune/session.h"
#include "runtime/conditions.h"
#include "runtime/energy.h"
#include "runtime/naive.h"
#include "throws.h"

using namespace dnntune;
using naive::cpu;
using recorded::RecordedTree;

namespace {

/// A board that always draws 5.2 W.
RecordedTree::Files jetson() {
  const std::string folder = "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/";
  return {{folder + "rail_name_0", "POM_5V_IN"}, {folder + "in_power0_input", "5200"}};
}

Graph network() {
  GraphBuilder b("net");
  const std::string x = b.input("x", DataType::float32, {64, 256});
  const std::string y = b.node("MatMul", {x, b.constant("v", naive::random_tensor({256, 64}, 2))}, {}, "dense");
  b.output(b.node("Softmax", {y}, {}, "softmax"));
  return b.build();
}

ProfileOptions quick(const RecordedTree& tree) {
  ProfileOptions options;
  options.warmup_runs = 1;
  options.min_samples = 3;
  options.min_sample_s = 1e-4;
  options.max_total_s = 0.0;
  options.energy.root = tree.root();
  return options;
}

bool noted(const Profile& profile, const char* part) {
  return std::any_of(profile.notes.begin(), profile.notes.end(), [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

Processor with_power(double watt) {
  Processor processor = cpu(1);
  processor.active_power_w = watt;
  processor.power_source = "data sheet";
  return processor;
}

/// 2 W at all times on a clock of its own, and 7 uJ more for each run of 1 ms.
class RunGauge final : public device::Gauge {
 public:
  std::int64_t now_ns() const override { return now_ns_; }
  std::int64_t begin() override {
    begin_uj_ = energy_uj_;
    return now_ns_;
  }
  Energy end() override { return {energy_uj_ - begin_uj_, now_ns_}; }
  void idle(std::int64_t ns) override {
    now_ns_ += ns;
    energy_uj_ += 2e6 * static_cast<double>(ns) * 1e-9;
  }
  void run() {
    idle(1'000'000);
    energy_uj_ += 7.0;
  }

 private:
  std::int64_t now_ns_ = 0;
  double energy_uj_ = 0.0, begin_uj_ = 0.0;
};

}  // namespace

TEST_CASE("the run is measured; layers that do not run alone have their share of it, predicted") {
  MeterInfo info;
  info.name = "simulated";
  info.gives_energy = true;
  info.interval_ms = 1.0;
  auto gauge = std::make_unique<RunGauge>();
  RunGauge& running = *gauge;
  runtime::EnergyMeter meter({}, cpu(1), info, std::move(gauge));
  Profile profile;
  profile.run_ns = {1e6, 0.0, Provenance::measured};
  profile.layers.resize(2);
  profile.layers[0].latency_ns = {6e5, 0.0, Provenance::measured};
  profile.layers[1].latency_ns = {3e5, 0.0, Provenance::measured};
  std::vector<double> progress;
  meter.fill(profile, std::vector<Processor>(2, cpu(1)), [&] { running.run(); }, nullptr, [&](double share) { progress.push_back(share); });
  CHECK(profile.run_energy_uj.value == doctest::Approx(7.0));
  CHECK(profile.run_energy_uj.provenance == Provenance::measured);
  CHECK(profile.energy_source == "simulated");
  CHECK(profile.layers[0].energy_uj.value == doctest::Approx(4.2));
  CHECK(profile.layers[1].energy_uj.value == doctest::Approx(2.1));
  CHECK(profile.layers[0].energy_uj.provenance == Provenance::predicted);
  CHECK(noted(profile, "idle power 2 W before and 2 W after"));
  CHECK(noted(profile, "do not run alone"));
  CHECK(std::is_sorted(progress.begin(), progress.end()));
}

TEST_CASE("a session measures every layer by the meter that is there, and computes the same afterwards") {
  const RecordedTree tree(jetson());
  Session session(network(), with_power(100.0), {.alone_below_us = 0});
  const Tensors inputs = random_inputs(session.graph(), 1), before = session.run(inputs);
  ProfileOptions options = quick(tree);
  std::vector<double> shares;
  options.progress = [&](double share) { shares.push_back(share); };
  const Profile profile = session.profile(options, inputs);
  CHECK(naive::bit_difference(session.run(inputs), before) == "");
  CHECK(profile.energy_source == "ina3221");
  CHECK(profile.run_energy_uj.provenance == Provenance::measured);
  // The board draws no more when it works: above idle that is nothing, within the meter's error.
  CHECK(profile.run_energy_uj.value <= profile.run_energy_uj.spread);
  for (const LayerProfile& layer : profile.layers) CHECK(layer.energy_uj.provenance == Provenance::measured);
  CHECK(noted(profile, "energy by meter 'ina3221' (the board, by its input rail POM_5V_IN"));
  CHECK(noted(profile, "idle power 5.2 W before and 5.2 W after"));
  CHECK(noted(profile, "energy of each layer: repeated alone"));
  CHECK(noted(profile, "not larger than the meter's error"));
  CHECK(std::is_sorted(shares.begin(), shares.end()));
  CHECK(shares.back() == 1.0);
  CHECK(Profile::from_json(profile.to_json()).to_json() == profile.to_json());
}

TEST_CASE("without a usable meter the power model stands in, with the reason") {
  const RecordedTree none;
  const Profile modelled = Session(network(), with_power(2.0)).profile(quick(none));
  CHECK(modelled.energy_source == "data sheet");
  CHECK(modelled.run_energy_uj.value == doctest::Approx(modelled.run_ns.value * 2e-3));
  CHECK(modelled.run_energy_uj.provenance == Provenance::published);
  CHECK(noted(modelled, "energy not measured: this machine has no meter"));
  const Profile unknown = Session(network(), cpu(1)).profile(quick(none));
  CHECK(unknown.run_energy_uj.provenance == Provenance::unknown);
  CHECK(unknown.energy_source.empty());

  RecordedTree::Files files = recorded::kPhone;
  files.emplace_back("sys/class/power_supply/ac/type", "Mains");
  files.emplace_back("sys/class/power_supply/ac/online", "1");
  const RecordedTree charging(files);
  CHECK(noted(Session(network(), cpu(1)).profile(quick(charging)), "you are charging"));
  ProfileOptions options = quick(charging);
  options.energy.meter = "battery";
  CHECK_ERROR(Session(network(), cpu(1)).profile(options), ErrorCode::unsupported, "you are charging");

  const RecordedTree phone(recorded::kPhone);
  options = quick(phone);
  options.energy.max_total_s = 1.0;
  const Profile slow = Session(network(), with_power(2.0)).profile(options);
  CHECK(noted(slow, "meter 'battery' has a new figure every 1500 ms"));
  CHECK(slow.run_energy_uj.provenance == Provenance::published);
}

TEST_CASE("without a meter each layer has the power of the processor that ran it, and the run their mean") {
  const RecordedTree none;
  Processor own = with_power(2.0), other = cpu(2);
  own.name = "own";
  other.name = "other";
  other.active_power_w = 6.0;
  other.power_source = "measured by hand";
  SessionOptions options;
  options.alone_below_us = 0;
  options.assignment.processors = {other};
  options.assignment.layers["dense"] = {"other", "", true};
  const Profile mixed = Session(network(), own, options).profile(quick(none));
  REQUIRE(mixed.layers.size() == 2);
  const LayerProfile &dense = mixed.layers[0], &softmax = mixed.layers[1];
  CHECK(dense.processor == "other");
  CHECK(dense.energy_uj.value == doctest::Approx(dense.latency_ns.value * 6e-3));
  CHECK(dense.energy_uj.provenance == Provenance::measured);
  CHECK(softmax.processor == "");
  CHECK(softmax.energy_uj.value == doctest::Approx(softmax.latency_ns.value * 2e-3));
  CHECK(softmax.energy_uj.provenance == Provenance::published);
  CHECK(mixed.run_energy_uj.value == doctest::Approx(mixed.run_ns.value * mixed.energy_uj().value / mixed.layers_ns().value));
  CHECK(mixed.run_energy_uj.provenance == Provenance::published);
  CHECK(mixed.energy_source == "other: measured by hand; own: data sheet");
  CHECK(noted(mixed, "energy of layers on other is 6 W above idle times the time; the power is measured by hand"));

  options.assignment.processors[0].active_power_w = -1.0;
  const Profile partly = Session(network(), own, options).profile(quick(none));
  CHECK(partly.layers[0].energy_uj.provenance == Provenance::unknown);
  CHECK(partly.layers[1].energy_uj.provenance == Provenance::published);
  CHECK(partly.run_energy_uj.provenance == Provenance::unknown);
  CHECK(noted(partly, "energy of layers on other is not known"));
}

TEST_CASE("networks that run in stages say where their layers ran, and have that energy") {
  const RecordedTree none;
  GraphBuilder b("net");
  const std::string x = b.input("x", DataType::float32, {64, 64});
  b.output(b.node("NonZero", {b.node("Exp", {x}, {}, "exp")}, {}, "nonzero"));
  Processor own = with_power(2.0), other = cpu(2);
  other.name = "other";
  other.active_power_w = 6.0;
  SessionOptions options;
  options.assignment.processors = {other};
  options.assignment.layers["exp"] = {"other", "", true};
  const Profile profile = Session(b.build(), own, options).profile(quick(none));
  REQUIRE(profile.layers.size() == 2);
  CHECK(profile.layers[0].processor == "other");
  CHECK(profile.layers[0].energy_uj.value == doctest::Approx(profile.layers[0].latency_ns.value * 6e-3));
  CHECK(profile.layers[1].processor == "");
  CHECK(profile.layers[1].energy_uj.value == doctest::Approx(profile.layers[1].latency_ns.value * 2e-3));
}

TEST_CASE("a meter that vanishes while it measures leaves the model's figures and a warning") {
  const RecordedTree tree(jetson());
  ProfileOptions options = quick(tree);
  options.progress = [&](double share) {
    if (share > 0.5) tree.remove("sys");
  };
  const Profile profile = Session(network(), with_power(2.0), {.alone_below_us = 0}).profile(options);
  CHECK(noted(profile, "warning: meter 'ina3221' failed: cannot read"));
  CHECK(profile.energy_source == "data sheet");
  for (const LayerProfile& layer : profile.layers) CHECK(layer.energy_uj.provenance == Provenance::published);
}

TEST_CASE("temperature and frequency before and after, with a warning when they became worse") {
  const auto at = [](double celsius, double mhz) { return Conditions{celsius, "pkg", mhz}; };
  CHECK(runtime::condition_notes(at(50, 3000), at(54, 2950)).size() == 1);
  CHECK(runtime::condition_notes(at(50, 3000), at(30, 3500)).size() == 1);
  CHECK(runtime::condition_notes({}, {}).size() == 1);
  CHECK(runtime::condition_notes(at(50, 3000), at(56, 3000)).at(1) == "warning: the processor became warmer, from 50.0 to 56.0 °C");
  CHECK(runtime::condition_notes(at(50, 3000), at(50, 2900)).at(1).find("slower, from 3000 to 2900 MHz") != std::string::npos);

  const RecordedTree tree({{"sys/class/thermal/thermal_zone0/type", "cpu"}, {"sys/class/thermal/thermal_zone0/temp", "45000"},
                           {"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2000000"}});
  ProfileOptions options = quick(tree);
  options.progress = [&](double share) {
    if (share == 1.0) tree.write("sys/class/thermal/thermal_zone0/temp", "61000");
  };
  const Profile profile = Session(network(), cpu(1)).profile(options);
  CHECK(profile.before.temperature_c == 45.0);
  CHECK(profile.after.temperature_c == 61.0);
  CHECK(profile.after.frequency_mhz == 2000.0);
  CHECK(noted(profile, "from 45.0 to 61.0"));
  CHECK(noted(profile, "cache misses not counted"));  // the tree has no threads
}

TEST_CASE("energy options are checked") {
  const RecordedTree tree;
  Session session(network(), cpu(1));
  const auto check = [&](auto&& change, ErrorCode code, const char* part) {
    ProfileOptions options = quick(tree);
    change(options.energy);
    CHECK_ERROR(session.profile(options), code, part);
  };
  check([](EnergyOptions& o) { o.meter = "sundial"; }, ErrorCode::not_found, "sundial");
  check([](EnergyOptions& o) { o.meter = ""; }, ErrorCode::invalid_argument, "meter");
  check([](EnergyOptions& o) { o.precision = 0.0; }, ErrorCode::invalid_argument, "precision");
  check([](EnergyOptions& o) { o.precision = 0.6; }, ErrorCode::invalid_argument, "precision");
  check([](EnergyOptions& o) { o.max_total_s = 0.0; }, ErrorCode::invalid_argument, "max_total_s");
}
