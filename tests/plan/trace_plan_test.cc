// SPDX-License-Identifier: Apache-2.0
// Plans for a trace: against all deployments of small networks, each request walked by itself.
#include "dnntune/trace_plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "plan/small_nets.h"

using namespace dnntune;
using doctest::Approx;
using test::pick;
using Way = LinkTrace::Way;

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

LinkTrace random_trace(test::Random& random) {
  LinkTrace trace{.name = "random"};
  for (std::int64_t i = pick(random, 1, 6); i > 0; --i) {
    const auto rate = [&] { return pick(random, 0, 3) == 0 ? 0.0 : static_cast<double>(pick(random, 1, 40)) * 1e9; };  // a byte takes 0.2 to 8 ns
    trace.points.push_back({trace.duration_s, rate(), rate(), static_cast<double>(pick(random, 0, 5)) * 100e-9});
    trace.duration_s += static_cast<double>(pick(random, 1, 20)) * 50e-9;
  }
  trace.points.front().bandwidth_up_bps = trace.points.front().bandwidth_down_bps = 4e9;
  trace.radio = {.name = "kilowatt", .up_alpha_w_per_mbps = 0.1, .down_alpha_w_per_mbps = 0.05, .beta_w = 1000.0, .source = ""};
  return trace;
}

struct Run {
  double ns = 0.0, uj = 0.0;
};

Run walk(const LinkTrace& trace, const Deployment& d, double start_s) {
  if (std::find(d.tiers.begin(), d.tiers.end(), Tier::cloud) == d.tiers.end()) return {d.cost.device_ns.value, d.cost.device_uj.value};
  const auto up = static_cast<double>(d.cost.bytes_up), down = static_cast<double>(d.cost.bytes_down);
  const double sends = start_s + d.cost.device_ns.value * 1e-9, sent = trace.end_s(Way::up, sends, up);
  const double answers = sent + trace.at(start_s).round_trip_s + (d.cost.wait_ns.value + d.cost.cloud_ns.value) * 1e-9;
  const double end = trace.end_s(Way::down, answers, down);
  const double radio_j = (trace.radio.up_alpha_w_per_mbps * up + trace.radio.down_alpha_w_per_mbps * down) * 8e-6 + trace.radio.beta_w * (sent - sends + end - answers);
  return {(end - start_s) * 1e9, d.cost.device_uj.value + radio_j * 1e6};
}

/// By sorting, nothing else.
double goal(std::vector<double> values, double percentile) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  if (percentile == 0.0) return sum / static_cast<double>(values.size());
  std::sort(values.begin(), values.end());
  std::size_t i = 0;
  while (static_cast<double>(i + 1) < percentile * static_cast<double>(values.size()) - 1e-9) ++i;
  return values[i];
}

template <typename Visit>
void for_each_deployment(const PlanRequest& request, Visit visit) {
  const std::size_t n = request.graph.layers().size();
  for (unsigned mask = 0; mask < 1u << n; ++mask) {
    std::vector<Tier> tiers;
    for (std::size_t i = 0; i < n; ++i) tiers.push_back(mask >> i & 1u ? Tier::cloud : Tier::device);
    try {
      const Deployment d = evaluate(request, tiers);
      if (d.feasible) visit(d);
    } catch (const Error&) {  // it comes back from the cloud
    }
  }
}

PlanRequest random_request(test::Random& random) {
  PlanRequest request{.graph = test::random_dag(random, static_cast<int>(pick(random, 1, 7)))};
  const std::size_t n = request.graph.layers().size();
  for (std::int64_t i = pick(random, 1, 2); i > 0; --i)
    request.device.push_back(test::profile_of(request.graph, "here" + std::to_string(i), test::random_costs(random, n, 900), test::random_costs(random, n, 900)));
  for (std::int64_t i = pick(random, 0, 2); i > 0; --i)
    request.cloud.push_back(test::profile_of(request.graph, "there" + std::to_string(i), test::random_costs(random, n, 150)));
  if (pick(random, 0, 2) == 0) request.cloud_wait.mean_ns.value = 70.0;
  if (pick(random, 0, 3) == 0) request.pin_to_device = {request.graph.layers()[static_cast<std::size_t>(pick(random, 0, static_cast<std::int64_t>(n) - 1))].name};
  return request;
}

}  // namespace

