// SPDX-License-Identifier: Apache-2.0
// A calibration with a meter: a counter in a folder of the kernel's files that grows as this process computes.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <time.h>

#include "calibrate/energy_rounds.h"
#include "device/recorded_tree.h"
#include "dnntune/calibrate.h"
#include "dnntune/plan.h"
#include "throws.h"

using namespace dnntune;
using recorded::RecordedTree;

namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// A phone whose cores draw 1 W, and 6 W more for each thread of this process that computes. Its counter is renewed each 40 ms: on a
/// busy machine the thread that counts may be late by some.
class LivePhone {
 public:
  LivePhone() : tree_({{kFolder + "sampling_rate", "25.0"}, {kFolder + "enabled_rails", "CH0[VDD_CPU]:CPU"}}) {
    write(0.0);
    thread_ = std::thread([this] { count(); });
  }
  ~LivePhone() {
    stopping_ = true;
    thread_.join();
  }
  std::string root() const { return tree_.root(); }

 private:
  void write(double uj) const {
    tree_.write(kFolder + "next", "t=1\nCH0(T=1)[VDD_CPU], " + std::to_string(std::llround(uj)));
    std::filesystem::rename(tree_.at(kFolder + "next"), tree_.at(kFolder + "energy_value"));  // nobody reads half of it
  }
  void count() const {
    const double start_s = seconds_of(CLOCK_MONOTONIC), before_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    double most_uj = 0.0;
    while (!stopping_) {
      const double work_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before_s - seconds_of(CLOCK_THREAD_CPUTIME_ID);
      most_uj = std::max(most_uj, 1e6 * (seconds_of(CLOCK_MONOTONIC) - start_s) + 6e6 * work_s);
      write(most_uj);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const std::string kFolder = "sys/bus/iio/devices/iio:device0/";
  RecordedTree tree_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// The budget is for a slow machine; so few networks take seconds.
CalibrateOptions options_for(const std::string& root, int networks = 1) {
  CalibrateOptions options;
  options.budget_s = 80.0;
  options.most_networks = networks;
  options.root = root;
  return options;
}

bool warns(const Calibration& found, const char* part) {
  return std::any_of(found.warnings.begin(), found.warnings.end(), [&](const std::string& warning) { return warning.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("with a meter a calibration learns power, and plans for energy follow") {
  const LivePhone phone;
  const Device device = Device::local();
  Processor processor = device.processor("cpu:all x1");
  processor.active_power_w = 1000.0;  // is not what is measured
  CalibrateOptions options = options_for(phone.root(), 3);
  bool told = false;
  options.progress = [&](double, const std::string& what) { told = told || what.starts_with("energy of "); };
  const Calibration found = calibrate(device, processor, options);
  CHECK(told);
  CHECK(found.meter == "odpm");
  CHECK(found.networks == 3);
  REQUIRE(found.energy_networks > 0);
  CHECK_FALSE(warns(found, "no energy"));
  const StatePower power = found.model.power(1);
  CHECK(power.runs == found.energy_networks);
  CHECK(power.computing_w.value > 0.0);
  CHECK(power.computing_w.value < 60.0);

  const Graph graph = calibration_network(1000);
  const Profile predicted = found.model.predict(graph, processor);
  CHECK(predicted.run_energy_uj.provenance == Provenance::predicted);
  CHECK(predicted.run_energy_uj.value > 0.0);
  CHECK(predicted.run_energy_uj.spread > 0.0);
  CHECK(predicted.run_energy_uj.value < 0.1 * 1000.0e-3 * predicted.run_ns.value);
  PlanRequest request{.graph = graph, .device = {predicted}, .cloud = {predicted}, .link = Link::named("lte"), .minimize = Objective::energy()};
  const Plan plan = make_plan(request);
  CHECK(plan.mobile_only.cost.device_uj.provenance == Provenance::predicted);
  CHECK(plan.mobile_only.cost.device_uj.value > 0.0);
}

TEST_CASE("no meter, none wanted, and one that is not there") {
  const RecordedTree none;
  const Device device = Device::local();
  Processor processor = device.processor("cpu:all x1");
  processor.active_power_w = 3.0;
  processor.power_source = "measured by hand";  // a power that was given teaches nothing
  const Calibration found = calibrate(device, processor, options_for(none.root()));
  CHECK(found.meter.empty());
  CHECK(found.energy_networks == 0);
  CHECK_FALSE(warns(found, "energy"));
  CHECK(found.model.power(1).computing_w.provenance == Provenance::unknown);

  CalibrateOptions options = options_for(none.root());
  options.meter = "rapl";
  CHECK_ERROR(calibrate(device, processor, options), ErrorCode::not_found, "rapl");
  options.meter = "sundial";
  CHECK_ERROR(calibrate(device, processor, options), ErrorCode::not_found, "sundial");
  const RecordedTree phone(recorded::kPhone);
  options = options_for(phone.root());
  options.meter = "model";
  CHECK_FALSE(probes::EnergyRounds(options, {1}).measures());
}

TEST_CASE("a meter that sees nothing of the work, or is too slow for the budget, is warned of") {
  const Device device = Device::local();
  const Processor processor = device.processor("cpu:all x1");
  const RecordedTree phone(recorded::kPhone);
  CalibrateOptions options = options_for(phone.root());
  const Calibration slow = calibrate(device, processor, options);
  CHECK(slow.meter == "battery");
  CHECK(slow.energy_networks == 0);
  CHECK(warns(slow, "no energy by meter 'battery': energy not measured"));
  const RecordedTree board({{"sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/rail_name_0", "POM_5V_IN"},
                            {"sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power0_input", "5200"}});
  options.root = board.root();
  const Calibration blind = calibrate(device, processor, options);
  CHECK(blind.meter == "ina3221");
  CHECK(warns(blind, "not larger than the meter's error"));
  CHECK(blind.model.power(1).computing_w.provenance == Provenance::unknown);
}

TEST_CASE("energy has a third of the budget at most, for the longest networks of each number of threads and state") {
  const RecordedTree rapl(recorded::kRapl), phone(recorded::kPhone);
  CalibrateOptions options;
  options.budget_s = 180.0;
  options.root = rapl.root();
  const probes::EnergyRounds fast(options, {1});
  REQUIRE(fast.measures());
  CHECK(fast.round_s() == 2.0);
  CHECK(fast.reserve_s() == 32.0);
  CHECK(fast.options().meter == "rapl");
  CHECK(fast.options().max_total_s < fast.round_s());
  options.root = phone.root();
  const probes::EnergyRounds slow(options, {1});
  CHECK(slow.round_s() == 60.0);
  CHECK(slow.reserve_s() == 60.0);
  options.budget_s = 3.0;
  CHECK(probes::EnergyRounds(options, {1}).reserve_s() == doctest::Approx(1.0));

  options.root = rapl.root();
  probes::EnergyRounds rounds(options, {1, 4});
  rounds.saw({10, 1, {5e6, 1e6}});
  rounds.saw({11, 1, {2e6, 3e6}});
  rounds.saw({12, 4, {4e6, 9e6}});
  rounds.saw({13, 4, {6e6, 0.0}});
  rounds.saw({14, 4, {1e6, 1e6}});
  for (const std::uint64_t seed : {10, 13, 11, 12, 14}) {
    const auto network = rounds.next();
    REQUIRE(network);
    CHECK(network->seed == seed);
  }
  CHECK_FALSE(rounds.next());
}

TEST_CASE("of several rounds a run keeps the energy of the round that it was fastest in") {
  Profile slow, fast;
  slow.run_ns = {2e6, 0.0, Provenance::measured};
  slow.run_energy_uj = {20.0, 1.0, Provenance::measured};
  fast.run_ns = {1e6, 0.0, Provenance::measured};
  fast.run_energy_uj = {8.0, 1.0, Provenance::measured};
  CHECK(least_of({slow, fast}).run_energy_uj.value == 8.0);
  CHECK(least_of({fast, slow}).run_energy_uj.value == 8.0);
}
