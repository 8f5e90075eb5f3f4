// SPDX-License-Identifier: Apache-2.0
// Queues against what is known exactly, and against a simulation; plans with a wait.
#include "dnntune/queue.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "plan/small_nets.h"

using namespace dnntune;

namespace {

/// Many samples, so that nothing is uncertain; no measured waits.
ServerLoad load_of(double arrivals_per_s, double service_s, double deviation_s, int servers = 1) {
  ServerLoad load;
  load.window_s = 30;
  load.servers = servers;
  load.arrivals_per_s = arrivals_per_s;
  load.arrival_samples = 1e12;
  load.service_s = {service_s, deviation_s, 1e12};
  return load;
}

double mean_s(const ServerLoad& load) { return QueueModel(load).waiting().mean_ns.value * 1e-9; }

struct Simulated {
  double mean_s = 0.0, late_s = 0.0;
};

/// First come first served, Poisson arrivals, service times from `draw`.
template <typename Draw>
Simulated simulate(double per_s, int servers, Draw draw) {
  constexpr int kRequests = 400'000;
  std::mt19937_64 random(1);
  std::exponential_distribution<double> gap(per_s);
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (int i = 0; i < servers; ++i) free_at.push(0.0);
  std::vector<double> waits;
  double now = 0.0, sum = 0.0;
  for (int i = 0; i < kRequests; ++i) {
    now += gap(random);
    const double start = std::max(now, free_at.top());
    free_at.pop();
    free_at.push(start + draw(random));
    waits.push_back(start - now);
    sum += start - now;
  }
  const auto late = waits.begin() + kRequests * 95 / 100;
  std::nth_element(waits.begin(), late, waits.end());
  return {sum / kRequests, *late};
}

template <typename Call>
ErrorCode code_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

}  // namespace

TEST_CASE("Erlang's C formula") {
  CHECK(erlang_c(1, 0.0) == 0.0);
  for (const double a : {0.1, 0.5, 0.99}) CHECK(erlang_c(1, a) == doctest::Approx(a));
  CHECK(erlang_c(2, 1.0) == doctest::Approx(1.0 / 3.0));
  // c = 10, a = 8, and c = 5, a = 4: by the sum over states.
  const auto by_states = [](int c, double a) {
    double term = 1.0, sum = 0.0;
    for (int n = 0; n < c; ++n, term *= a / n) sum += term;
    const double waiting = term * c / (c - a);
    return waiting / (sum + waiting);
  };
  for (const auto& [c, a] : std::vector<std::pair<int, double>>{{10, 8.0}, {5, 4.0}, {64, 63.0}}) CHECK(erlang_c(c, a) == doctest::Approx(by_states(c, a)).epsilon(1e-9));
  CHECK(erlang_c(4, 4.0) == 1.0);
  CHECK(code_of([] { erlang_c(0, 1.0); }) == ErrorCode::invalid_argument);
  CHECK(code_of([] { erlang_c(1, std::nan("")); }) == ErrorCode::invalid_argument);
}

TEST_CASE("queues that are known exactly") {
  // M/M/1 at 50 and 90 %; M/D/1 waits half as long; Pollaczek and Khinchine for the rest.
  CHECK(mean_s(load_of(50, 0.01, 0.01)) == doctest::Approx(0.01));
  CHECK(mean_s(load_of(90, 0.01, 0.01)) == doctest::Approx(0.09));
  CHECK(mean_s(load_of(50, 0.01, 0.0)) == doctest::Approx(0.005));
  CHECK(mean_s(load_of(50, 0.01, 0.02)) == doctest::Approx(50 * (1e-4 + 4e-4) / 2 / 0.5));
  const WaitingTime wait = QueueModel(load_of(80, 0.01, 0.01)).waiting();
  CHECK(wait.utilisation == doctest::Approx(0.8));
  CHECK(wait.wait_probability == doctest::Approx(0.8));
  CHECK(wait.percentile_ns(0.95) == doctest::Approx(0.05 * std::log(0.8 / 0.05) * 1e9));  // of M/M/1
  CHECK(wait.percentile_ns(0.2) == 0.0);
  CHECK(wait.mean_ns.spread < 1e-3 * wait.mean_ns.value);
  CHECK(code_of([&] { wait.percentile_ns(1.0); }) == ErrorCode::invalid_argument);
}

