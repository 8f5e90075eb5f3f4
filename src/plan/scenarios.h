// SPDX-License-Identifier: Apache-2.0
// Searches over scenarios: costs that are no sum over layers and crossings, but are one within each scenario.
#pragma once

#include "plan/route_problem.h"

namespace dnntune::plan {

struct ScenarioAnswer {
  SearchAnswer answer;  ///< Sums of the best are those of `scenario`, which holds for it.
  Scenario scenario;
};

/// The best labelling of `domain` within the limits. A radio's waiting costs the least of a few lines, so the best is the best
/// of one search a line. Slow start is a staircase over the bytes that cross: a search charges the lowest step that is still
/// open and, where its answer takes a higher one, is split in two: at most the bytes of the steps below, or charged that step.
/// Exact when proven.
ScenarioAnswer search_scenarios(const RouteProblem& problem, const Domain& domain, int most_cuts);

}  // namespace dnntune::plan