TEST_CASE("the plan for a trace is the best of all deployments, by mean and by percentile, and the bound is the best for each request") {
  test::Random random(41);
  int splits = 0, beats_the_mean_link = 0;
  for (int round = 0; round < 900; ++round) {
    CAPTURE(round);
    const PlanRequest request = random_request(random);
    const LinkTrace trace = random_trace(random);
    TraceOptions options{.starts = static_cast<int>(pick(random, 1, 40))};
    options.percentile = std::array{0.0, 0.0, 0.5, 0.9, 0.99}[static_cast<std::size_t>(pick(random, 0, 4))];
    const TracePlan plan = plan_for_trace(request, trace, options);
    CHECK(plan.proven);
    PlanRequest priced = request;
    priced.link = plan.plan.link;
    double best = kInfinite;
    std::vector<double> least(static_cast<std::size_t>(options.starts), kInfinite);
    for_each_deployment(priced, [&](const Deployment& d) {
      std::vector<double> ns;
      for (int i = 0; i < options.starts; ++i) {
        ns.push_back(walk(trace, d, (i + 0.5) / options.starts * trace.duration_s).ns);
        least[static_cast<std::size_t>(i)] = std::min(least[static_cast<std::size_t>(i)], ns.back());
      }
      best = std::min(best, goal(ns, options.percentile));
      if (d.tiers == plan.plan.chosen.tiers) {
        CHECK(plan.chosen.objective == Approx(goal(ns, options.percentile)).epsilon(1e-9));
        CHECK(plan.chosen.latency_ns.mean == Approx(goal(ns, 0.0)).epsilon(1e-9));
        CHECK(plan.chosen.latency_ns.p90 == Approx(goal(ns, 0.9)).epsilon(1e-9));
        CHECK(plan.chosen.latency_ns.most == Approx(*std::max_element(ns.begin(), ns.end())).epsilon(1e-9));
      }
    });
    CHECK(plan.chosen.objective == Approx(best).epsilon(1e-9));
    CHECK(plan.clairvoyant.objective == Approx(goal(least, options.percentile)).epsilon(1e-9));
    CHECK(plan.clairvoyant.objective <= plan.chosen.objective * (1 + 1e-12));
    CHECK(plan.clairvoyant.objective <= plan.replanned.objective * (1 + 1e-12));
    splits += plan.plan.chosen.name == "split";
    beats_the_mean_link += make_plan(priced).chosen.tiers != plan.plan.chosen.tiers;
  }
  CHECK(splits > 50);
  CHECK(beats_the_mean_link > 20);
}

TEST_CASE("energy over a trace: never worse than any of the three, and what the walk says") {
  test::Random random(42);
  int best_of_all = 0;
  constexpr int kRounds = 300;
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    PlanRequest request = random_request(random);
    request.minimize = Objective::energy();
    const LinkTrace trace = random_trace(random);
    const TraceOptions options{.starts = 20};
    const TracePlan plan = plan_for_trace(request, trace, options);
    CHECK(!plan.proven);
    PlanRequest priced = request;
    priced.link = plan.plan.link;
    double best = kInfinite;
    for_each_deployment(priced, [&](const Deployment& d) {
      std::vector<double> uj;
      for (int i = 0; i < options.starts; ++i) uj.push_back(walk(trace, d, (i + 0.5) / options.starts * trace.duration_s).uj);
      best = std::min(best, goal(uj, 0.0));
      if (d.tiers == plan.plan.chosen.tiers) CHECK(plan.chosen.objective == Approx(goal(uj, 0.0)).epsilon(1e-9));
    });
    for (const auto& [deployment, figures] : {std::pair(&plan.plan.mobile_only, &plan.mobile_only), std::pair(&plan.plan.cloud_only, &plan.cloud_only),
                                              std::pair(&plan.plan.best_split, &plan.best_split)})
      if (deployment->feasible) CHECK(plan.chosen.objective <= figures->objective);
    CHECK(plan.chosen.objective >= best * (1 - 1e-9));
    CHECK(plan.chosen.objective <= best * 1.25);
    best_of_all += plan.chosen.objective <= best * (1 + 1e-9);
  }
  CHECK(best_of_all > kRounds * 9 / 10);
}

TEST_CASE("on a link that never changes the plan and its costs are make_plan's") {
  test::Random random(43);
  for (int round = 0; round < 100; ++round) {
    CAPTURE(round);
    PlanRequest request = random_request(random);
    if (round % 2 == 1) request.minimize = Objective::energy();
    LinkTrace trace{.name = "level", .points = {{0.0, 4e9, 6e9, 300e-9}, {1e-7, 4e9, 6e9, 300e-9}}, .duration_s = 3e-7};
    trace.radio = {.name = "kilowatt", .up_alpha_w_per_mbps = 0.1, .down_alpha_w_per_mbps = 0.05, .beta_w = 1000.0, .source = ""};
    const TracePlan over = plan_for_trace(request, trace, {.starts = 7});
    const Plan still = make_plan([&] {
      PlanRequest same = request;
      same.link = trace.at(0.0);
      return same;
    }());
    const auto value = [&](const PlanCost& cost) { return request.minimize.kind() == Objective::Kind::energy ? cost.energy_uj().value : cost.latency_ns().value; };
    CHECK(over.chosen.objective == Approx(value(still.chosen.cost)).epsilon(1e-6));
    CHECK(over.replanned.objective == Approx(value(still.chosen.cost)).epsilon(1e-6));
    CHECK(over.clairvoyant.objective == Approx(value(still.chosen.cost)).epsilon(1e-6));
    CHECK(over.chosen.latency_ns.most == Approx(over.chosen.latency_ns.p50).epsilon(1e-6));
  }
}

