// SPDX-License-Identifier: Apache-2.0
// The choice of processors against every assignment there is.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "dnntune/error.h"
#include "runtime/tuner/choose.h"

using namespace dnntune;
using namespace dnntune::runtime;

namespace {

using Problem = ChoiceProblem;

/// Costs are whole numbers, so that sums are exact in any order.
struct Maker {
  std::mt19937 random;
  int engines, layers;

  double number(int most) { return std::uniform_int_distribution<int>(0, most)(random); }
  bool chance(double share) { return std::bernoulli_distribution(share)(random); }

  Problem make(int memories) {
    Problem problem;
    for (int e = 0; e < engines; ++e) problem.memory_of.push_back(e == 0 ? 0 : static_cast<int>(number(memories - 1)));
    for (int n = 0; n < layers; ++n) {
      std::vector<double>& costs = problem.layer_costs.emplace_back();
      for (int e = 0; e < engines; ++e) costs.push_back(e > 0 && chance(0.2) ? Problem::kCannot : number(40));
    }
    for (int from = 0; from < engines; ++from) {
      problem.switches.emplace_back();
      for (int to = 0; to < engines; ++to) problem.switches.back().push_back(from == to ? 0.0 : number(8));
    }
    for (int first = 0; first + 1 < layers; ++first) {
      const int last = first + 1 + static_cast<int>(number(1));
      if (last < layers && chance(0.3)) problem.runs.push_back({static_cast<std::size_t>(first), static_cast<std::size_t>(last), 0, number(60)});
    }
    for (int writer = -1; writer < layers; ++writer) {
      Problem::Value value;
      value.writer = writer;
      for (int n = writer + 1; n < layers; ++n)
        if (n == writer + 1 || chance(0.25)) value.readers.push_back(static_cast<std::size_t>(n));
      value.output = writer == layers - 1 || chance(0.1);
      for (int m = 0; m < memories; ++m) {
        value.upload.push_back(number(15));
        value.download.push_back(number(15));
      }
      problem.values.push_back(std::move(value));
    }
    return problem;
  }
};

/// The least cost of all engines for all layers, runs taken or not.
double exhaustive(const Problem& problem) {
  const std::size_t layers = problem.layer_costs.size(), engines = problem.memory_of.size();
  std::vector<int> choice(layers, 0);
  double least = Problem::kCannot;
  for (;;) {
    for (unsigned runs = 0; runs < 1u << problem.runs.size(); ++runs) {
      std::vector<int> in_turns(layers, -1);
      bool possible = true;
      for (std::size_t r = 0; r < problem.runs.size(); ++r) {
        if ((runs >> r & 1u) == 0) continue;
        for (std::size_t n = problem.runs[r].first; n <= problem.runs[r].last; ++n) {
          possible = possible && in_turns[n] < 0 && choice[n] == problem.runs[r].engine;
          in_turns[n] = static_cast<int>(r);
        }
      }
      if (possible) least = std::min(least, cost_of(problem, choice, in_turns));
    }
    std::size_t n = 0;
    while (n < layers && ++choice[n] == static_cast<int>(engines)) choice[n++] = 0;
    if (n == layers) return least;
  }
}

}  // namespace

TEST_CASE("choose: the least of all assignments, on random graphs") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Maker maker{std::mt19937(seed), 2 + static_cast<int>(seed % 2), 3 + static_cast<int>(seed % 4)};
    const Problem problem = maker.make(1 + static_cast<int>(seed % 3));
    const Choice choice = choose(problem);
    CHECK(choice.cost == exhaustive(problem));
    CHECK(choice.lower_bound == choice.cost);
    CHECK(cost_of(problem, choice.engines, choice.runs) == choice.cost);
  }
}

TEST_CASE("choose: with few states kept, the bound holds and the choice can be carried out") {
  int proven = 0, not_proven = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Maker maker{std::mt19937(seed), 3, 6};
    const Problem problem = maker.make(3);
    const double least = exhaustive(problem);
    Choice choice;
    try {
      choice = choose(problem, 4);
    } catch (const Error& error) {  // all that was kept came to a layer that it could not run
      CHECK(error.code() == ErrorCode::unsupported);
      continue;
    }
    CHECK(choice.cost >= least);
    CHECK(choice.lower_bound <= least);
    (choice.cost == choice.lower_bound ? proven : not_proven) += 1;
  }
  CHECK(proven > 0);
  CHECK(not_proven > 0);
}

TEST_CASE("choose: a copy that costs more than it saves is not made") {
  Problem problem;
  problem.memory_of = {0, 1};
  problem.layer_costs = {{10, 10}, {10, 2}, {10, 10}};
  problem.switches = {{0, 0}, {0, 0}};
  for (int writer = -1; writer < 3; ++writer) {
    Problem::Value value;
    value.writer = writer;
    if (writer < 2) value.readers = {static_cast<std::size_t>(writer + 1)};
    value.output = writer == 2;
    value.upload = value.download = {0, 5};
    problem.values.push_back(value);
  }
  CHECK(choose(problem).engines == std::vector<int>{0, 0, 0});
  for (Problem::Value& value : problem.values) value.upload = value.download = {0, 3};
  const Choice choice = choose(problem);
  CHECK(choice.engines[1] == 1);
  CHECK(choice.cost == 28);
}

TEST_CASE("choose: a layer that nobody can run is named") {
  Problem problem;
  problem.memory_of = {0};
  problem.switches = {{0}};
  problem.layer_costs = {{1}, {Problem::kCannot}, {1}};
  CHECK_THROWS_WITH_AS(choose(problem), "no processor can run layer 1", Error);
}
