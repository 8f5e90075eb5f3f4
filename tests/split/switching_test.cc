// SPDX-License-Identifier: Apache-2.0
// When to switch, what plans cost, and which are prepared: without a network.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "dnntune/adaptive.h"
#include "digits.h"
#include "profiles.h"
#include "split/plan_forecast.h"
#include "split/switch_rule.h"
#include "throws.h"

using namespace dnntune;
using namespace dnntune::test;
using namespace dnntune::split;

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// How many decisions it takes to leave a plan that costs `cost` for one that costs 1; 0: more than a hundred.
int decisions_to_leave(double cost, double margin, double patience) {
  SwitchRule rule(margin, patience);
  rule.choose(std::vector<double>{0.5, 1.0});
  for (int i = 1; i <= 100; ++i)
    if (rule.choose(std::vector<double>{cost, 1.0}) == 1) return i;
  return 0;
}

PlanRequest request_for(const Graph& graph, double here_ns, double there_ns) {
  PlanRequest request{.graph = graph};
  request.device = {even_profile(graph, here_ns)};
  request.cloud = {even_profile(graph, there_ns)};
  request.link = Link::named("lte");
  return request;
}

}  // namespace

TEST_CASE("the first choice is the cheapest, the first among equals") {
  CHECK(SwitchRule(0.1, 1.0).choose(std::vector<double>{3.0, 1.0, 1.0}) == 1);
  CHECK(SwitchRule(0.1, 1.0).choose(std::vector<double>{2.0}) == 0);
}

TEST_CASE("a plan is left sooner the more it loses, and never within the margin") {
  CHECK(decisions_to_leave(1.04, 0.05, 0.3) == 0);
  CHECK(decisions_to_leave(1.1, 0.05, 0.28) == 6);
  CHECK(decisions_to_leave(1.2, 0.05, 0.28) == 2);
  CHECK(decisions_to_leave(2.0, 0.05, 0.3) == 1);
  CHECK(decisions_to_leave(kInfinite, 0.05, 1e9) == 1);
  CHECK(decisions_to_leave(1.0, 0.0, 0.0) == 0);
  CHECK(decisions_to_leave(1.01, 0.0, 0.0) == 1);
}

TEST_CASE("a gain that does not last is forgotten") {
  SwitchRule rule(0.05, 0.3);
  rule.choose(std::vector<double>{0.5, 1.0});
  const std::vector<double> loses{1.25, 1.0}, even{1.0, 1.0};
  for (int i = 0; i < 20; ++i) {
    CHECK(rule.choose(loses) == 0);
    CHECK(rule.choose(even) == 0);
  }
  CHECK(rule.choose(loses) == 0);
  CHECK(rule.choose(loses) == 1);
  CHECK(rule.choose(even) == 1);
}

TEST_CASE("a drift forgets, and no single sample moves it far") {
  Drift drift;
  CHECK(drift.factor() == 1.0);
  drift.observe(1000.0);
  CHECK(drift.factor() < 1.11);
  for (const double nonsense : {0.0, -1.0, kInfinite, -kInfinite}) drift.observe(nonsense);
  CHECK(drift.factor() < 1.11);
  for (int i = 0; i < 60; ++i) drift.observe(2.0);
  CHECK(drift.factor() == doctest::Approx(2.0).epsilon(0.01));
}

TEST_CASE("forecasts on the expected link are the planner's costs, and follow what requests took") {
  PlanRequest request = request_for(digits("digits_cnn"), 1e6, 1e5);
  const Plan plan = make_plan(request);
  const LinkEstimator link(request.link, 0.0);
  REQUIRE(plan.best_split.feasible);
  for (const Deployment& deployment : {plan.mobile_only, plan.best_split, plan.cloud_only}) {
    CAPTURE(deployment.name);
    PlanForecast forecast(deployment);
    CHECK(forecast.uses_cloud() == (deployment.name != "mobile-only"));
    CHECK(forecast.latency_ns(link, 1.0, 1.0, 0.0) == doctest::Approx(deployment.cost.latency_ns().value));
    CHECK(forecast.energy_uj(link, 1.0, request.link.radio) == doctest::Approx(deployment.cost.energy_uj().value));
    CHECK(forecast.latency_ns(link, 2.0, 1.0, 0.0) - forecast.latency_ns(link, 1.0, 1.0, 0.0) == doctest::Approx(deployment.cost.device_ns.value));
    if (!forecast.uses_cloud()) continue;
    CHECK(forecast.latency_ns(link, 1.0, 3.0, 5e6) - forecast.latency_ns(link, 1.0, 1.0, 0.0) == doctest::Approx(deployment.cost.cloud_ns.value * 2.0 + 5e6));
    const double before = forecast.exchange_ns(link, 1.0, 0.0);
    forecast.observe(deployment.cost.bytes_up + 1000, deployment.cost.bytes_down, 0.0);
    CHECK(forecast.exchange_ns(link, 1.0, 0.0) - before == doctest::Approx(request.link.up_s(1000.0) * 1e9));
  }
}

TEST_CASE("plans for links: the two ends first, and cuts while they bring something") {
  const PlanRequest request = request_for(digits("digits_cnn"), 2e6, 1e5);
  const std::vector<Plan> ends = plans_for_links(request, 0), more = plans_for_links(request, 3), all = plans_for_links(request, 16);
  REQUIRE(ends.size() == 2);
  CHECK(ends[0].chosen.name == "mobile-only");
  CHECK(ends[1].chosen.name == "cloud-only");
  CHECK(more.size() >= 2);
  CHECK(more.size() <= 5);
  CHECK(all.size() >= more.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].chosen.feasible);
    CHECK(all[i].model_hash == request.graph.hash());
    CHECK((i < 2 || all[i].chosen.name == "split"));
    for (std::size_t j = 0; j < i; ++j) CHECK(all[i].chosen.tiers != all[j].chosen.tiers);
  }
  // On any link the best of them comes close to the best of all.
  for (const double rate : {3e5, 3e6, 3e7}) {
    PlanRequest on_link = request;
    on_link.link.bandwidth_up_bps = rate;
    on_link.link.bandwidth_down_bps = rate;
    double least = kInfinite;
    for (const Plan& plan : all) least = std::min(least, evaluate(on_link, plan.chosen.tiers).cost.latency_ns().value);
    CHECK(least <= make_plan(on_link).chosen.cost.latency_ns().value * 1.05);
  }
}

TEST_CASE("plans for links: without a cloud there is one, and wrong numbers are refused") {
  PlanRequest request = request_for(digits("digits_mlp"), 1e6, 1e5);
  CHECK_ERROR(plans_for_links(request, -1), ErrorCode::invalid_argument, "most_cuts is -1");
  CHECK_ERROR(plans_for_links(request, 17), ErrorCode::invalid_argument, "most_cuts is 17");
  request.cloud.clear();
  const std::vector<Plan> plans = plans_for_links(request, 3);
  REQUIRE(plans.size() == 1);
  CHECK(plans[0].chosen.name == "mobile-only");
}