TEST_CASE("a simulated server of three waits as the model says") {
  const auto erlang_2 = [](std::mt19937_64& random) { return std::gamma_distribution<double>(2.0, 0.005)(random); };
  const Simulated simulated = simulate(240, 3, erlang_2);
  const WaitingTime wait = QueueModel(load_of(240, 0.01, 0.01 / std::sqrt(2.0), 3)).waiting();
  CHECK(wait.mean_ns.value * 1e-9 == doctest::Approx(simulated.mean_s).epsilon(0.05));
  CHECK(wait.percentile_ns(0.95) * 1e-9 == doctest::Approx(simulated.late_s).epsilon(0.1));
}

TEST_CASE("a server without requests, and one with too many") {
  const WaitingTime idle = QueueModel(load_of(0, 0, 0)).waiting(0.02);
  CHECK(!idle.saturated);
  CHECK(idle.mean_ns.value == 0.0);
  CHECK(idle.percentile_ns(0.999) == 0.0);
  for (const double per_s : {100.0, 100.1, 1e6}) {
    const WaitingTime wait = QueueModel(load_of(per_s, 0.01, 0.0)).waiting();
    CHECK(wait.saturated);
    CHECK(wait.mean_ns.value == std::numeric_limits<double>::infinity());
    CHECK(wait.percentile_ns(0.5) == std::numeric_limits<double>::infinity());
    CHECK(wait.why.find("saturated") != std::string::npos);
  }
  // What is to come counts too.
  const QueueModel half(load_of(50, 0.01, 0.01));
  CHECK(!half.waiting(0.02, 10).saturated);
  CHECK(half.waiting(0.02, 10).mean_ns.value > half.waiting().mean_ns.value);
  CHECK(half.waiting(0.02, 10).utilisation == doctest::Approx(0.7));
  CHECK(half.waiting(0.02, 25).saturated);
  // An idle server that only we use: M/D/1 of our own.
  CHECK(QueueModel(load_of(0, 0, 0)).waiting(0.01, 50).mean_ns.value == doctest::Approx(0.005e9));
}

TEST_CASE("waits grow with the load, and never are negative or without a spread") {
  double before = -1.0;
  for (double per_s = 0.0; per_s < 99.9; per_s += 3.7) {
    ServerLoad load = load_of(per_s, 0.01, 0.004);
    load.arrival_samples = 50;
    load.service_s.samples = 50;
    const WaitingTime wait = QueueModel(load).waiting();
    CHECK(wait.mean_ns.value >= 0.0);
    CHECK(wait.mean_ns.value > before);
    CHECK(std::isfinite(wait.mean_ns.spread));
    if (per_s > 0.0) CHECK(wait.mean_ns.spread > 0.0);
    before = wait.mean_ns.value;
  }
}

TEST_CASE("measured waits are believed") {
  ServerLoad load = load_of(60, 0.01, 0.002);
  load.wait_s = {0.004, 0.006, 100};
  const WaitingTime wait = QueueModel(load).waiting();
  CHECK(wait.mean_ns.value == doctest::Approx(0.004e9));
  CHECK(wait.mean_ns.spread == doctest::Approx(0.0006e9));
  CHECK(wait.why.find("measured") != std::string::npos);
  CHECK(QueueModel(load).waiting(0.01, 10).mean_ns.value > wait.mean_ns.value);
  load.wait_s.samples = 10;  // too few
  CHECK(QueueModel(load).waiting().mean_ns.value == doctest::Approx(0.015e9 * (1 + 0.04) / 2));
  // Four clients that each wait for their answer: always busy, and yet nobody waits for more than three others. Rate times
  // service time is 1 but for noise.
  for (const double per_s : {98.0, 99.9, 100.0, 101.0}) {
    ServerLoad closed = load_of(per_s, 0.01, 0.0005);
    closed.arrival_samples = 3000;
    closed.wait_s = {0.03, 0.001, 1500};
    const WaitingTime bounded = QueueModel(closed).waiting();
    CHECK(!bounded.saturated);
    CHECK(bounded.mean_ns.value == doctest::Approx(0.03e9));
    CHECK(QueueModel(closed).waiting(0.01, 20).saturated);
  }
  ServerLoad open = load_of(130, 0.01, 0.0005);
  open.arrival_samples = 3000;
  open.wait_s = {5.0, 3.0, 1500};
  CHECK(QueueModel(open).waiting().saturated);
}

