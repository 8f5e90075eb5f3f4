// SPDX-License-Identifier: Apache-2.0
#include "dnntune/trace_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/problem.h"
#include "plan/trace_candidates.h"
#include "plan/trace_index.h"

namespace dnntune {
namespace plan {
namespace {

using Way = LinkTrace::Way;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// One request's figures.
struct Run {
  double ns = 0.0, uj = 0.0;
};

/// What a deployment asks of a link.
struct Work {
  Deployment deployment;
  double device_s = 0.0, cloud_s = 0.0;  ///< The latter with the queue.
  double bytes_up = 0.0, bytes_down = 0.0, device_uj = 0.0;
  bool in_cloud = false;

  explicit Work(Deployment of) : deployment(std::move(of)) {
    const PlanCost& cost = deployment.cost;
    device_s = cost.device_ns.value * 1e-9;
    cloud_s = (cost.cloud_ns.value + cost.wait_ns.value) * 1e-9;
    bytes_up = static_cast<double>(cost.bytes_up);
    bytes_down = static_cast<double>(cost.bytes_down);
    device_uj = cost.device_uj.value;
    in_cloud = std::find(deployment.tiers.begin(), deployment.tiers.end(), Tier::cloud) != deployment.tiers.end();
  }
};

class TraceRuns {
 public:
  TraceRuns(const LinkTrace& trace, const Radio& radio, const TraceOptions& options, Objective::Kind objective)
      : trace_(trace), index_(trace), radio_(radio), options_(options), energy_(objective == Objective::Kind::energy) {}

  double start_s(int request) const { return (request + 0.5) / options_.starts * trace_.duration_s; }

  Run run(const Work& work, double start_s) const {
    if (!work.in_cloud) return {work.device_s * 1e9, work.device_uj};
    const double send_s = start_s + work.device_s, sent_s = index_.end_s(Way::up, send_s, work.bytes_up);
    if (!std::isfinite(sent_s)) return {kInfinite, kInfinite};
    const double answer_s = sent_s + index_.at(start_s).round_trip_s + work.cloud_s;
    const double end_s = index_.end_s(Way::down, answer_s, work.bytes_down);
    return {(end_s - start_s) * 1e9, work.device_uj + radio_uj(work, sent_s - send_s, end_s - answer_s)};
  }

  /// As make_plan sees the link of the moment.
  double expected(const Work& work, double start_s) const {
    if (!work.in_cloud) return energy_ ? work.device_uj : work.device_s;
    const TracePoint& now = index_.at(start_s);
    const double up_s = work.bytes_up > 0.0 ? work.bytes_up * 8.0 / now.bandwidth_up_bps : 0.0;
    const double down_s = work.bytes_down > 0.0 ? work.bytes_down * 8.0 / now.bandwidth_down_bps : 0.0;
    return energy_ ? work.device_uj + radio_uj(work, up_s, down_s) : work.device_s + up_s + now.round_trip_s + work.cloud_s + down_s;
  }

  double objective_of(const Run& run) const noexcept { return energy_ ? run.uj : run.ns; }

  TraceFigures figures(const std::vector<Run>& runs, bool energy_known) const {
    TraceFigures figures;
    figures.latency_ns = spread(runs, &Run::ns);
    figures.energy_known = energy_known;
    if (energy_known) figures.energy_uj = spread(runs, &Run::uj);
    figures.objective = objective(runs);
    return figures;
  }
  double objective(const std::vector<Run>& runs) const {
    std::vector<double> values;
    for (const Run& run : runs) values.push_back(objective_of(run));
    return options_.percentile > 0.0 ? quantile(values, options_.percentile) : mean(values);
  }

 private:
  double radio_uj(const Work& work, double up_s, double down_s) const noexcept {
    return radio_.up_alpha_w_per_mbps * work.bytes_up * 8.0 + radio_.down_alpha_w_per_mbps * work.bytes_down * 8.0 + radio_.beta_w * (up_s + down_s) * 1e6;
  }
  static double mean(const std::vector<double>& values) {
    double sum = 0.0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  }
  /// The least that a share `p` of the values does not exceed.
  static double quantile(std::vector<double>& values, double p) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(p * static_cast<double>(values.size()) - 1e-9))) - 1;
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(std::min(rank, values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return *place;
  }
  static TraceSpread spread(const std::vector<Run>& runs, double Run::*figure) {
    std::vector<double> values;
    for (const Run& run : runs) values.push_back(run.*figure);
    return {mean(values), quantile(values, 0.5), quantile(values, 0.9), *std::max_element(values.begin(), values.end())};
  }

  const LinkTrace& trace_;
  const TraceIndex index_;
  const Radio& radio_;
  const TraceOptions& options_;
  const bool energy_;
};

void check(const TraceOptions& options) {
  constexpr int kMostStarts = 1'000'000;
  if (options.starts < 1 || options.starts > kMostStarts)
    throw Error(ErrorCode::invalid_argument, fmt::format("TraceOptions: starts is {}, it must be 1 to {}", options.starts, kMostStarts));
  if (!(options.percentile >= 0.0 && options.percentile < 1.0))
    throw Error(ErrorCode::invalid_argument, fmt::format("TraceOptions: percentile is {}, it must be 0 (the mean) or between 0 and 1", options.percentile));
}

/// In the mean over time.
Link mean_link(const LinkTrace& trace, const Radio& otherwise) {
  const TraceIndex index(trace);
  Link link{.name = trace.name, .radio = trace.radio.name.empty() ? otherwise : trace.radio, .source = trace.source};
  link.bandwidth_up_bps = index.round_bits(Way::up) / trace.duration_s;
  link.bandwidth_down_bps = index.round_bits(Way::down) / trace.duration_s;
  for (std::size_t i = 0; i < trace.points.size(); ++i)
    link.round_trip_s += trace.points[i].round_trip_s * ((i + 1 < trace.points.size() ? trace.points[i + 1].time_s : trace.duration_s) - trace.points[i].time_s) / trace.duration_s;
  for (const auto& [way, bps] : {std::pair("up", link.bandwidth_up_bps), std::pair("down", link.bandwidth_down_bps)})
    if (bps <= 0.0) throw Error(ErrorCode::invalid_argument, fmt::format("trace '{}' never carries anything {}: plan without a cloud", trace.name, way));
  return link;
}

/// Least and greatest rate of the trace, relative to its mean; outages aside.
std::pair<double, double> reach(const LinkTrace& trace, const Link& mean) {
  std::pair<double, double> factors{1.0, 1.0};
  for (const TracePoint& point : trace.points)
    for (const double factor : {point.bandwidth_up_bps / mean.bandwidth_up_bps, point.bandwidth_down_bps / mean.bandwidth_down_bps})
      if (factor > 0.0) factors = {std::min(factors.first, factor), std::max(factors.second, factor)};
  return factors;
}

}  // namespace
}  // namespace plan

