// SPDX-License-Identifier: Apache-2.0
// The adaptive method of DNNTune: work that is shorter than the meter's interval is repeated until it fills enough
// intervals for the precision that is wanted; the power of the idle machine, measured before and again after, is
// taken off. Plain arithmetic and one loop: a simulated gauge tests both.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "device/meters/gauge.h"
#include "dnntune/profile.h"

namespace dnntune::device {

/// Some time during which the same work was done again and again, or none.
struct Window {
  std::int64_t start_ns = 0, end_ns = 0;
  double energy_uj = 0.0;
  std::int64_t runs = 0;

  double seconds() const noexcept { return static_cast<double>(end_ns - start_ns) * 1e-9; }
  double microwatt() const noexcept { return end_ns > start_ns ? energy_uj / seconds() : 0.0; }
};

/// How long a window must be so that its energy is known to `precision`, 0.05 for 5 %.
/// A counter is up to one interval old when it is read, so that the difference of two readings is wrong by at most the
/// energy of one interval: 1 / precision intervals. A power is about the work alone once lead_ns() have passed, and its
/// readings are taken to scatter by 10 %: as many as make their mean as precise as wanted.
std::int64_t window_ns(const MeterInfo& meter, double precision);
/// How long a meter of power still tells of what was before: its figure is up to one interval old, and may be the mean
/// of one interval. 0 for one that counts energy.
std::int64_t lead_ns(const MeterInfo& meter);

/// How long windows are and how many of them there are.
struct WindowPlan {
  std::int64_t ns = 0;
  int count = 0;  ///< 0: the time allowed is too short for this meter.
};
/// The best plan for measuring works that take `runs_ns` each within `budget_ns` in all: three windows at the precision
/// wanted, one window, or one at the least precision that says something.
WindowPlan plan_windows(const MeterInfo& meter, double precision, const std::vector<double>& runs_ns, double budget_ns);

/// Calls `run` until the window is `least_ns` long, and once in any case. The clock is read about 20 times a window:
/// `run_ns` is what one call takes, as far as known.
Window measure_runs(Gauge& gauge, std::int64_t least_ns, double run_ns, const std::function<void()>& run);
/// All windows of a plan, after the meter has forgotten what was before.
std::vector<Window> measure_work(Gauge& gauge, const MeterInfo& meter, const WindowPlan& plan, double run_ns, const std::function<void()>& run);
/// The machine without work, once it has settled.
Window measure_idle(Gauge& gauge, const MeterInfo& meter, std::int64_t ns);

/// The power of the idle machine, from a window before the work and one after. In between it is taken to drift evenly.
struct IdlePower {
  Window before, after;

  double microwatt_at(std::int64_t at_ns) const noexcept;
  double drift_microwatt() const noexcept { return after.microwatt() - before.microwatt(); }
};

/// Energy of one run above idle: the median of the windows. The spread is the largest error that the meter's interval,
/// its step and half of the idle power's drift allow, plus the median absolute deviation of the windows.
/// Windows without runs, or none, make an unknown cost. A figure below zero becomes zero with the spread that it has.
Cost energy_per_run(const std::vector<Window>& windows, const IdlePower& idle, const MeterInfo& meter);

}  // namespace dnntune::device
