// SPDX-License-Identifier: Apache-2.0
#include "runtime/tuner/within.h"

#include <cmath>
#include <utility>

namespace dnntune::runtime {
namespace {

/// A start of 1 ms for a run that is 1 ns faster is not asked for; one of 1 ns for 100 ns is never refused.
constexpr double kLeastWeight = 1e-6, kMostWeight = 1e2, kGrowth = 10.0;
constexpr int kHalvings = 6;

}  // namespace

ChoiceWithin choose_within(double most_ns, const WeighedProblem& problem, const AddedStart& added) {
  const auto with = [&](double weight) {
    ChoiceWithin found{choose(problem(weight)), weight};
    found.added_ns = added(found.choice, weight);
    return found;
  };
  ChoiceWithin found = with(0.0);
  if (found.added_ns <= most_ns) return found;
  double low = kLeastWeight, high = kLeastWeight;
  while ((found = with(high)).added_ns > most_ns && high < kMostWeight) {
    low = high;
    high *= kGrowth;
  }
  for (int i = 0; i < kHalvings && low < found.weight; ++i) {
    const double middle = std::sqrt(low * found.weight);
    ChoiceWithin lighter = with(middle);
    if (lighter.added_ns > most_ns)
      low = middle;
    else
      found = std::move(lighter);
  }
  return found;
}

}  // namespace dnntune::runtime
