// SPDX-License-Identifier: Apache-2.0
// What a Planner answers besides the best placement: fronts, sweeps, neighbours, throughput, files.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "dnntune/route.h"
#include "plan/front.h"
#include "plan/labellings.h"
#include "plan/small_routes.h"

using namespace dnntune;
using test::pick;

namespace {

using Point = std::vector<std::int64_t>;

bool covers(const Point& a, const Point& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](std::int64_t x, std::int64_t y) { return x <= y; });
}

Point point_of(const plan::Labelling& l) { return {l.total[0], l.total[1], l.total[2]}; }

}  // namespace

TEST_CASE("the front is all points that no other dominates; with epsilon it covers them") {
  test::Random random(31);
  std::size_t points = 0, coarse_points = 0;
  for (int round = 0; round < 1200; ++round) {
    CAPTURE(round);
    plan::LabelProblem problem = test::random_problem(random);
    std::set<Point> all;
    test::for_each_labelling(problem, [&](const plan::Labelling& l) { all.insert(point_of(l)); });
    if (!all.empty() && pick(random, 0, 2) == 0) {
      problem.limits.push_back({1, (*std::next(all.begin(), pick(random, 0, static_cast<std::int64_t>(all.size()) - 1)))[1]});
      std::erase_if(all, [&](const Point& p) { return p[1] > problem.limits[0].at_most; });
    }
    std::set<Point> best;
    for (const Point& p : all)
      if (std::none_of(all.begin(), all.end(), [&](const Point& q) { return q != p && covers(q, p); })) best.insert(p);
    std::set<Point> found;
    for (const plan::Labelling& l : plan::pareto_front(problem, {0, 1, 2}, 0.0, 1'000'000)) {
      CHECK(test::allowed(problem, l.stops));
      CHECK(found.insert(point_of(l)).second);
    }
    CHECK(found == best);
    points += best.size();

    const double epsilon = 0.3;
    const auto coarse = plan::pareto_front(problem, {0, 1, 2}, epsilon, 1'000'000);
    coarse_points += coarse.size();
    for (const Point& p : best)
      CHECK(std::any_of(coarse.begin(), coarse.end(), [&](const plan::Labelling& l) {
        const Point q = point_of(l);
        for (std::size_t f = 0; f < 3; ++f)
          if (static_cast<double>(q[f]) > static_cast<double>(p[f]) * (1.0 + epsilon) + 1e-9) return false;
        return true;
      }));
  }
  CHECK(points > 3000);
  CHECK(coarse_points < points);
}

TEST_CASE("a front that grows too large is refused, not cut") {
  test::Random random(32);
  RouteRequest request{.graph = test::random_dag(random, 9)};
  request.stops = {test::random_stop(random, request.graph, "device", 900), test::random_stop(random, request.graph, "cloud", 300)};
  request.hops = {RouteHop::network(test::byte_link(10))};
  const Planner planner(request);
  const Front front = planner.front();
  REQUIRE(!front.placements.empty());
  CHECK(front.placements.front().cost.latency_ns().value == planner.plan().chosen.objective);
  for (std::size_t i = 0; i < front.placements.size(); ++i) {
    CHECK(front.values[i][0] == front.placements[i].cost.latency_ns().value);
    CHECK(front.values[i][1] == front.placements[i].cost.energy_uj().value);
    CHECK(front.values[i][2] == static_cast<double>(front.placements[i].cost.bytes_up));
  }
  CHECK_THROWS_AS(planner.front({.most_labels = 3}), Error);
  CHECK_THROWS_AS(planner.front({.measures = {}}), Error);
}