TracePlan plan_for_trace(const PlanRequest& given, const LinkTrace& trace, const TraceOptions& options) {
  plan::check(options);
  trace.check();
  PlanRequest request = given;
  request.link = plan::mean_link(trace, given.link.radio);
  TracePlan result;
  result.trace = trace.name;
  result.duration_s = trace.duration_s;
  result.starts = options.starts;
  result.percentile = options.percentile;
  result.plan = make_plan(request);  // refuses what cannot be planned
  const plan::Problem problem = plan::make_problem(request);
  const auto [slowest, fastest] = plan::reach(trace, request.link);
  plan::Candidates candidates = plan::trace_candidates(request, problem, slowest, fastest, options.most_labels);
  result.proven = candidates.complete && problem.objective == Objective::Kind::latency;

  // Among equals the one that needs the network least comes first.
  std::vector<plan::Work> works;
  const auto add = [&](Deployment deployment) {
    const bool known = std::any_of(works.begin(), works.end(), [&](const plan::Work& work) { return work.deployment.tiers == deployment.tiers; });
    if (deployment.feasible && !known) works.emplace_back(std::move(deployment));
  };
  add(result.plan.mobile_only);
  add(result.plan.best_split);
  for (const std::vector<Tier>& tiers : candidates.tiers) add(plan::evaluate(problem, tiers));
  add(result.plan.cloud_only);
  result.candidates = works.size();

  const plan::TraceRuns runs(trace, request.link.radio, options, problem.objective);
  std::vector<plan::Run> best_runs(static_cast<std::size_t>(options.starts), {plan::kInfinite, plan::kInfinite}), replanned_runs;
  std::optional<std::size_t> chosen, split;
  const bool radio_known = !request.link.radio.name.empty();
  const auto energy_known = [&](const plan::Work& work) { return work.deployment.cost.device_uj.provenance != Provenance::unknown && (radio_known || !work.in_cloud); };
  const bool all_known = std::all_of(works.begin(), works.end(), energy_known);
  std::vector<double> objectives;
  for (std::size_t w = 0; w < works.size(); ++w) {
    std::vector<plan::Run> each;
    for (int i = 0; i < options.starts; ++i) {
      each.push_back(runs.run(works[w], runs.start_s(i)));
      plan::Run& best = best_runs[static_cast<std::size_t>(i)];
      if (runs.objective_of(each.back()) < runs.objective_of(best)) best = each.back();
    }
    objectives.push_back(runs.objective(each));
    const std::string& name = works[w].deployment.name;
    const bool leads = !chosen || objectives[w] < objectives[*chosen], leads_splits = name == "split" && (!split || objectives[w] < objectives[*split]);
    if (!leads && !leads_splits && name == "split") continue;
    const TraceFigures figures = runs.figures(each, energy_known(works[w]));
    if (leads) chosen = w, result.chosen = figures;
    if (leads_splits) split = w, result.best_split = figures;
    if (name == "mobile-only") result.mobile_only = figures;
    if (name == "cloud-only") result.cloud_only = figures;
  }
  std::set<std::size_t> used;
  for (int i = 0; i < options.starts; ++i) {
    std::size_t least = 0;
    double expected = plan::kInfinite;
    for (std::size_t w = 0; w < works.size(); ++w)
      if (const double value = runs.expected(works[w], runs.start_s(i)); value < expected) least = w, expected = value;
    used.insert(least);
    replanned_runs.push_back(runs.run(works[least], runs.start_s(i)));
  }
  result.replanned = runs.figures(replanned_runs, all_known);
  result.clairvoyant = runs.figures(best_runs, all_known);
  result.replanned_deployments = static_cast<int>(used.size());

  if (split) result.plan.best_split = works[*split].deployment;
  result.plan.chosen = works[*chosen].deployment;
  const auto or_else = [](const std::string& first, const std::string& second) { return first.empty() ? second : first; };
  result.plan.device_processor = or_else(result.plan.chosen.device_processor, result.plan.mobile_only.device_processor);
  result.plan.cloud_processor = or_else(result.plan.chosen.cloud_processor, result.plan.cloud_only.cloud_processor);
  return result;
}

}  // namespace dnntune
