// SPDX-License-Identifier: Apache-2.0
// All labellings that no other dominates, in whole numbers.
#pragma once

#include <cstddef>
#include <vector>

#include "plan/label_problem.h"

namespace dnntune::plan {

/// By the figures given, and by those of `exactly`, for which epsilon is 0; within the problem's limits on sums, its other limits are left aside. Every labelling within the limits is
/// at most (1 + epsilon) times better than one of the answer's, by each figure. Sorted by the figures in their order.
/// Throws limit_exceeded above `most_labels` partial labellings.
std::vector<Labelling> pareto_front(const LabelProblem& problem, const std::vector<std::size_t>& figures, double epsilon, std::size_t most_labels,
                                   const std::vector<std::size_t>& exactly = {});

}  // namespace dnntune::plan