TEST_CASE("a sweep's placements are the best where they rule, and equally good where they change") {
  test::Random random(33);
  int switches = 0;
  for (int round = 0; round < 250; ++round) {
    CAPTURE(round);
    const RouteRequest request = test::random_request(random, round % 5);
    Planner planner = [&] {
      try {
        return Planner(request);
      } catch (const Error& e) {
        FAIL(e.what());
        throw;
      }
    }();
    const int hop = static_cast<int>(request.hops.size()) - 1;
    Axis axis{static_cast<Axis::Kind>(pick(random, 0, 2)), hop, 0.01, 8.0};
    if (axis.kind == Axis::Kind::round_trip) axis.to = 3e-6;
    if (axis.kind == Axis::Kind::round_trip) axis.from = 0.0;
    if (axis.kind == Axis::Kind::load) axis.index = static_cast<int>(pick(random, 0, hop + 1));
    const Sweep sweep = planner.sweep(axis);
    REQUIRE(sweep.placements.size() == sweep.switches.size() + 1);
    CHECK(std::is_sorted(sweep.switches.begin(), sweep.switches.end()));
    switches += static_cast<int>(sweep.switches.size());
    if (axis.kind == Axis::Kind::load) {  // its times can be scaled in the profiles
      for (const double x : {0.02, 0.5, 1.0, 3.0, 7.5}) {
        RouteRequest loaded = request;
        for (Profile& profile : loaded.stops[static_cast<std::size_t>(axis.index)].profiles)
          for (LayerProfile& layer : profile.layers) layer.latency_ns.value *= x;
        const auto rules = static_cast<std::size_t>(std::upper_bound(sweep.switches.begin(), sweep.switches.end(), x) - sweep.switches.begin());
        const Planner there(loaded);
        CHECK(there.evaluate(sweep.placements[rules].stops)->objective == doctest::Approx(there.plan().chosen.objective).epsilon(1e-9));
      }
      continue;
    }
    const auto link_at = [&](double x) {
      Link link = request.hops[static_cast<std::size_t>(hop)].link;
      if (axis.kind == Axis::Kind::round_trip) {
        link.round_trip_s = x;
      } else {
        link.bandwidth_up_bps /= x;
        link.bandwidth_down_bps /= x;
      }
      return link;
    };
    std::vector<double> points = sweep.switches;
    for (int i = 0; i <= 20; ++i) points.push_back(axis.from + (axis.to - axis.from) * i / 20.0);
    for (const double x : points) {
      planner.set_link(hop, link_at(x));
      const double best = planner.plan().chosen.objective;
      const auto after = static_cast<std::size_t>(std::upper_bound(sweep.switches.begin(), sweep.switches.end(), x) - sweep.switches.begin());
      CHECK(planner.evaluate(sweep.placements[after].stops)->objective == doctest::Approx(best).epsilon(1e-8));
      if (std::find(sweep.switches.begin(), sweep.switches.end(), x) != sweep.switches.end())
        CHECK(planner.evaluate(sweep.placements[after - 1].stops)->objective == doctest::Approx(best).epsilon(1e-8));
    }
  }
  CHECK(switches > 100);
}

TEST_CASE("neighbours, maps and files") {
  test::Random random(34);
  std::size_t neighbours = 0;
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const RouteRequest request = test::random_request(random, round % 5);
    const Planner planner(request);
    const RoutePlan plan = planner.plan();
    for (const Neighbour& n : planner.neighbours(plan.chosen)) {
      ++neighbours;
      CHECK(n.objective >= plan.chosen.objective);
      std::vector<int> stops = plan.chosen.stops;
      int& stop = stops[static_cast<std::size_t>(request.graph.layer_index(n.layer))];
      CHECK(stop == n.from);
      CHECK(std::abs(n.to - n.from) == 1);
      stop = n.to;
      CHECK(planner.evaluate(stops)->objective == n.objective);
    }
    const std::string json = plan.to_json();
    CHECK(RoutePlan::from_json(json).to_json() == json);
    CHECK(RoutePlan::from_json(json).chosen.objective == plan.chosen.objective);
    const std::string text = plan.explain();
    CHECK(text.find("proven the best") != std::string::npos);
    for (std::size_t start = 0, end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) CHECK(end - start <= 80);
    const int hop = static_cast<int>(request.hops.size()) - 1;
    const DecisionMap map = planner.decision_map({Axis::Kind::slowness, hop, 0.1, 4.0}, {Axis::Kind::round_trip, hop, 0.0, 1e-6}, 3);
    CHECK(map.rows.size() == 3);
    CHECK(map.down_values == std::vector<double>{0.0, 0.5e-6, 1e-6});
    CHECK(map.to_json().find("dnntune.decision_map/1") != std::string::npos);
  }
  CHECK(neighbours > 60);
  CHECK_THROWS_AS(RoutePlan::from_json("{\"schema\":\"dnntune.route_plan/1\"}"), Error);
}

