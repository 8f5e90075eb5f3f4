// SPDX-License-Identifier: Apache-2.0
// Choices that keep within what a session may take to be made.
#include <doctest/doctest.h>

#include <vector>

#include "runtime/tuner/within.h"

using namespace dnntune::runtime;

namespace {

/// Layers in a row on two engines; the first needs no time to start.
struct Layers {
  std::vector<double> own_ns, other_ns, other_start_ns;
  int asked = 0;

  ChoiceProblem problem(double weight) {
    ++asked;
    ChoiceProblem problem;
    problem.memory_of = {0, 0};
    problem.switches = {{0.0, 0.0}, {0.0, 0.0}};
    for (std::size_t n = 0; n < own_ns.size(); ++n) problem.layer_costs.push_back({own_ns[n], other_ns[n] + weight * other_start_ns[n]});
    return problem;
  }
  double added(const Choice& choice) const {
    double sum = 0.0;
    for (std::size_t n = 0; n < own_ns.size(); ++n) sum += choice.engines[n] == 1 ? other_start_ns[n] : 0.0;
    return sum;
  }
  ChoiceWithin within(double most_ns) {
    return choose_within(most_ns, [&](double weight) { return problem(weight); }, [&](const Choice& choice, double) { return added(choice); });
  }
};

}  // namespace

TEST_CASE("within: what starts in time is chosen for the run alone") {
  Layers layers{{100, 100, 100}, {50, 90, 200}, {1e6, 1e6, 1e6}};
  const ChoiceWithin found = layers.within(2e6);
  CHECK(found.weight == 0.0);
  CHECK(layers.asked == 1);
  CHECK(found.choice.engines == std::vector<int>{1, 1, 0});
  CHECK(found.added_ns == 2e6);
}

TEST_CASE("within: layers that gain least for their start are left first, and no more of them than must be") {
  // Gains of 50, 10, 40 and 30 ns a run for 1, 1, 4 and 1 ms.
  Layers layers{{100, 100, 100, 100}, {50, 90, 60, 70}, {1e6, 1e6, 4e6, 1e6}};
  CHECK(layers.within(7e6).choice.engines == std::vector<int>{1, 1, 1, 1});
  CHECK(layers.within(6.9e6).added_ns <= 6.9e6);
  CHECK(layers.within(3.5e6).choice.engines == std::vector<int>{1, 0, 0, 1});
  CHECK(layers.within(1.5e6).choice.engines == std::vector<int>{1, 0, 0, 0});
  const ChoiceWithin none = layers.within(0.5e6);
  CHECK(none.choice.engines == std::vector<int>{0, 0, 0, 0});
  CHECK(none.added_ns == 0.0);
}

TEST_CASE("within: a start that no choice can keep to ends the search") {
  Layers layers{{100}, {50}, {1e6}};
  const ChoiceWithin found = choose_within(0.0, [&](double weight) { return layers.problem(weight); }, [](const Choice&, double) { return 1.0; });
  CHECK(found.choice.engines == std::vector<int>{0});
  CHECK(found.added_ns == 1.0);
  CHECK(layers.asked < 40);
}
