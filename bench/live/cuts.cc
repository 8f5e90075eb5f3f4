// SPDX-License-Identifier: Apache-2.0
#include "live/cuts.h"

#include <algorithm>

#include <dnntune/error.h>
#include <fmt/format.h>

namespace dnntune::live {
namespace {

Cut cut_of(const Graph& graph, const Deployment& deployment) {
  Cut cut;
  cut.tiers = deployment.tiers;
  cut.layers_here = static_cast<std::size_t>(std::count(cut.tiers.begin(), cut.tiers.end(), Tier::device));
  const bool in_order = std::is_sorted(cut.tiers.begin(), cut.tiers.end());
  cut.kind = cut.layers_here == 0 ? "cloud-only" : cut.layers_here == cut.tiers.size() ? "device-only" : "split";
  cut.name = cut.kind != "split" ? cut.kind : in_order ? "after " + graph.layers()[cut.layers_here - 1].name : "planned";
  for (const Crossing& crossing : deployment.crossings) cut.crosses += (cut.crosses.empty() ? "" : " ") + crossing.value;
  return cut;
}

bool contains(const std::vector<Cut>& cuts, const std::vector<Tier>& tiers) {
  return std::any_of(cuts.begin(), cuts.end(), [&](const Cut& cut) { return cut.tiers == tiers; });
}

}  // namespace

std::vector<Cut> all_cuts(const PlanRequest& request, const std::vector<Plan>& plans) {
  std::vector<Cut> cuts;
  for (const CutPoint& point : request.graph.cut_points()) {
    std::vector<Tier> tiers(request.graph.layers().size(), Tier::cloud);
    std::fill_n(tiers.begin(), point.position, Tier::device);
    const Deployment deployment = evaluate(request, tiers);
    if (deployment.feasible) cuts.push_back(cut_of(request.graph, deployment));
  }
  for (const Plan& plan : plans)
    if (!contains(cuts, plan.chosen.tiers)) cuts.push_back(cut_of(request.graph, plan.chosen));
  return cuts;
}

std::size_t index_of(const std::vector<Cut>& cuts, const Plan& plan) {
  const auto at = std::find_if(cuts.begin(), cuts.end(), [&](const Cut& cut) { return cut.tiers == plan.chosen.tiers; });
  if (at == cuts.end()) throw Error(ErrorCode::not_found, fmt::format("the plan of {} chose none of {} cuts", plan.model, cuts.size()));
  return static_cast<std::size_t>(at - cuts.begin());
}

std::vector<double> predicted_ms(const PlanRequest& request, const std::vector<Cut>& cuts) {
  std::vector<double> times;
  for (const Cut& cut : cuts) times.push_back(evaluate(request, cut.tiers).cost.latency_ns().value * 1e-6);
  return times;
}

Plan with_choice(Plan plan, const PlanRequest& request, const Cut& cut) {
  plan.chosen = evaluate(request, cut.tiers);
  return plan;
}

}  // namespace dnntune::live
