// SPDX-License-Identifier: Apache-2.0
#include "device/meters/adaptive.h"

#include <algorithm>
#include <cmath>

namespace dnntune::device {
namespace {

/// Windows by which the noise of the machine is seen.
constexpr int kWindows = 3;
/// A window that is worse than this says little.
constexpr double kLeastPrecision = 0.25;
constexpr double kClockReads = 20.0;
/// Scatter of a single reading of power.
constexpr double kPowerScatter = 0.1;
constexpr double kLeastReadings = 2.0;
/// After work, clocks and supplies need this long until they are those of an idle machine.
constexpr std::int64_t kSettleNs = 100'000'000;

double interval_ns(const MeterInfo& meter) { return meter.interval_ms * 1e6; }

double median(std::vector<double> values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), half, values.end());
  if (values.size() % 2 == 1) return *half;
  return (*half + *std::max_element(values.begin(), half)) / 2.0;
}

/// The largest error of a window's energy that the meter allows: a counter's readings are up to one interval old and
/// multiples of its step; a power is known in steps only, all through the window.
double meter_error_uj(const Window& window, const MeterInfo& meter) {
  if (!meter.gives_energy) return meter.resolution * window.seconds();
  return window.microwatt() * interval_ns(meter) * 1e-9 + meter.resolution;
}

}  // namespace

std::int64_t window_ns(const MeterInfo& meter, double precision) {
  const double intervals = meter.gives_energy ? 1.0 / precision : std::max(kLeastReadings, (kPowerScatter / precision) * (kPowerScatter / precision));
  return static_cast<std::int64_t>(std::ceil(intervals * interval_ns(meter)));
}

std::int64_t lead_ns(const MeterInfo& meter) { return meter.gives_energy ? 0 : static_cast<std::int64_t>(2.0 * interval_ns(meter)); }

Window measure_runs(Gauge& gauge, std::int64_t least_ns, double run_ns, const std::function<void()>& run) {
  const double fit = static_cast<double>(least_ns) / std::max(run_ns, 1.0);
  const auto batch = static_cast<std::int64_t>(std::clamp(fit / kClockReads, 1.0, 1e6));
  const std::int64_t start_ns = gauge.begin();
  std::int64_t runs = 0;
  do {
    for (std::int64_t i = 0; i < batch; ++i) run();
    runs += batch;
  } while (gauge.now_ns() - start_ns < least_ns);
  const Gauge::Energy energy = gauge.end();
  return {start_ns, energy.end_ns, energy.microjoule, runs};
}

std::vector<Window> measure_work(Gauge& gauge, const MeterInfo& meter, const WindowPlan& plan, double run_ns, const std::function<void()>& run) {
  for (const std::int64_t start = gauge.now_ns(); gauge.now_ns() - start < lead_ns(meter);) run();
  std::vector<Window> windows;
  for (int i = 0; i < plan.count; ++i) windows.push_back(measure_runs(gauge, plan.ns, run_ns, run));
  return windows;
}

Window measure_idle(Gauge& gauge, const MeterInfo& meter, std::int64_t ns) {
  gauge.idle(std::max(kSettleNs, lead_ns(meter)));
  const std::int64_t start_ns = gauge.begin();
  gauge.idle(ns);
  const Gauge::Energy energy = gauge.end();
  return {start_ns, energy.end_ns, energy.microjoule, 0};
}

double IdlePower::microwatt_at(std::int64_t at_ns) const noexcept {
  const double from = static_cast<double>(before.start_ns + before.end_ns) / 2.0, to = static_cast<double>(after.start_ns + after.end_ns) / 2.0;
  if (to <= from) return before.microwatt();
  return before.microwatt() + drift_microwatt() * std::clamp((static_cast<double>(at_ns) - from) / (to - from), 0.0, 1.0);
}

Cost energy_per_run(const std::vector<Window>& windows, const IdlePower& idle, const MeterInfo& meter) {
  // The idle windows' own errors, as power; the larger counts, since the two are weighed by time.
  double idle_error_uw = std::abs(idle.drift_microwatt()) / 2.0, of_idle = 0.0;
  for (const Window* window : {&idle.before, &idle.after})
    if (window->end_ns > window->start_ns) of_idle = std::max(of_idle, meter_error_uj(*window, meter) / window->seconds());
  idle_error_uw += of_idle;
  std::vector<double> energies, errors;
  for (const Window& window : windows) {
    if (window.runs <= 0 || window.end_ns <= window.start_ns) continue;
    const double runs = static_cast<double>(window.runs);
    const double idle_uw = idle.microwatt_at(window.start_ns + (window.end_ns - window.start_ns) / 2);
    energies.push_back((window.energy_uj - idle_uw * window.seconds()) / runs);
    errors.push_back((meter_error_uj(window, meter) + idle_error_uw * window.seconds()) / runs);
  }
  if (energies.empty()) return {};
  const double centre = median(energies);
  std::vector<double> distances;
  for (const double energy : energies) distances.push_back(std::abs(energy - centre));
  const double spread = median(errors) + median(distances);
  return centre >= 0.0 ? Cost{centre, spread, Provenance::measured} : Cost{0.0, std::max(spread, -centre), Provenance::measured};
}

WindowPlan plan_windows(const MeterInfo& meter, double precision, const std::vector<double>& runs_ns, double budget_ns) {
  const std::int64_t wanted = window_ns(meter, precision);
  const std::int64_t least = std::min(wanted, window_ns(meter, kLeastPrecision));
  const double lead = static_cast<double>(lead_ns(meter));
  for (const WindowPlan plan : {WindowPlan{wanted, kWindows}, WindowPlan{wanted, 1}, WindowPlan{least, 1}}) {
    double total_ns = 0.0;
    for (const double run_ns : runs_ns) total_ns += (lead > 0.0 ? std::max(run_ns, lead) : 0.0) + plan.count * std::max(run_ns, static_cast<double>(plan.ns));
    if (total_ns <= budget_ns) return plan;
  }
  return {};
}

}  // namespace dnntune::device
