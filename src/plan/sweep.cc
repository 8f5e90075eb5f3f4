// SPDX-License-Identifier: Apache-2.0
// Where the best placement changes along an axis.
#include "plan/sweep.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/enumerator.h"
#include "plan/scenarios.h"

namespace dnntune::plan {
namespace {

[[noreturn]] void refuse_waits() {
  throw Error(ErrorCode::invalid_argument, "a wait through several phases of a radio's tail makes no chain of lines along an axis");
}

/// The objective of one placement along a part of the axis: a line.
struct Line {
  Labelling labelling;
  double at_from = 0.0, at_to = 0.0;
};

class Sweeper {
 public:
  Sweeper(const RouteProblem& problem, const Axis& axis)
      : axis_(axis), original_(problem), from_(problem), to_(problem), here_(problem), effort_(problem.request().most_cuts) {}

  /// Between corners of slow start every placement's objective is a line.
  Sweep run() {
    std::vector<double> corners = original_.stall_corners(axis_);
    std::erase_if(corners, [&](double corner) { return !(corner > axis_.from && corner < axis_.to); });
    corners.push_back(axis_.to);
    std::sort(corners.begin(), corners.end());
    corners.erase(std::unique(corners.begin(), corners.end()), corners.end());
    double from = axis_.from;
    for (const double to : corners) {
      part(from, to);
      from = to;
    }
    return std::move(sweep_);
  }

 private:
  void part(double from, double to) {
    part_from_ = from;
    part_to_ = to;
    set_axis(from_, original_, axis_, from);
    set_axis(to_, original_, axis_, to);
    if (from_.wait_lines() > 1 || to_.wait_lines() > 1) refuse_waits();
    const Line first = best_at(from), last = best_at(to);
    if (sweep_.placements.empty() || first.labelling.stops != current_.stops || first.labelling.used != current_.used) start(first, from);
    between(from, first, to, last);
  }

  void move_to(double where) {
    set_axis(here_, original_, axis_, where);
  }

  Line best_at(double where) {
    move_to(where);
    ScenarioAnswer found = search_scenarios(here_, Domain(here_.labels()), effort_);
    if (!found.answer.best) throw Error(ErrorCode::unsupported, "no placement can run along this route");
    if (!found.answer.proven)
      throw Error(ErrorCode::limit_exceeded, fmt::format("the best placement at {} of the axis is not proven within {} minimum cuts: raise most_cuts", where, effort_));
    Line line{std::move(*found.answer.best), 0.0, 0.0};
    line.at_from = objective(from_, line.labelling);
    line.at_to = objective(to_, line.labelling);
    return line;
  }

  static double objective(const RouteProblem& problem, Labelling labelling) {
    problem.charge(labelling);
    return problem.objective(static_cast<double>(labelling.total[kObjective]));
  }
  double share(double where) const { return part_to_ == part_from_ ? 0.0 : (where - part_from_) / (part_to_ - part_from_); }
  double value(const Line& line, double where) const { return line.at_from + share(where) * (line.at_to - line.at_from); }

  /// `left` is best at `a`, `right` at `b`.
  void between(double a, const Line& left, double b, const Line& right) {
    const double rise_left = left.at_to - left.at_from, rise_right = right.at_to - right.at_from;
    const double scale = std::max({1e-300, std::fabs(left.at_from), std::fabs(left.at_to)});
    if (rise_left - rise_right <= 1e-11 * scale) return;  // one line
    const double crossing = part_from_ + (part_to_ - part_from_) * (right.at_from - left.at_from) / (rise_left - rise_right);
    if (!(crossing > a && crossing < b)) {
      if (crossing <= a) start(right, a);
      return;
    }
    const Line middle = best_at(crossing);
    if (value(middle, crossing) >= value(left, crossing) - 1e-10 * scale) {
      start(right, crossing);
      return;
    }
    between(a, left, crossing, middle);
    between(crossing, middle, b, right);
  }

  /// `line` rules from `where` on; what was to begin there too never does.
  void start(const Line& line, double where) {
    if (!sweep_.placements.empty() && since_ == where) {
      sweep_.placements.pop_back();
    } else if (!sweep_.placements.empty()) {
      sweep_.switches.push_back(where);
    }
    since_ = where;
    move_to(where);
    current_ = line.labelling;
    const Scenario scenario = here_.charge(current_);
    sweep_.placements.push_back(here_.describe(current_, scenario));
  }

  const Axis axis_;
  const RouteProblem& original_;
  RouteProblem from_, to_, here_;
  const int effort_;
  double part_from_ = 0.0, part_to_ = 0.0;
  double since_ = 0.0;  ///< Where the last placement starts.
  Labelling current_;   ///< And what it is.
  Sweep sweep_;
};

}  // namespace

Link link_at(const Link& original, const Axis& axis, double where) {
  Link link = original;
  if (axis.kind == Axis::Kind::slowness) {
    // A radio's power is affine in the rate, so its energy per byte is affine in the slowness.
    link.bandwidth_up_bps = original.bandwidth_up_bps / where;
    link.bandwidth_down_bps = original.bandwidth_down_bps / where;
  } else {
    link.round_trip_s = where;
  }
  return link;
}

void set_axis(RouteProblem& problem, const RouteProblem& original, const Axis& axis, double where) {
  if (axis.kind == Axis::Kind::load) problem.set_load(axis.index, where);
  else problem.set_link(axis.index, link_at(original.request().hops[static_cast<std::size_t>(axis.index)].link, axis, where));
}

void check_axis(const RouteProblem& problem, const Axis& axis) {
  const RouteRequest& r = problem.request();
  const auto refuse = [](const std::string& message) { throw Error(ErrorCode::invalid_argument, message); };
  check_enumerator(axis.kind, Axis::Kind::load, "the kind of an axis");
  const bool load = axis.kind == Axis::Kind::load;
  const std::size_t count = load ? r.stops.size() : r.hops.size();
  if (axis.index < 0 || static_cast<std::size_t>(axis.index) >= count)
    refuse(fmt::format("the axis is about {} {}, the route has {}", load ? "stop" : "hop", axis.index, count));
  if (!load && r.hops[static_cast<std::size_t>(axis.index)].kind != RouteHop::Kind::network) refuse(fmt::format("hop {} is no network hop", axis.index));
  const bool zero_ok = axis.kind != Axis::Kind::slowness;
  if (!std::isfinite(axis.from) || !std::isfinite(axis.to) || axis.from < 0.0 || (!zero_ok && axis.from == 0.0) || axis.to <= axis.from)
    refuse(fmt::format("the axis goes from {} to {}; it must rise and be {}", axis.from, axis.to, zero_ok ? "not negative" : "positive"));
  if (problem.wait_lines() > 1) refuse_waits();
  bool limited = !r.limits.empty() || r.throughput || r.max_device_memory_bytes > 0;
  for (const Stop& stop : r.stops) limited = limited || stop.max_busy_ns > 0.0;
  if (limited) refuse("with limits or for throughput the best placement is no chain of lines along an axis");
}

Sweep sweep(const RouteProblem& problem, const Axis& axis) {
  check_axis(problem, axis);
  return Sweeper(problem, axis).run();
}

}  // namespace dnntune::plan
