// SPDX-License-Identifier: Apache-2.0
// Every way to cut a network in two along its layer order, device-only and cloud-only included, and what each should take.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <dnntune/plan.h>

namespace dnntune::live {

struct Cut {
  std::string name;         ///< "cloud-only", "after LAYER", "device-only"; "planned" for a plan that no position in layer order has.
  std::string kind;         ///< "device-only", "cloud-only" or "split".
  std::size_t layers_here = 0;
  std::string crosses;      ///< Names of the values; "" when nothing does.
  std::vector<Tier> tiers;
};

/// All cuts that can run, in layer order, and then each of `plans`' choices that is not among them.
std::vector<Cut> all_cuts(const PlanRequest& request, const std::vector<Plan>& plans);
/// Where `plan`'s choice is among `cuts`; every choice that all_cuts was given is.
std::size_t index_of(const std::vector<Cut>& cuts, const Plan& plan);
/// What each cut should take, in milliseconds: the cost that planning minimises.
std::vector<double> predicted_ms(const PlanRequest& request, const std::vector<Cut>& cuts);
/// The plan with another choice, for a SplitSession.
Plan with_choice(Plan plan, const PlanRequest& request, const Cut& cut);

}  // namespace dnntune::live
