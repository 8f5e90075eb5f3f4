// SPDX-License-Identifier: Apache-2.0
// The search against every placement and every choice of thousands of random networks: limits on sums, on busy times and
// on a peak, one trip only, and the shortest longest busy time.
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "plan/labellings.h"

using namespace dnntune::plan;
using dnntune::test::pick;
using dnntune::test::Random;
using dnntune::test::allowed;
using dnntune::test::for_each_labelling;
using dnntune::test::random_problem;

namespace {

constexpr std::int64_t kNoTotal = std::numeric_limits<std::int64_t>::max();

bool within(const LabelProblem& problem, const Labelling& labelling) {
  for (const auto& limit : problem.limits)
    if (labelling.total[limit.figure] > limit.at_most) return false;
  for (const auto& limit : problem.busy_limits)
    if (labelling.busy[static_cast<std::size_t>(limit.resource)] > limit.at_most) return false;
  return !problem.peak || labelling.total[problem.peak->figure] + labelling.peak <= problem.peak->at_most;
}

std::int64_t value_of(const LabelProblem& problem, const Labelling& l) { return problem.bottleneck ? l.longest_busy() : l.total[0]; }

}  // namespace

TEST_CASE("the search finds the best of all labellings within the limits") {
  Random random(12);
  int none = 0, limited = 0, bottlenecks = 0;
  for (int round = 0; round < 3000; ++round) {
    CAPTURE(round);
    LabelProblem problem = random_problem(random);
    std::vector<Labelling> all;
    for_each_labelling(problem, [&](const Labelling& l) { all.push_back(l); });
    if (!all.empty()) {  // limits that bite: near those of some labelling
      const auto some = [&]() -> const Labelling& { return all[static_cast<std::size_t>(pick(random, 0, static_cast<std::int64_t>(all.size()) - 1))]; };
      for (std::size_t f = 1; f < 3; ++f)
        if (pick(random, 0, 1) == 0) problem.limits.push_back({f, some().total[f]});
      if (pick(random, 0, 3) == 0) {
        const int resource = static_cast<int>(pick(random, 0, problem.resources() - 1));
        problem.busy_limits.push_back({resource, some().busy[static_cast<std::size_t>(resource)]});
      }
      if (pick(random, 0, 3) == 0) {
        problem.peak = LabelProblem::PeakLimit{2, {}, static_cast<int>(pick(random, 0, problem.stops - 1)), some().total[2] + 10};
        for (int i = 0; i < problem.layer_count; ++i) problem.peak->peak.push_back(pick(random, 0, 20));
      }
      problem.bottleneck = pick(random, 0, 3) == 0;
    }
    std::int64_t best = kNoTotal, best_free = kNoTotal;
    for_each_labelling(problem, [&](const Labelling& l) {
      best_free = std::min(best_free, value_of(problem, l));
      if (within(problem, l)) best = std::min(best, value_of(problem, l));
    });
    const SearchAnswer answer = search(problem, Domain(problem), 100'000);
    CHECK(answer.proven);
    REQUIRE(answer.best.has_value() == (best != kNoTotal));
    if (!answer.best) {
      ++none;
      continue;
    }
    CHECK(value_of(problem, *answer.best) == best);
    CHECK(answer.lower_bound == static_cast<double>(best));
    CHECK(allowed(problem, answer.best->stops));
    Labelling again = *answer.best;
    add_up(problem, again);
    CHECK(again.total == answer.best->total);
    CHECK(within(problem, again));
    limited += best > best_free ? 1 : 0;
    bottlenecks += problem.bottleneck ? 1 : 0;

    // Cut short, it says a bound that holds.
    const SearchAnswer hasty = search(problem, Domain(problem), static_cast<int>(pick(random, 1, 6)));
    CHECK(hasty.lower_bound <= static_cast<double>(best));
    if (hasty.best) CHECK(value_of(problem, *hasty.best) >= best);
    if (hasty.proven && hasty.best) CHECK(value_of(problem, *hasty.best) == best);
  }
  CHECK(none > 50);
  CHECK(limited > 300);
  CHECK(bottlenecks > 300);
}