TEST_CASE("throughput: the busiest stop or direction is as little busy as any placement allows") {
  test::Random random(35);
  int differs = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    RouteRequest request = test::random_request(random, round % 3);
    RouteRequest pipelined = request;
    pipelined.throughput = true;
    for (Stop& stop : pipelined.stops) stop.profiles.resize(1);
    request.stops = pipelined.stops;
    const Planner latency(request), planner(pipelined);
    const RoutePlan plan = planner.plan();
    CHECK(plan.proven);
    double best = std::numeric_limits<double>::infinity();
    std::vector<int> stops(request.graph.layers().size(), 0);
    for (bool more = true; more;) {
      if (const auto placed = latency.evaluate(stops)) {
        double busiest = 0.0;
        for (const auto* parts : {&placed->cost.compute_ns, &placed->cost.out_ns, &placed->cost.home_ns})
          for (const Cost& part : *parts) busiest = std::max(busiest, part.value);
        CHECK(busiest == placed->cost.busiest_ns);
        best = std::min(best, busiest);
      }
      std::size_t i = 0;
      while (i < stops.size() && ++stops[i] == static_cast<int>(request.stops.size())) stops[i++] = 0;
      more = i < stops.size();
    }
    CHECK(plan.chosen.objective == best);
    CHECK(plan.chosen.cost.busiest_ns == best);
    differs += latency.plan().chosen.cost.busiest_ns > best ? 1 : 0;

    pipelined.stops.back().max_busy_ns = 150.0;  // a server that may give each run so much
    const RoutePlan loaded = Planner(pipelined).plan();
    CHECK(loaded.chosen.cost.compute_ns.back().value <= 150.0);
    CHECK(loaded.chosen.objective >= best);
  }
  CHECK(differs > 30);
}

TEST_CASE("a percentile counts the spreads as going together; a median absolute deviation is 0.674 of one") {
  const Graph graph = test::chain(3, 10);
  Profile device = test::profile_of(graph, "here", {100, 200, 300});
  for (LayerProfile& layer : device.layers) layer.latency_ns.spread = 10.0;
  RouteRequest request{.graph = graph, .stops = {{.name = "device", .profiles = {device}}}};
  CHECK(Planner(request).plan().chosen.objective == 600.0);
  request.percentile = 0.9;
  CHECK(Planner(request).plan().chosen.cost.percentile_ns == doctest::Approx(600.0 + 1.2815516 * 1.4826 * 30.0).epsilon(1e-7));
  CHECK(Planner(request).plan().chosen.cost.latency_ns().value == 600.0);
  for (LayerProfile& layer : request.stops[0].profiles[0].layers) layer.latency_ns.provenance = Provenance::predicted;
  CHECK(Planner(request).plan().chosen.objective == doctest::Approx(600.0 + 1.2815516 * 30.0).epsilon(1e-7));
}

TEST_CASE("memory on the device: weights of its layers and the largest activation memory of one") {
  const Graph graph = test::chain(3, 10);
  Profile device = test::profile_of(graph, "here", {100, 100, 100}), cloud = test::profile_of(graph, "there", {500, 500, 500});
  for (std::size_t i = 0; i < 3; ++i) {
    device.layers[i].weight_bytes = 1000;
    device.layers[i].memory_bytes = 100 * static_cast<std::int64_t>(i + 1);
  }
  RouteRequest request{.graph = graph, .stops = {{.name = "device", .profiles = {device}}, {.name = "cloud", .profiles = {cloud}}}, .hops = {RouteHop::network(test::byte_link(0))}};
  const auto at = [&](std::int64_t limit) {
    request.max_device_memory_bytes = limit;
    return Planner(request).plan().chosen;
  };
  CHECK(at(3300).stops == std::vector<int>{0, 0, 0});
  CHECK(at(3300).cost.device_memory_bytes == 3300);
  CHECK(at(3299).stops == std::vector<int>{0, 0, 1});
  CHECK(at(2199).stops == std::vector<int>{0, 1, 1});
  CHECK(at(1099).stops == std::vector<int>{1, 1, 1});
}

