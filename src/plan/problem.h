// SPDX-License-Identifier: Apache-2.0
// A checked PlanRequest with every cost worked out and rounded once: what evaluate() and the minimum cut
// both read, so that they cannot disagree.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/plan.h"
#include "plan/quantum.h"

namespace dnntune::plan {

/// A value between layers, or a graph input or output.
struct ValueCosts {
  std::string name;
  int producer = -1;           ///< Layer; -1 for a graph input, which starts out on the device.
  std::vector<int> consumers;  ///< Layers that read it, each once.
  bool is_output = false;
  /// False when a dimension is not known: then the value may not cross to the cloud, and its download
  /// counts nothing and makes the sum unknown.
  bool sized = true;
  Crossing crossing;           ///< As it goes up.
  Cost upload_ns, upload_uj;
  std::int64_t bytes_down = 0;
  Cost download_ns, download_uj;
};

/// One profile's layers.
struct ProcessorCosts {
  std::string name;
  std::vector<Cost> layer_ns;
  std::vector<Cost> layer_uj;           ///< Zero in the cloud: its energy is not the device's.
  std::vector<std::string> infeasible;  ///< Why the layer cannot run here; "" when it can.
};

struct Problem {
  std::vector<std::string> layers;
  std::vector<ValueCosts> values;       ///< Graph inputs, then outputs of layers in layer order.
  std::vector<bool> pinned;             ///< Must stay on the device.
  std::vector<ProcessorCosts> device;
  std::vector<ProcessorCosts> cloud;
  Cost round_trip_ns;
  Objective::Kind objective = Objective::Kind::latency;
  Quantum ns{0.0};
  Quantum uj{0.0};
};

/// Nothing added yet: the neutral element of Cost's sum.
inline constexpr Cost kNothing{0.0, 0.0, Provenance::measured};

/// Throws invalid_argument as make_plan does.
Problem make_problem(const PlanRequest& request);

/// The deployment with the best processor for these tiers.
Deployment evaluate(const Problem& problem, const std::vector<Tier>& tiers);

/// What is minimised, as read off a deployment.
double objective_of(const Problem& problem, const PlanCost& cost) noexcept;

}  // namespace dnntune::plan
