// SPDX-License-Identifier: Apache-2.0
// The adaptive method on a simulated meter, whose truth is known: figures in steps and at intervals, with noise and
// a drifting idle power, on a clock of its own.
#include <cmath>
#include <cstdint>
#include <random>

#include <doctest/doctest.h>

#include "device/meters/adaptive.h"
#include "dnntune/error.h"
#include "device/recorded_tree.h"
#include "throws.h"

using namespace dnntune;
using namespace dnntune::device;

namespace {

/// A machine that draws an idle power, which drifts, and more while it works; and a meter on it that renews its figure
/// at each interval: the energy so far, or the mean power of the interval that ended.
class SimulatedGauge final : public Gauge {
 public:
  double idle_w = 3.0, drift_w_per_s = 0.0, work_w = 0.0, noise = 0.0;

  explicit SimulatedGauge(const MeterInfo& info, std::uint32_t seed = 1) : info_(info), random_(seed) {
    interval_ns_ = static_cast<std::int64_t>(info.interval_ms * 1e6);
    next_ns_ = static_cast<std::int64_t>(static_cast<double>(interval_ns_) * std::uniform_real_distribution<>(0.1, 1.0)(random_));
    pass(3 * interval_ns_, idle_w);
  }

  std::int64_t now_ns() const override { return now_ns_; }
  std::int64_t begin() override {
    integral_ = {};
    begin_uj_ = shown_;
    sampling_ = true;
    integral_.add(now_ns_, shown_);
    return now_ns_;
  }
  Energy end() override {
    sampling_ = false;
    integral_.add(now_ns_, shown_);
    return {info_.gives_energy ? shown_ - begin_uj_ : integral_.microjoule(), now_ns_};
  }
  void idle(std::int64_t ns) override { pass(ns, 0.0); }

  /// Work of so long, at work_w above idle.
  void work(std::int64_t ns) { pass(ns, work_w); }

 private:
  void pass(std::int64_t ns, double above_w) {
    while (ns > 0) {
      const std::int64_t step = std::min(ns, next_ns_ - now_ns_);
      const double watt = idle_w + drift_w_per_s * static_cast<double>(now_ns_) * 1e-9 + above_w;
      true_uj_ += watt * 1e6 * static_cast<double>(step) * 1e-9;
      now_ns_ += step;
      ns -= step;
      if (now_ns_ == next_ns_) renew();
    }
  }
  void renew() {
    const double mean_uw = (true_uj_ - last_uj_) / (static_cast<double>(interval_ns_) * 1e-9);
    last_uj_ = true_uj_;
    next_ns_ += interval_ns_;
    const double exact = info_.gives_energy ? true_uj_ : mean_uw * (1.0 + noise * std::normal_distribution<>()(random_));
    shown_ = info_.resolution > 0.0 ? std::floor(exact / info_.resolution) * info_.resolution : exact;
    if (sampling_) integral_.add(now_ns_, shown_);
  }

  MeterInfo info_;
  std::mt19937 random_;
  std::int64_t interval_ns_ = 0, now_ns_ = 0, next_ns_ = 0;
  double true_uj_ = 0.0, last_uj_ = 0.0, shown_ = 0.0, begin_uj_ = 0.0;
  bool sampling_ = false;
  PowerIntegral integral_;
};

MeterInfo counter(double interval_ms, double resolution_uj) {
  MeterInfo info;
  info.gives_energy = true;
  info.interval_ms = interval_ms;
  info.resolution = resolution_uj;
  return info;
}

MeterInfo power(double interval_ms, double resolution_uw) {
  MeterInfo info = counter(interval_ms, resolution_uw);
  info.gives_energy = false;
  return info;
}

/// The whole method for one work.
Cost measure(SimulatedGauge& gauge, const MeterInfo& info, double precision, std::int64_t run_ns) {
  const auto idle_ns = std::max<std::int64_t>(window_ns(info, precision), 300'000'000);
  IdlePower idle;
  idle.before = measure_idle(gauge, info, idle_ns);
  const WindowPlan plan = plan_windows(info, precision, {static_cast<double>(run_ns)}, 1e15);
  const std::vector<Window> windows = measure_work(gauge, info, plan, static_cast<double>(run_ns), [&] { gauge.work(run_ns); });
  idle.after = measure_idle(gauge, info, idle_ns);
  return energy_per_run(windows, idle, info);
}

}  // namespace

