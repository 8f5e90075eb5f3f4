// SPDX-License-Identifier: Apache-2.0
// The minimum cut over a line of stops against every placement of thousands of random networks.
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "plan/elimination.h"
#include "plan/line_cut.h"
#include "plan/small_nets.h"

using namespace dnntune::plan;
using dnntune::test::pick;
using dnntune::test::Random;

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max() / 4;

/// The cost of one placement, written down as the header says it; kNever when it is not allowed.
std::int64_t plain_cost(const LineProblem& problem, const std::vector<int>& stops) {
  std::int64_t total = 0;
  const auto pay = [&](std::int64_t cost) { total = cost == LineProblem::kImpossible ? kNever : std::min(kNever, total + cost); };
  for (std::size_t i = 0; i < stops.size(); ++i) pay(problem.layers[i * static_cast<std::size_t>(problem.stops) + static_cast<std::size_t>(stops[i])]);
  for (int k = 0; k < problem.hops(); ++k) {
    for (std::size_t v = 0; v < problem.values.size(); ++v) {
      const LineValue& value = problem.values[v];
      const std::size_t index = v * static_cast<std::size_t>(problem.hops()) + static_cast<std::size_t>(k);
      const int made = value.producer < 0 ? problem.home : stops[static_cast<std::size_t>(value.producer)];
      bool near = value.output && problem.home <= k, far = value.output && problem.home > k;
      for (const int reader : value.consumers) {
        const bool beyond = stops[static_cast<std::size_t>(reader)] > k;
        if (!beyond && made > k && !problem.may_return[static_cast<std::size_t>(k)]) return kNever;
        (beyond ? far : near) = true;
      }
      if (made <= k && far) pay(problem.outward[index]);
      if (made > k && near) pay(problem.homeward[index]);
    }
    bool used = false;
    for (const int stop : stops) used = used || stop > k;
    if (used && k >= problem.home) pay(problem.once[static_cast<std::size_t>(k)]);
  }
  return std::min(total, kNever);
}

std::vector<std::int64_t> random_costs(Random& random, std::size_t count, std::int64_t most) {
  std::vector<std::int64_t> costs;
  for (std::size_t i = 0; i < count; ++i) costs.push_back(pick(random, 0, 19) == 0 ? LineProblem::kImpossible : pick(random, 0, most));
  return costs;
}

}  // namespace

TEST_CASE("the cheapest placement on a line equals the best of all placements") {
  Random random(11);
  int mixed = 0, impossible = 0;
  for (int round = 0; round < 4000; ++round) {
    CAPTURE(round);
    LineProblem problem;
    problem.stops = static_cast<int>(pick(random, 1, 4));
    problem.home = static_cast<int>(pick(random, 0, problem.stops - 1));
    const int layers = static_cast<int>(pick(random, 1, problem.stops == 4 ? 5 : 6));
    std::vector<LineValue> values;
    for (std::int64_t i = pick(random, 1, 2); i > 0; --i) values.push_back({-1, {}, false});
    for (int i = 0; i < layers; ++i) {
      for (LineValue& value : values)
        if (pick(random, 0, 2) == 0) value.consumers.push_back(i);
      for (std::int64_t more = pick(random, 1, 2); more > 0; --more) values.push_back({i, {}, pick(random, 0, 2) == 0});
    }
    problem.values = values;
    const std::size_t crossings = values.size() * static_cast<std::size_t>(problem.hops());
    problem.layers = random_costs(random, static_cast<std::size_t>(layers * problem.stops), 60);
    problem.outward = random_costs(random, crossings, 20);
    problem.homeward = random_costs(random, crossings, 20);
    for (int k = 0; k < problem.hops(); ++k) {
      problem.may_return.push_back(pick(random, 0, 1) == 0);
      problem.once.push_back(pick(random, 0, 1) * pick(random, 0, 40));
    }
    std::int64_t best = kNever;
    std::vector<int> stops(static_cast<std::size_t>(layers), 0);
    for (bool more = true; more;) {
      best = std::min(best, plain_cost(problem, stops));
      std::size_t i = 0;
      while (i < stops.size() && ++stops[i] == problem.stops) stops[i++] = 0;
      more = i < stops.size();
    }
    const auto found = cheapest(problem);
    if (problem.stops > 1) {
      const auto elimination = Elimination::of({problem.stops, layers, values, problem.may_return});
      REQUIRE(elimination.has_value());
      const auto eliminated = elimination->solve(problem);
      REQUIRE(eliminated.has_value() == found.has_value());
      if (found) {
        CHECK(eliminated->cost == found->cost);
        CHECK(eliminated->stops == found->stops);  // both the nearest among equals
      }
    }
    REQUIRE(found.has_value() == (best != kNever));
    if (!found) {
      ++impossible;
      continue;
    }
    CHECK(found->cost == best);
    CHECK(plain_cost(problem, found->stops) == best);
    bool same = true;
    for (const int stop : found->stops) same = same && stop == found->stops.front();
    mixed += same ? 0 : 1;
  }
  CHECK(mixed > 1000);
  CHECK(impossible > 50);
}
