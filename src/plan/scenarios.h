// SPDX-License-Identifier: Apache-2.0
// Searches over scenarios: costs that are no sum over layers and crossings, but are one within each scenario.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

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

/// All labellings that no other dominates by the measures, each at its own cost; for one scenario or several. Stalls and waiting
/// rise with the bytes of a way and with the time that the radio waits: no partial labelling is dropped that has less of these. As pareto_front else; also throws
/// invalid_argument where these are too many.
std::vector<std::pair<Labelling, Scenario>> front_of(const RouteProblem& problem, const std::vector<Measure>& measures, double epsilon, std::size_t most_labels);

}  // namespace dnntune::plan