TEST_CASE("times that vary beyond all measure have no finite mean wait, and say so") {
  for (const double deviation_s : {1e151, 1e153, 1e300}) {  // infinite in nanoseconds, in seconds, and when it is squared
    CAPTURE(deviation_s);
    const WaitingTime wait = QueueModel(load_of(50, 0.01, deviation_s)).waiting();
    CHECK(wait.saturated);
    CHECK(wait.mean_ns.value == std::numeric_limits<double>::infinity());
    CHECK(wait.percentile_ns(0.5) == std::numeric_limits<double>::infinity());
    CHECK(wait.why.find("vary") != std::string::npos);
    CHECK_THROWS_AS(with_queue(RouteHop::network(test::byte_link(1)), wait), Error);
  }
  ServerLoad load = load_of(50, 0.01, 1e143);  // its mean is still a number; what is uncertain of it no longer
  load.service_s.samples = load.arrival_samples = 2;
  const WaitingTime wait = QueueModel(load).waiting();
  CHECK(!wait.saturated);
  CHECK(std::isfinite(wait.mean_ns.value));
  CHECK(std::isfinite(wait.mean_ns.spread));
}

TEST_CASE("many servers that are hardly busy are not saturated by measured waits") {
  ServerLoad load = load_of(1.0, 0.01, 0.01, 500);  // Erlang's formula is below what a double holds
  load.wait_s = {0.0, 0.0, 100};
  const WaitingTime wait = QueueModel(load).waiting();
  CHECK(!wait.saturated);
  CHECK(wait.mean_ns.value == 0.0);
  CHECK(wait.percentile_ns(0.99) == 0.0);
}

TEST_CASE("figures that are none are refused by name") {
  ServerLoad load = load_of(10, 0.01, 0.01);
  load.arrivals_per_s = -1;
  CHECK(code_of([&] { QueueModel{load}; }) == ErrorCode::invalid_argument);
  load = load_of(10, std::numeric_limits<double>::infinity(), 0.01);
  CHECK(code_of([&] { QueueModel{load}; }) == ErrorCode::invalid_argument);
  load = load_of(10, 0.01, 0.01, 0);
  CHECK(code_of([&] { QueueModel{load}; }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { QueueModel(load_of(10, 0.01, 0.01)).waiting(-1.0); }) == ErrorCode::invalid_argument);
}

