// SPDX-License-Identifier: Apache-2.0
// Planner::sweep and what it moves.
#pragma once

#include "dnntune/route.h"
#include "plan/route_problem.h"

namespace dnntune::plan {

Link link_at(const Link& original, const Axis& axis, double where);
/// Moves `problem` to `where` on the axis, counted from `original`.
void set_axis(RouteProblem& problem, const RouteProblem& original, const Axis& axis, double where);
/// Throws invalid_argument as Planner::sweep does.
void check_axis(const RouteProblem& problem, const Axis& axis);
Sweep sweep(const RouteProblem& problem, const Axis& axis);

}  // namespace dnntune::plan
