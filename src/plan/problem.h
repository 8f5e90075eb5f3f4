// SPDX-License-Identifier: Apache-2.0
// A checked PlanRequest with every cost worked out and rounded once: what evaluate() and the minimum cut
// both read, so that they cannot disagree.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/plan.h"
#include "plan/costs.h"
#include "plan/quantum.h"

namespace dnntune::plan {

struct Problem {
  std::vector<std::string> layers;
  std::vector<ValueCosts> values;       ///< Graph inputs, then outputs of layers in layer order.
  std::vector<bool> pinned;             ///< Must stay on the device.
  std::vector<ProcessorCosts> device;
  std::vector<ProcessorCosts> cloud;
  Cost round_trip_ns;
  Cost wait_ns;
  Objective::Kind objective = Objective::Kind::latency;
  Quantum ns{0.0};
  Quantum uj{0.0};
};

/// Throws invalid_argument as make_plan does.
Problem make_problem(const PlanRequest& request);

/// The deployment with the best processor for these tiers.
Deployment evaluate(const Problem& problem, const std::vector<Tier>& tiers);

/// What is minimised, as read off a deployment.
double objective_of(const Problem& problem, const PlanCost& cost) noexcept;

}  // namespace dnntune::plan
