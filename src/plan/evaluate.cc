// SPDX-License-Identifier: Apache-2.0
// The cost of one assignment: the single cost function of the planner.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/enumerator.h"
#include "plan/problem.h"

namespace dnntune {
namespace plan {
namespace {

/// The layers of one tier on one processor.
struct Side {
  bool empty = true;
  Cost ns = kNothing;
  Cost uj = kNothing;
  std::string processor;
  std::string why;  ///< Why it cannot run; "" when it can.
};

Side add_up(const ProcessorCosts& processor, const std::vector<Tier>& tiers, Tier tier) {
  Side side;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (tiers[i] != tier) continue;
    side.empty = false;
    side.ns = side.ns + processor.layer_ns[i];
    side.uj = side.uj + processor.layer_uj[i];
    if (side.why.empty()) side.why = processor.infeasible[i];
  }
  if (!side.empty) side.processor = processor.name;
  return side;
}

/// The best processor for the layers of `tier`: one that can run them all, then the objective, then the
/// other figure, then the order of the request. The two tiers do not interact, so each chooses alone.
Side best_side(const std::vector<ProcessorCosts>& processors, const std::vector<Tier>& tiers, Tier tier, Objective::Kind objective) {
  const auto rank = [&](const Side& side) {
    const bool energy = objective == Objective::Kind::energy;
    return std::pair(!side.why.empty(), energy ? std::pair(side.uj.value, side.ns.value) : std::pair(side.ns.value, side.uj.value));
  };
  if (processors.empty()) {
    Side side;
    side.empty = std::find(tiers.begin(), tiers.end(), tier) == tiers.end();
    if (side.empty) return side;
    side.ns = side.uj = Cost{};
    side.why = tier == Tier::device ? "no device profile was given" : "no cloud profile was given";
    return side;
  }
  Side best = add_up(processors.front(), tiers, tier);
  for (std::size_t i = 1; i < processors.size() && !best.empty; ++i) {
    Side other = add_up(processors[i], tiers, tier);
    if (rank(other) < rank(best)) best = std::move(other);
  }
  return best;
}

bool any_in_cloud(const std::vector<int>& layers, const std::vector<Tier>& tiers) {
  return std::any_of(layers.begin(), layers.end(), [&](int i) { return tiers[static_cast<std::size_t>(i)] == Tier::cloud; });
}

void check_tiers(const Problem& problem, const std::vector<Tier>& tiers) {
  if (tiers.size() != problem.layers.size())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} tiers were given, the graph has {} layers", tiers.size(), problem.layers.size()));
  for (const ValueCosts& value : problem.values) {
    if (value.producer < 0 || tiers[static_cast<std::size_t>(value.producer)] == Tier::device) continue;
    for (const int consumer : value.consumers)
      if (tiers[static_cast<std::size_t>(consumer)] == Tier::device)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("layer '{}' in the cloud feeds layer '{}' on the device through '{}'; a plan never comes back",
                                problem.layers[static_cast<std::size_t>(value.producer)],
                                problem.layers[static_cast<std::size_t>(consumer)], value.name));
  }
}

/// What goes over the link, into `result`; returns why it cannot, or "".
std::string add_transfers(const Problem& problem, const std::vector<Tier>& tiers, Deployment& result) {
  std::string why;
  PlanCost& cost = result.cost;
  for (const ValueCosts& value : problem.values) {
    const bool made_here = value.producer < 0 || tiers[static_cast<std::size_t>(value.producer)] == Tier::device;
    if (made_here && any_in_cloud(value.consumers, tiers)) {
      result.crossings.push_back(value.crossing);
      cost.bytes_up += value.crossing.bytes;
      cost.upload_ns = cost.upload_ns + value.upload_ns;
      cost.radio_uj = cost.radio_uj + value.upload_uj;
      if (!value.sized && why.empty()) why = fmt::format("value '{}' would cross and its size is not known", value.name);
    }
    if (!made_here && value.is_output) {
      cost.bytes_down += value.bytes_down;
      cost.download_ns = cost.download_ns + value.download_ns;
      cost.radio_uj = cost.radio_uj + value.download_uj;
    }
  }
  return why;
}

}  // namespace

double objective_of(const Problem& problem, const PlanCost& cost) noexcept {
  return problem.objective == Objective::Kind::energy ? cost.energy_uj().value : cost.latency_ns().value;
}

Deployment evaluate(const Problem& problem, const std::vector<Tier>& tiers) {
  check_tiers(problem, tiers);
  const Side here = best_side(problem.device, tiers, Tier::device, problem.objective);
  const Side there = best_side(problem.cloud, tiers, Tier::cloud, problem.objective);
  Deployment result;
  result.name = there.empty ? "mobile-only" : here.empty ? "cloud-only" : "split";
  result.tiers = tiers;
  result.device_processor = here.processor;
  result.cloud_processor = there.processor;
  PlanCost& cost = result.cost;
  cost.device_ns = here.ns;
  cost.device_uj = here.uj;
  cost.cloud_ns = there.ns;
  cost.upload_ns = cost.download_ns = cost.radio_uj = kNothing;
  cost.round_trip_ns = there.empty ? kNothing : problem.round_trip_ns;
  cost.wait_ns = there.empty ? kNothing : problem.wait_ns;
  const std::string transfer_why = add_transfers(problem, tiers, result);

  std::string pin_why;
  for (std::size_t i = 0; i < tiers.size() && pin_why.empty(); ++i)
    if (problem.pinned[i] && tiers[i] == Tier::cloud) pin_why = fmt::format("layer '{}' is pinned to the device", problem.layers[i]);
  for (const std::string& why : {here.why, there.why, pin_why, transfer_why})
    if (result.why.empty()) result.why = why;
  result.feasible = result.why.empty();
  return result;
}

}  // namespace plan

Cost PlanCost::latency_ns() const noexcept { return device_ns + upload_ns + round_trip_ns + wait_ns + cloud_ns + download_ns; }

Cost PlanCost::energy_uj() const noexcept { return device_uj + radio_uj; }

Deployment evaluate(const PlanRequest& request, const std::vector<Tier>& tiers) {
  for (const Tier tier : tiers) plan::check_enumerator(tier, Tier::cloud, "a tier");
  return plan::evaluate(plan::make_problem(request), tiers);
}

}  // namespace dnntune