TEST_CASE("a load comes back from JSON as it was") {
  ServerLoad load = load_of(12.5, 0.01, 0.004, 3);
  load.date = "2026-01-02T03:04:05Z";
  load.requests = 77;
  load.connections = 16;
  load.computing = 2;
  load.waiting = 1;
  load.unread = 4;
  load.observed_s = 100.25;
  load.arrival_scv = 0.7;
  load.wait_s = {0.25, 0.5, 33};
  load.busy = 0.125;
  load.mean_waiting = 2.5;
  const std::string json = load.to_json();
  const ServerLoad again = ServerLoad::from_json(json);
  CHECK(again.to_json() == json);
  CHECK(again.unread == 4);
  CHECK(again.wait_s.samples == 33);
  CHECK(again.mean_waiting == 2.5);
  for (const char* field : {"servers", "window_s", "arrivals_per_s", "service", "mean_s", "schema"}) {
    std::string broken = json;
    broken.replace(broken.find('"' + std::string(field) + '"') + 1, 1, "?");
    CAPTURE(field);
    CHECK(code_of([&] { ServerLoad::from_json(broken); }) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("plans pay the wait once where a layer is in the cloud, and leave a saturated one alone") {
  const Graph graph = test::chain(3, 1000);
  PlanRequest request{.graph = graph,
                      .device = {test::profile_of(graph, "here", {5000, 7000, 9000})},
                      .cloud = {test::profile_of(graph, "there", {100, 200, 300})},
                      .link = test::byte_link(2000)};
  const Plan idle = make_plan(request);
  CHECK(idle.chosen.name == "cloud-only");
  CHECK(idle.explain().find("taken as idle") != std::string::npos);

  request.cloud_wait.mean_ns = {4000, 500, Provenance::predicted};
  request.cloud_wait.why = "half busy";
  const Plan busy = make_plan(request);
  for (const auto& [with, without] : {std::pair(&busy.cloud_only, &idle.cloud_only), std::pair(&busy.best_split, &idle.best_split)}) {
    CHECK(with->cost.wait_ns.value == 4000);
    CHECK(with->cost.latency_ns().value == without->cost.latency_ns().value + 4000);
    CHECK(with->cost.latency_ns().spread == without->cost.latency_ns().spread + 500);
  }
  CHECK(busy.mobile_only.cost.wait_ns.value == 0);
  CHECK(busy.mobile_only.cost.latency_ns().value == idle.mobile_only.cost.latency_ns().value);
  CHECK(busy.explain().find("half busy") != std::string::npos);
  CHECK(busy.explain().find("wait in queue") != std::string::npos);
  const Plan again = Plan::from_json(busy.to_json());
  CHECK(again.to_json() == busy.to_json());
  CHECK(again.chosen.cost.wait_ns.value == 4000);
  CHECK(again.cloud_wait.why == "half busy");

  request.cloud_wait.mean_ns.value = 40000;
  CHECK(make_plan(request).chosen.name == "mobile-only");

  request.cloud_wait = QueueModel(load_of(200, 0.01, 0.01)).waiting();
  const Plan saturated = make_plan(request);
  CHECK(saturated.chosen.name == "mobile-only");
  CHECK(!saturated.cloud_only.feasible);
  CHECK(!saturated.best_split.feasible);
  CHECK(saturated.cloud_only.why.find("saturated") != std::string::npos);
  CHECK(saturated.best_split.why.find("saturated") != std::string::npos);
  CHECK(saturated.explain().find("saturated") != std::string::npos);
  CHECK(Plan::from_json(saturated.to_json()).cloud_wait.mean_ns.value == std::numeric_limits<double>::infinity());

  request.cloud_wait = {};
  request.cloud_wait.mean_ns.value = -1;
  CHECK(code_of([&] { make_plan(request); }) == ErrorCode::invalid_argument);
}

TEST_CASE("a route's hop to a busy server pays it with the round trip") {
  const Graph graph = test::chain(3, 1000);
  WaitingTime wait;
  wait.mean_ns.value = 4000;
  wait.why = "half busy";
  const auto latency = [&](const RouteHop& hop) {
    const Planner planner({.graph = graph,
                           .stops = {{"here", {test::profile_of(graph, "here", {5000, 7000, 9000})}}, {"there", {test::profile_of(graph, "there", {100, 200, 300})}}},
                           .hops = {hop}});
    return planner.evaluate({1, 1, 1})->cost.latency_ns().value;
  };
  const RouteHop hop = RouteHop::network(test::byte_link(2000));
  CHECK(latency(with_queue(hop, wait)) == doctest::Approx(latency(hop) + 4000));
  wait.saturated = true;
  CHECK(code_of([&] { with_queue(hop, wait); }) == ErrorCode::unsupported);
  CHECK(code_of([&] { with_queue(RouteHop::memory(1e9, 0.0), {}); }) == ErrorCode::invalid_argument);
}

TEST_CASE("more servers than there are in the world are refused, not counted") {
  CHECK_THROWS_AS(erlang_c(2147483647, 1e9), Error);
  ServerLoad load;
  load.servers = 2147483647;
  CHECK_THROWS_AS(QueueModel{load}, Error);
}