TEST_CASE("a trace by hand: a split that waits out an outage, against a device that needs no link") {
  const Graph graph = test::chain(2, 250);  // 1000 bytes everywhere
  PlanRequest request{.graph = graph, .device = {test::profile_of(graph, "here", {1e6, 4e6})}, .cloud = {test::profile_of(graph, "there", {5e5, 0.0})}};
  // 1000 bytes take 1 ms; for a quarter of the time nothing passes for 25 ms.
  const LinkTrace trace{.name = "gap", .points = {{0.0, 8e6, 8e9, 0.0}, {0.075, 0.0, 8e9, 0.0}}, .duration_s = 0.1};
  const TracePlan mean = plan_for_trace(request, trace);
  CHECK(mean.mobile_only.latency_ns.mean == Approx(5e6));
  CHECK(mean.cloud_only.latency_ns.p50 == Approx(1.501e6));
  CHECK(mean.cloud_only.latency_ns.most == Approx(26.501e6).epsilon(1e-4));  // begun 0.05 ms after the last moment that was early enough
  CHECK(mean.plan.chosen.name == "cloud-only");   // 0.74 x 1.5 ms, else 1.5 ms and 13 in the mean
  CHECK(mean.chosen.latency_ns.mean == Approx(1.501e6 + 0.25 * 12.5e6 + 0.01 * 25e6).epsilon(2e-2));
  CHECK(plan_for_trace(request, trace, {.percentile = 0.9}).plan.chosen.name == "mobile-only");
  // Planned for each request, only those whose bytes are on their way when the outage comes still wait.
  CHECK(mean.replanned_deployments == 2);
  CHECK(mean.replanned.latency_ns.mean == Approx(0.75 * 1.501e6 + 0.25 * 5e6 + 0.01 * 25e6).epsilon(2e-2));
  CHECK(mean.clairvoyant.latency_ns.most == Approx(5e6));
  CHECK(!mean.chosen.energy_known);
  const std::string text = mean.explain();
  for (const char* part : {"gap", "cloud-only", "proven", "if the future were known", "2 deployments"}) CHECK(text.find(part) != std::string::npos);
  CHECK(mean.to_json().find("dnntune.trace_plan/1") != std::string::npos);
  CHECK(Plan::from_json(mean.plan.to_json()).chosen.name == "cloud-only");
}

TEST_CASE("too many candidates: fewer are tried, and that is said") {
  test::Random random(44);
  for (int round = 0; round < 30; ++round) {
    PlanRequest request{.graph = test::random_dag(random, 12)};
    request.device = {test::profile_of(request.graph, "here", test::random_costs(random, request.graph.layers().size(), 900))};
    request.cloud = {test::profile_of(request.graph, "there", test::random_costs(random, request.graph.layers().size(), 150))};
    const LinkTrace trace = random_trace(random);
    const TracePlan few = plan_for_trace(request, trace, {.starts = 50, .most_labels = 3}), all = plan_for_trace(request, trace, {.starts = 50});
    CHECK(!few.proven);
    CHECK(all.proven);
    CHECK(all.chosen.objective <= few.chosen.objective * (1 + 1e-12));
    CHECK(few.chosen.objective <= few.mobile_only.objective);
    CHECK(few.chosen.objective <= few.cloud_only.objective);
  }
}

TEST_CASE("traces and options that cannot be planned for are refused by name") {
  const Graph graph = test::chain(2, 250);
  const PlanRequest request{.graph = graph, .device = {test::profile_of(graph, "here", {1, 2})}, .cloud = {test::profile_of(graph, "there", {1, 2})}};
  const LinkTrace good{.name = "good", .points = {{0, 1e6, 1e6, 0}}, .duration_s = 1}, dead{.name = "dead", .points = {{0, 0, 1e6, 0}}, .duration_s = 1};
  CHECK_NOTHROW(plan_for_trace(request, good));
  CHECK_THROWS_WITH_AS(plan_for_trace(request, dead), doctest::Contains("'dead' never carries anything up"), Error);
  CHECK_THROWS_WITH_AS(plan_for_trace(request, {.name = "empty"}), doctest::Contains("'empty' has no points"), Error);
  CHECK_THROWS_WITH_AS(plan_for_trace(request, good, {.starts = 0}), doctest::Contains("starts is 0"), Error);
  CHECK_THROWS_WITH_AS(plan_for_trace(request, good, {.percentile = 1.0}), doctest::Contains("percentile is 1"), Error);
}
