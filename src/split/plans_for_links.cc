// SPDX-License-Identifier: Apache-2.0
// plans_for_links: which cuts are worth to be prepared, for links that nobody knows yet.
#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "dnntune/adaptive.h"
#include "dnntune/error.h"

namespace dnntune {
namespace {

constexpr double kSlowestBps = 1e5, kFastestBps = 1e9, kStep = 2.0;

struct Candidate {
  Plan plan;
  std::vector<double> costs;  ///< One a link.
};

double cost_on(const PlanRequest& request, const Deployment& deployment) {
  const Deployment there = evaluate(request, deployment.tiers);
  return request.minimize.kind() == Objective::Kind::energy ? there.cost.energy_uj().value : there.cost.latency_ns().value;
}

double sum_of_least(const std::vector<double>& least, const Candidate& candidate) {
  double sum = 0.0;
  for (std::size_t i = 0; i < least.size(); ++i) sum += std::min(1.0, candidate.costs[i] / least[i]);
  return sum;
}

}  // namespace

std::vector<Plan> plans_for_links(const PlanRequest& request, int most_cuts) {
  if (most_cuts < 0 || most_cuts > 16) throw Error(ErrorCode::invalid_argument, fmt::format("most_cuts is {}, it must be 0 to 16", most_cuts));
  const Plan base = make_plan(request);
  std::vector<PlanRequest> requests;
  for (double rate = kSlowestBps; rate <= kFastestBps; rate *= kStep) {
    requests.push_back(request);
    requests.back().link.bandwidth_up_bps = rate;
    requests.back().link.bandwidth_down_bps = rate * request.link.bandwidth_down_bps / request.link.bandwidth_up_bps;
  }

  std::vector<Candidate> chosen, cuts;
  const auto add = [&](std::vector<Candidate>& to, const Deployment& deployment) {
    const auto same = [&](const Candidate& known) { return known.plan.chosen.tiers == deployment.tiers; };
    if (!deployment.feasible || std::any_of(to.begin(), to.end(), same)) return;
    Candidate candidate{base, {}};
    candidate.plan.chosen = deployment;
    const auto or_else = [](const std::string& first, const std::string& second) { return first.empty() ? second : first; };
    candidate.plan.device_processor = or_else(deployment.device_processor, base.mobile_only.device_processor);
    candidate.plan.cloud_processor = or_else(deployment.cloud_processor, base.cloud_only.cloud_processor);
    for (const PlanRequest& on_link : requests) candidate.costs.push_back(cost_on(on_link, deployment));
    to.push_back(std::move(candidate));
  };
  add(chosen, base.mobile_only);
  add(chosen, base.cloud_only);
  if (most_cuts > 0)
    for (const PlanRequest& on_link : requests) {
      const Plan plan = make_plan(on_link);
      if (plan.best_split.feasible) add(cuts, evaluate(request, plan.best_split.tiers));
    }

  // Greedily, each time the cut that brings the mean of costs, relative to the best so far, down most.
  std::vector<double> least(requests.size(), std::numeric_limits<double>::infinity());
  const auto take = [&](const Candidate& candidate) {
    for (std::size_t i = 0; i < least.size(); ++i) least[i] = std::min(least[i], candidate.costs[i]);
  };
  for (const Candidate& candidate : chosen) take(candidate);
  for (int i = 0; i < most_cuts && !cuts.empty(); ++i) {
    const auto best = std::min_element(cuts.begin(), cuts.end(), [&](const Candidate& a, const Candidate& b) { return sum_of_least(least, a) < sum_of_least(least, b); });
    constexpr double kWorth = 0.001;  // of the mean over links: less is not worth a prefix's memory
    if (!chosen.empty() && sum_of_least(least, *best) > static_cast<double>(least.size()) * (1.0 - kWorth)) break;
    take(*best);
    chosen.push_back(std::move(*best));
    cuts.erase(best);
  }
  std::vector<Plan> plans;
  for (Candidate& candidate : chosen) plans.push_back(std::move(candidate.plan));
  return plans;
}

}  // namespace dnntune