TEST_CASE("window lengths follow from interval and precision") {
  CHECK(window_ns(counter(1.0, 61.0), 0.05) == 20'000'000);
  CHECK(window_ns(counter(50.0, 1.0), 0.1) == 500'000'000);
  CHECK(window_ns(power(100.0, 1.0), 0.05) == 400'000'000);   // 4 readings of 10 % scatter
  CHECK(window_ns(power(100.0, 1.0), 0.5) == 200'000'000);    // 2 at least
  CHECK(lead_ns(counter(100.0, 1.0)) == 0);
  CHECK(lead_ns(power(100.0, 1.0)) == 200'000'000);
}

TEST_CASE("plans fit the time allowed, and say when nothing does") {
  const MeterInfo info = counter(10.0, 1.0);  // 200 ms for 5 %, 40 ms for 25 %
  CHECK(plan_windows(info, 0.05, {1e6, 1e6}, 1.2e9).count == 3);
  CHECK(plan_windows(info, 0.05, {1e6, 1e6}, 1.1e9).count == 1);
  CHECK(plan_windows(info, 0.05, {1e6, 1e6}, 1.1e9).ns == 200'000'000);
  CHECK(plan_windows(info, 0.05, {1e6, 1e6}, 0.3e9).ns == 40'000'000);
  CHECK(plan_windows(info, 0.05, {1e6, 1e6}, 0.05e9).count == 0);
  CHECK(plan_windows(info, 0.05, {500e6}, 0.6e9).count == 1);  // a long run is its own window
  CHECK(plan_windows(info, 0.05, {500e6}, 0.4e9).count == 0);
  CHECK(plan_windows(info, 0.05, {}, 1.0).count == 3);
}