TEST_CASE("requests that say nothing sensible are refused by name") {
  const Graph graph = test::chain(2, 4);
  const Profile profile = test::profile_of(graph, "here", {1, 2});
  const RouteRequest good{.graph = graph, .stops = {{.name = "a", .profiles = {profile}}, {.name = "b", .profiles = {profile}}}, .hops = {RouteHop::network(test::byte_link(0))}};
  CHECK_NOTHROW(Planner(good).plan());
  const auto refused = [&](auto change) {
    RouteRequest request = good;
    change(request);
    CHECK_THROWS_AS(Planner(std::move(request)), Error);
  };
  refused([](RouteRequest& r) { r.hops.clear(); });
  refused([](RouteRequest& r) { r.stops.clear(); });
  const auto named = [&](const char* name, const char* message) {
    RouteRequest request = good;
    request.stops[1].name = name;
    CHECK_THROWS_WITH_AS(Planner(std::move(request)), doctest::Contains(message), Error);
  };
  named("a", "stops 0 and 1 are both named 'a'");
  named("", "stop 1 has no name");
  named(" \t", "stop 1 has no name");
  refused([](RouteRequest& r) { r.home = 2; });
  refused([](RouteRequest& r) { r.home = 1; });  // a network before home
  refused([](RouteRequest& r) { r.percentile = 0.4; });
  refused([](RouteRequest& r) { r.minimize = {{Measure::latency, -1.0}}; });
  refused([](RouteRequest& r) { r.minimize = {}; });
  refused([](RouteRequest& r) { r.minimize = {{Measure::energy, 1.0}}; });  // no energy in the profiles
  refused([](RouteRequest& r) { r.codecs.clear(); });
  refused([](RouteRequest& r) { r.errors = {{"nothing", WireEncoding::int8, 1.0}}; });
  refused([](RouteRequest& r) { r.pins = {{"nothing", 0, 0}}; });
  refused([](RouteRequest& r) { r.hops[0].layers_return = RouteHop::Return::freely; });
  refused([](RouteRequest& r) { r.hops[0].link.bandwidth_up_bps = 0.0; });
  refused([](RouteRequest& r) { r.minimize = {{static_cast<Measure>(9), 1.0}}; });
  refused([](RouteRequest& r) { r.limits = {{static_cast<Measure>(-1), 1.0}}; });
  refused([](RouteRequest& r) { r.hops[0].kind = static_cast<RouteHop::Kind>(9); });
  refused([](RouteRequest& r) { r.hops[0].layers_return = static_cast<RouteHop::Return>(9); });
  refused([](RouteRequest& r) { r.codecs = {{static_cast<WireEncoding>(77), 0.0, 0.0}}; });
  CHECK_THROWS_AS(Planner(good).front({.measures = {static_cast<Measure>(9)}}), Error);
  CHECK_THROWS_AS(Planner(good).sweep({static_cast<Axis::Kind>(7), 0, 1.0, 2.0}), Error);
  CHECK_THROWS_AS(Planner(good).evaluate({0}), Error);
  CHECK_THROWS_AS(Planner(good).sweep({Axis::Kind::slowness, 1, 1.0, 2.0}), Error);
  CHECK_THROWS_AS(Planner(good).sweep({Axis::Kind::slowness, 0, 0.0, 2.0}), Error);
}

TEST_CASE("a link that is refused leaves the planner as it was") {
  test::Random random(3);
  Planner planner(test::random_request(random, 0));
  const std::string before = planner.plan().to_json();
  const double bandwidth = planner.request().hops[0].link.bandwidth_up_bps;
  Link far = test::byte_link(0);
  far.round_trip_s = 1e305;
  CHECK_THROWS_WITH_AS(planner.set_link(0, far), doctest::Contains("more than a double holds"), Error);
  Link none = test::byte_link(0);
  none.bandwidth_up_bps = 0.0;
  CHECK_THROWS_AS(planner.set_link(0, none), Error);
  CHECK(planner.request().hops[0].link.bandwidth_up_bps == bandwidth);
  CHECK(planner.plan().to_json() == before);
}
