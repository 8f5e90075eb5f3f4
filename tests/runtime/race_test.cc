// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <random>

#include "runtime/tuner/race.h"

using namespace dnntune::runtime;

namespace {

/// A contender on a machine that slows down, is interrupted now and then, and is never quiet.
struct Machine {
  std::mt19937 random{7};
  double clock = 0.0;

  std::function<double()> contender(double ns) {
    return [this, ns] {
      clock += 1.0;
      const double drift = 1.0 + 0.002 * clock;
      const double noise = std::normal_distribution<double>(0.0, 0.01)(random);
      const double interrupted = std::bernoulli_distribution(0.1)(random) ? 0.5 : 0.0;
      return ns * drift * (1.0 + std::abs(noise) + interrupted);
    };
  }
};

const std::function<bool()> kNever = [] { return false; };

std::size_t winner(const std::vector<Standing>& standings) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < standings.size(); ++i)
    if (standings[i].median_ns < standings[best].median_ns) best = i;
  return best;
}

}  // namespace

TEST_CASE("race: the fastest wins in spite of drift, noise and interruptions") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    Machine machine{std::mt19937(seed)};
    const std::vector<std::function<double()>> contenders = {machine.contender(1100), machine.contender(1000), machine.contender(1300), machine.contender(5000)};
    const std::vector<Standing> standings = race(contenders, {}, kNever);
    CHECK(winner(standings) == 1);
    CHECK(standings[3].samples < standings[1].samples + 1);
    CHECK(standings[3].samples <= 9);  // far behind: it leaves as soon as it may
  }
}

TEST_CASE("race: those within the margin end it") {
  const std::vector<std::function<double()>> equal = {[] { return 1000.0; }, [] { return 1004.0; }};
  const std::vector<Standing> standings = race(equal, {.min_rounds = 5, .max_rounds = 100, .close = 0.01}, kNever);
  CHECK(standings[0].samples == 5);
  CHECK(standings[1].samples == 5);
}

TEST_CASE("race: one contender, and no time") {
  int calls = 0;
  const std::vector<std::function<double()>> one = {[&] { return static_cast<double>(++calls); }};
  CHECK(race(one, {}, kNever)[0].samples == 1);
  CHECK(calls == 1);
  const std::vector<std::function<double()>> two = {[] { return 1.0; }, [] { return 2.0; }};
  const std::vector<Standing> standings = race(two, {}, [] { return true; });
  CHECK(standings[0].samples == 1);
  CHECK(standings[1].samples == 1);
  CHECK(race({}, {}, kNever).empty());
}
