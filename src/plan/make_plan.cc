// SPDX-License-Identifier: Apache-2.0
// make_plan: the three deployments, and the best of them.
#include <optional>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/closure_cut.h"
#include "plan/problem.h"

namespace dnntune {
namespace plan {
namespace {

/// The costs of the objective under one pair of processors. The round trip and the wait are left out: every split
/// pays them once.
ClosureProblem closure_problem(const Problem& problem, const ProcessorCosts& device, const ProcessorCosts& cloud) {
  const bool energy = problem.objective == Objective::Kind::energy;
  const auto units = [&](const Cost& ns, const Cost& uj) { return energy ? problem.uj.units(uj.value) : problem.ns.units(ns.value); };
  ClosureProblem result;
  for (std::size_t i = 0; i < problem.layers.size(); ++i) {
    const bool here = device.infeasible[i].empty();
    const bool there = cloud.infeasible[i].empty() && !problem.pinned[i];
    result.device.push_back(here ? units(device.layer_ns[i], device.layer_uj[i]) : ClosureProblem::kImpossible);
    result.cloud.push_back(there ? units(cloud.layer_ns[i], cloud.layer_uj[i]) : ClosureProblem::kImpossible);
  }
  for (const ValueCosts& value : problem.values) {
    result.values.push_back({value.producer, value.consumers});
    result.upload.push_back(value.sized ? units(value.upload_ns, value.upload_uj) : ClosureProblem::kImpossible);
    if (value.producer < 0 || !value.is_output) continue;
    std::int64_t& in_cloud = result.cloud[static_cast<std::size_t>(value.producer)];
    if (in_cloud != ClosureProblem::kImpossible) in_cloud += units(value.download_ns, value.download_uj);
  }
  return result;
}

Deployment find_split(const Problem& problem, bool saturated) {
  std::optional<Deployment> best;
  std::optional<Elimination> elimination;  // of all pairs
  for (const ProcessorCosts& device : problem.device) {
    for (const ProcessorCosts& cloud : problem.cloud) {
      ClosureProblem closure = closure_problem(problem, device, cloud);
      if (&device == &problem.device.front() && &cloud == &problem.cloud.front()) elimination = Elimination::of(closure_shape(closure));
      closure.elimination = elimination ? &*elimination : nullptr;
      const auto tiers = best_split(closure);
      if (!tiers) continue;
      Deployment found = evaluate(problem, *tiers);
      if (!best || objective_of(problem, found.cost) < objective_of(problem, best->cost)) best = std::move(found);
    }
  }
  if (best) return *best;
  Deployment none;
  none.name = "split";
  none.feasible = false;
  none.why = problem.layers.size() < 2 ? "the network has one layer"
             : problem.cloud.empty()   ? "no cloud profile was given"
             : problem.device.empty()  ? "no device profile was given"
             : saturated               ? problem.cloud.front().infeasible.front()
                                       : "no division has layers on both sides and each where it can run";
  return none;
}

}  // namespace
}  // namespace plan

Plan make_plan(const PlanRequest& request) {
  const plan::Problem problem = plan::make_problem(request);
  Plan result;
  result.model = request.graph.name();
  result.model_hash = request.graph.hash();
  result.layers = problem.layers;
  result.objective = problem.objective;
  result.link = request.link;
  result.cloud_wait = request.cloud_wait;
  result.mobile_only = plan::evaluate(problem, std::vector<Tier>(problem.layers.size(), Tier::device));
  result.cloud_only = plan::evaluate(problem, std::vector<Tier>(problem.layers.size(), Tier::cloud));
  result.best_split = plan::find_split(problem, request.cloud_wait.saturated);

  // Among equals the one that needs the network least comes first.
  const Deployment* chosen = nullptr;
  for (const Deployment* d : {&result.mobile_only, &result.best_split, &result.cloud_only})
    if (d->feasible && (!chosen || plan::objective_of(problem, d->cost) < plan::objective_of(problem, chosen->cost))) chosen = d;
  if (!chosen)
    throw Error(ErrorCode::unsupported, fmt::format("no deployment of '{}' can run: mobile-only: {}; cloud-only: {}; split: {}",
                                                    result.model, result.mobile_only.why, result.cloud_only.why, result.best_split.why));
  result.chosen = *chosen;
  const auto or_else = [](const std::string& first, const std::string& second) { return first.empty() ? second : first; };
  result.device_processor = or_else(chosen->device_processor, result.mobile_only.device_processor);
  result.cloud_processor = or_else(chosen->cloud_processor, result.cloud_only.cloud_processor);
  return result;
}

}  // namespace dnntune