TEST_CASE("work is repeated until the window is full, long work runs once") {
  const MeterInfo info = counter(1.0, 0.0);
  SimulatedGauge gauge(info);
  const Window filled = measure_runs(gauge, 20'000'000, 3000.0, [&] { gauge.work(3000); });
  CHECK(filled.runs * 3000 >= 20'000'000);
  CHECK(filled.runs * 3000 < 22'000'000);
  CHECK(filled.end_ns - filled.start_ns == filled.runs * 3000);
  const Window once = measure_runs(gauge, 20'000'000, 1e9, [&] { gauge.work(1'000'000'000); });
  CHECK(once.runs == 1);
}

TEST_CASE("counters: the estimate is within the stated precision of the truth and within its own spread") {
  for (const double interval_ms : {1.0, 8.0, 50.0})
    for (const std::int64_t run_ns : {std::int64_t{2'000}, std::int64_t{5'000'000}, std::int64_t{700'000'000}})
      for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        const MeterInfo info = counter(interval_ms, 61.0);
        SimulatedGauge gauge(info, seed);
        gauge.work_w = 5.0;
        const double truth = 5.0 * 1e6 * static_cast<double>(run_ns) * 1e-9;
        const Cost cost = measure(gauge, info, 0.05, run_ns);
        CAPTURE(interval_ms);
        CAPTURE(run_ns);
        CAPTURE(seed);
        CHECK(cost.provenance == Provenance::measured);
        CHECK(std::abs(cost.value - truth) <= cost.spread);
        // 5 % of the 8 W drawn, and of the 3 W of idle that is taken off, are 11 % of the 5 W above it.
        CHECK(std::abs(cost.value - truth) <= 0.11 * truth);
      }
}

TEST_CASE("a finer precision gives a closer estimate") {
  double coarse = 0.0, fine = 0.0;
  for (std::uint32_t seed = 1; seed <= 30; ++seed)
    for (const double precision : {0.2, 0.005}) {
      const MeterInfo info = counter(10.0, 0.0);
      SimulatedGauge gauge(info, seed);
      gauge.work_w = 2.0;
      const Cost cost = measure(gauge, info, precision, 1'234'567);
      (precision > 0.1 ? coarse : fine) = std::max(precision > 0.1 ? coarse : fine, std::abs(cost.value / (2.0 * 1234.567) - 1.0));
    }
  CHECK(fine < 0.0125);  // 0.5 % of 5 W and 3 W, of 2 W above idle, is 2 %; idle windows are long
  CHECK(coarse > fine);
}

TEST_CASE("an idle power that drifts is taken off as it drifts") {
  for (const double drift : {-0.2, 0.2, 1.0}) {
    const MeterInfo info = counter(1.0, 0.0);
    SimulatedGauge gauge(info, 3);
    gauge.work_w = 4.0;
    gauge.drift_w_per_s = drift;
    const Cost cost = measure(gauge, info, 0.01, 10'000'000);
    const double truth = 4.0 * 1e6 * 0.01;
    CAPTURE(drift);
    CHECK(std::abs(cost.value - truth) <= cost.spread);
    CHECK(std::abs(cost.value - truth) <= 0.03 * truth);
    // And the spread says that idle was not steady: half the drift between the two windows' middles, 0.7 s.
    CHECK(cost.spread >= std::abs(drift) * 0.69 / 2.0 * 1e6 * 0.01);
  }
}

TEST_CASE("powers: what was before the work is not counted, noise is averaged") {
  for (const double noise : {0.0, 0.1})
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
      const MeterInfo info = power(100.0, 1000.0);
      SimulatedGauge gauge(info, seed);
      gauge.work_w = 6.0;
      gauge.noise = noise;
      const double truth = 6.0 * 1e6 * 0.003;
      const Cost cost = measure(gauge, info, 0.02, 3'000'000);
      CAPTURE(noise);
      CAPTURE(seed);
      if (noise == 0.0) CHECK(std::abs(cost.value - truth) <= cost.spread + 1e-3 * truth);
      // 25 readings of 10 % scatter are 2 % of 9 W, three windows' median less; four such deviations.
      CHECK(std::abs(cost.value - truth) <= (noise == 0.0 ? 0.01 : 4 * 0.02 * 9.0 / 6.0) * truth);
    }
}

TEST_CASE("work that draws nothing gives zero with a spread, never less") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const MeterInfo info = counter(10.0, 61.0);
    SimulatedGauge gauge(info, seed);
    gauge.work_w = 0.0;
    const Cost cost = measure(gauge, info, 0.1, 1'000'000);
    CHECK(cost.value >= 0.0);
    CHECK(cost.spread >= cost.value);
    CHECK(cost.spread > 0.0);
  }
  CHECK(energy_per_run({}, {}, counter(1.0, 1.0)).provenance == Provenance::unknown);
  CHECK(energy_per_run({{0, 0, 5.0, 0}}, {}, counter(1.0, 1.0)).provenance == Provenance::unknown);
}

TEST_CASE("gauge: a power file is sampled by a thread that ends") {
  const recorded::RecordedTree tree(recorded::kPhone);
  FoundMeter found = pick_meter(tree.tree(), "battery");
  REQUIRE(found.meter != nullptr);
  found.info.interval_ms = 4.0;
  MeterGauge gauge(std::move(found));
  const std::int64_t start = gauge.begin();
  gauge.idle(50'000'000);
  const Gauge::Energy energy = gauge.end();
  CHECK(energy.end_ns - start >= 50'000'000);
  CHECK(energy.microjoule == doctest::Approx(1.9e6 * static_cast<double>(energy.end_ns - start) * 1e-9));

  gauge.begin();  // a file that vanishes meanwhile
  tree.remove("sys/class/power_supply/battery");
  gauge.idle(50'000'000);
  CHECK_ERROR(gauge.end(), ErrorCode::io, "battery/status");
  CHECK_ERROR(gauge.begin(), ErrorCode::io, "battery/status");
  tree.write(recorded::kPhone);
  gauge.begin();  // ... and is destroyed while its thread runs
}

TEST_CASE("gauge: a counter that was set back is no energy") {
  const recorded::RecordedTree tree(recorded::kRapl);
  MeterGauge gauge(pick_meter(tree.tree(), "rapl"));
  gauge.begin();
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "1000700");
  CHECK(gauge.end().microjoule == doctest::Approx(700.0));
  gauge.begin();
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "0");  // looks like a wrap of 262 kJ
  CHECK_ERROR(gauge.end(), ErrorCode::io, "cannot be");
}
