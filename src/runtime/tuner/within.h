// SPDX-License-Identifier: Apache-2.0
// The best choice among those that a session can be made with in time.
#pragma once

#include <functional>

#include "runtime/tuner/choose.h"

namespace dnntune::runtime {

/// Nanoseconds of making a session count `weight` each; 0: not at all.
using WeighedProblem = std::function<ChoiceProblem(double weight)>;
/// What a choice, found with this weight, adds to the making of a session; not counted in it before, it may count from now on.
using AddedStart = std::function<double(const Choice& choice, double weight)>;

struct ChoiceWithin {
  Choice choice;         ///< Cost and bound are those of its weighed problem.
  double weight = 0.0;
  double added_ns = 0.0;
};

/// The choice with the least weight that adds no more than `most_ns`, to a few percent of the weight. Where not even a great
/// weight brings one, the choice with that one.
ChoiceWithin choose_within(double most_ns, const WeighedProblem& problem, const AddedStart& added);

}  // namespace dnntune::runtime
