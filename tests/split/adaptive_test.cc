// SPDX-License-Identifier: Apache-2.0
// An adaptive session against a server in this process, over a relay that plays a link: which plan it takes, never how long.
#include <atomic>
#include <chrono>
#include <limits>
#include <optional>
#include <thread>

#include "dnntune/adaptive.h"
#include "digits.h"
#include "fake_server.h"
#include "split/split_run.h"
#include "throws.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::size_t kDevice = 0, kCloud = 1;

Link link_of(double bps, double round_trip_s = 0.0) {
  Link link = Link::named("loopback");
  link.bandwidth_up_bps = link.bandwidth_down_bps = bps;
  link.round_trip_s = round_trip_s;
  return link;
}

/// Device only and cloud only, and what they are said to cost: `device_s` here, nothing but the link there.
std::vector<Plan> two_plans(const Graph& graph, double device_s, const Link& expected) {
  std::vector<Plan> plans = {plan_at(graph, graph.cut_points().back()), cloud_plan(graph)};
  for (Plan& plan : plans) plan.link = expected;
  plans[kDevice].chosen.cost.device_ns = {device_s * 1e9, 0.0, Provenance::measured};
  plans[kCloud].chosen.cost.bytes_up = 1000;
  return plans;
}

struct ServedCloud {
  explicit ServedCloud(const char* name = "digits_mlp") : graph(digits(name)) {
    server.emplace(one_thread());
    server->add_model(graph);
    server->start();
  }
  void restart() {
    ServerOptions at_port;
    at_port.port = server->port();
    server->stop();
    server.emplace(one_thread(), at_port);
    server->add_model(graph);
    server->start();
  }
  Graph graph;
  Tensors inputs = random_inputs(graph, 2), expected = run_here(graph, inputs);
  std::optional<Server> server;
};

/// A clock that goes on by a second a look, so that probes are always due.
AdaptiveOptions eager() {
  AdaptiveOptions options;
  options.split.deadline_s = kPatientSeconds;
  options.split.probe_timeout_s = kPatientSeconds;
  options.split.retry_after_s = options.split.longest_retry_after_s = 0.0;
  options.hedge_deviations = kNever;
  options.probe_after_s = 0.0;
  options.clock_s = [now = std::make_shared<std::atomic<int>>(0)] { return static_cast<double>(++*now); };
  return options;
}

/// Runs until this plan is taken; every answer on the way must be right. The number of runs it took; 0: never.
int runs_until(AdaptiveSession& session, const ServedCloud& served, std::size_t plan) {
  for (int i = 1; i <= 1000; ++i) {
    const AdaptiveResult result = session.run(served.inputs);
    check_same(result.run.outputs, served.expected);
    if (result.plan == plan) return i;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // for the probe: each run here tells the session how fast the device is
  }
  return 0;
}

}  // namespace

TEST_CASE("requests follow the link: to the cloud, to the device when it is slow, and back") {
  const ServedCloud served;
  const Link fast = link_of(1e9), slow = link_of(3e4);
  LinkShaper shaper(fast, served.server->url());
  AdaptiveSession session(served.graph, two_plans(served.graph, 0.2, fast), shaper.url(), eager());
  CHECK(runs_until(session, served, kCloud) == 1);
  CHECK(session.run(served.inputs).run.path == Path::cloud);
  shaper.set_link(slow);
  const int to_device = runs_until(session, served, kDevice);
  CHECK(to_device >= 2);  // it does not know before it has tried
  CHECK(to_device <= 6);
  shaper.set_link(fast);
  CHECK(runs_until(session, served, kCloud) > 0);
  const AdaptiveCounters counters = session.counters();
  CHECK(counters.switches == 2);
  CHECK(counters.fallbacks == 0);
  CHECK(counters.on_device + counters.in_cloud == counters.requests);
  CHECK(counters.probes >= 1);
  CHECK(session.estimate().exchanges > 0);
}

TEST_CASE("a result says which plan, which path and what it cost") {
  const ServedCloud served("digits_cnn");
  std::vector<Plan> plans = two_plans(served.graph, 1e-9, link_of(1e9));
  plans[kDevice].chosen.cost.device_uj = {3e-3, 0.0, Provenance::predicted};  // 3 W
  AdaptiveOptions options = eager();
  options.probe_after_s = kNever;
  AdaptiveSession session(served.graph, plans, served.server->url(), options);
  const AdaptiveResult result = session.run(served.inputs);
  CHECK(result.plan == kDevice);
  CHECK(!result.switched);
  CHECK(result.run.path == Path::device);
  CHECK(result.predicted_ns == doctest::Approx(1.0));
  CHECK(result.energy_uj.provenance == Provenance::predicted);
  CHECK(result.energy_uj.value == doctest::Approx(3.0 * result.run.device_ns * 1e-3));
  CHECK(result.estimate.bandwidth_up_bps == doctest::Approx(1e9));
  CHECK(session.counters().probes == 0);
  CHECK(session.plans().size() == 2);
}

TEST_CASE("a warm session has met the cloud with every plan") {
  const ServedCloud served("digits_cnn");
  std::vector<Plan> plans = two_plans(served.graph, 1.0, link_of(1e9));
  plans.push_back(middle_plan(served.graph));
  AdaptiveSession session(served.graph, plans, served.server->url(), eager());
  session.warm_up(served.inputs);
  AdaptiveCounters counters = session.counters();
  CHECK(counters.requests == 3);
  CHECK(counters.on_device == 1);
  CHECK(counters.in_cloud == 1);
  CHECK(counters.split == 1);
  CHECK(counters.switches == 0);
  session.warm_up(served.inputs);  // now the exchanges count
  CHECK(session.estimate().exchanges == 2);
}

TEST_CASE("a cloud that dies costs one fallback; then the device computes until a probe is answered") {
  ServedCloud served;
  const Link fast = link_of(1e9);
  AdaptiveSession session(served.graph, two_plans(served.graph, 1.0, fast), served.server->url(), eager());
  CHECK(runs_until(session, served, kCloud) == 1);
  served.server->stop();
  AdaptiveResult result = session.run(served.inputs);
  CHECK(result.plan == kCloud);
  CHECK(result.run.path == Path::fallback);
  CHECK(result.run.why != "");
  check_same(result.run.outputs, served.expected);
  for (int i = 0; i < 20; ++i) {
    result = session.run(served.inputs);
    CHECK(result.plan == kDevice);
    CHECK(result.run.path == Path::device);
    CHECK(result.estimate.cloud_doubtful);
    check_same(result.run.outputs, served.expected);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(session.counters().probes_failed > 0);
  served.restart();
  CHECK(runs_until(session, served, kCloud) > 0);
  CHECK(session.counters().fallbacks == 1);
  CHECK(session.counters().probe_bytes_up > 0);
  CHECK(!session.estimate().cloud_doubtful);
}

TEST_CASE("a cloud that was left alone is not asked before its pause is over") {
  ServedCloud served;
  AdaptiveOptions options = eager();
  options.split.retry_after_s = options.split.longest_retry_after_s = 1e6;
  AdaptiveSession session(served.graph, two_plans(served.graph, 1.0, link_of(1e9)), served.server->url(), options);
  served.server->stop();
  CHECK(session.run(served.inputs).run.path == Path::fallback);
  for (int i = 0; i < 5; ++i) CHECK(session.run(served.inputs).run.path == Path::device);
  CHECK(session.counters().probes == 0);
}

TEST_CASE("an answer that is late is not waited for: the device was first, and takes the next requests too") {
  const ServedCloud served;
  FakeServer mute([](FakeConnection& connection) { connection.read_to_end(); });
  AdaptiveOptions options = eager();
  options.hedge_deviations = 2.0;
  options.split.deadline_s = 0.5;  // how long the connection that owes an answer is waited for at the end
  options.split.probe_timeout_s = 0.2;
  AdaptiveSession session(served.graph, two_plans(served.graph, 1.0, link_of(1e9, 1e-3)), mute.url(), options);
  const AdaptiveResult late = session.run(served.inputs);
  CHECK(late.plan == kCloud);
  CHECK(late.run.path == Path::fallback);
  check_same(late.run.outputs, served.expected);
  const AdaptiveResult next = session.run(served.inputs);
  CHECK(next.plan == kDevice);
  CHECK(next.switched);
  check_same(next.run.outputs, served.expected);
}

TEST_CASE("no request is lost while the link comes and goes") {
  const ServedCloud served("digits_lstm");
  const Link fast = link_of(1e9);
  LinkShaper shaper(fast, served.server->url());
  std::vector<Plan> plans = two_plans(served.graph, 0.02, fast);
  plans.push_back(middle_plan(served.graph));
  plans.back().chosen.cost.device_ns.value = 1e7;
  AdaptiveOptions options = eager();
  options.hedge_deviations = 1.0;
  options.split.deadline_s = 0.1;
  options.split.probe_timeout_s = 0.05;
  AdaptiveSession session(served.graph, plans, shaper.url(), options);
  for (int i = 0; i < 120; ++i) {
    if (i % 10 == 3) shaper.set_down(true);
    if (i % 10 == 5) shaper.set_down(false);
    if (i % 10 == 7) shaper.set_link(link_of(1e5));
    if (i % 10 == 8) shaper.set_link(fast);
    check_same(session.run(served.inputs).run.outputs, served.expected);
  }
  const AdaptiveCounters counters = session.counters();
  CHECK(counters.requests == 120);
  CHECK(counters.on_device + counters.split + counters.in_cloud + counters.fallbacks == 120);
}

TEST_CASE("one plan is carried out as a SplitSession would, and one on the device never touches the network") {
  ServedCloud served;
  AdaptiveOptions options = eager();
  AdaptiveSession fixed(served.graph, {middle_plan(served.graph)}, served.server->url(), options);
  CHECK(fixed.run(served.inputs).run.path == Path::split);
  served.server->stop();
  for (int i = 0; i < 3; ++i) {
    const AdaptiveResult result = fixed.run(served.inputs);
    CHECK(result.run.path == Path::fallback);
    check_same(result.run.outputs, served.expected);
  }
  FakeServer nobody([](FakeConnection&) {});
  AdaptiveSession here(served.graph, {plan_at(served.graph, served.graph.cut_points().back())}, nobody.url(), options);
  for (int i = 0; i < 3; ++i) CHECK(here.run(served.inputs).run.path == Path::device);
  CHECK(nobody.connections() == 0);
}

TEST_CASE("the server says how long a request waited, and the session leaves it out of the link") {
  const ServedCloud served;
  auto run = split::SplitRun::make(served.graph, cloud_plan(served.graph), served.server->url(), SplitOptions{}, std::make_shared<WeightPool>());
  for (const bool first : {true, false}) {
    split::CloudNews news;
    const SplitResult result = run->finish(run->begin(served.inputs), kNever, news);
    CHECK(result.path == Path::cloud);
    CHECK(news.kind == split::CloudNews::Kind::answered);
    CHECK(news.first == first);
    CHECK(news.compute_ns > 0.0);
    CHECK(news.wait_ns >= 0.0);
    CHECK(news.exchange_ns >= news.compute_ns + news.wait_ns);
    CHECK(news.exchange_ns <= result.exchange_ns);
  }
}

TEST_CASE("the cloud's layers are ready here from the start, unless that is not wanted, and plans have their weights in common") {
  const ServedCloud served;
  const auto bytes_of = [&](const std::vector<Plan>& plans, bool prepared) {
    const auto pool = std::make_shared<WeightPool>();
    SplitOptions options;
    options.prepare_fallback = prepared;
    std::vector<std::unique_ptr<split::SplitRun>> runs;
    for (const Plan& plan : plans) runs.push_back(split::SplitRun::make(served.graph, plan, served.server->url(), options, pool));
    return pool->bytes();
  };
  const Plan device = plan_at(served.graph, served.graph.cut_points().back()), cloud = cloud_plan(served.graph), middle = middle_plan(served.graph);
  const std::int64_t all = bytes_of({device}, true);
  CHECK(all > 0);
  CHECK(bytes_of({cloud}, false) == 0);
  CHECK(bytes_of({cloud}, true) == all);
  CHECK(bytes_of({middle}, false) < all);
  CHECK(bytes_of({device, middle, cloud}, true) == all);
}

TEST_CASE("energy: the plan that costs the device least, and what is not known is refused") {
  const ServedCloud served;
  std::vector<Plan> plans = two_plans(served.graph, 1e-3, Link::named("lte"));  // faster here
  for (Plan& plan : plans) plan.objective = Objective::Kind::energy;
  CHECK_ERROR(AdaptiveSession(served.graph, plans, served.server->url()), ErrorCode::invalid_argument, "layers of 'by hand'");
  plans[kDevice].chosen.cost.device_uj = {1e9, 0.0, Provenance::predicted};
  AdaptiveSession session(served.graph, plans, served.server->url(), eager());
  const AdaptiveResult result = session.run(served.inputs);
  CHECK(result.plan == kCloud);
  CHECK(result.energy_uj.provenance == Provenance::predicted);
  CHECK(result.energy_uj.value > 0.0);
  for (Plan& plan : plans) plan.link.radio = {};
  CHECK_ERROR(AdaptiveSession(served.graph, plans, served.server->url()), ErrorCode::invalid_argument, "no radio");
}

TEST_CASE("options without sense, wrong inputs and plans of other graphs are refused") {
  const ServedCloud served;
  const std::vector<Plan> plans = two_plans(served.graph, 1.0, link_of(1e9));
  const auto make = [&](const AdaptiveOptions& options) { AdaptiveSession(served.graph, plans, served.server->url(), options); };
  for (double AdaptiveOptions::*field : {&AdaptiveOptions::margin, &AdaptiveOptions::patience, &AdaptiveOptions::probe_after_s, &AdaptiveOptions::hedge_deviations})
    for (const double wrong : {-1.0, std::numeric_limits<double>::quiet_NaN()}) {
      AdaptiveOptions options;
      options.*field = wrong;
      CHECK_ERROR(make(options), ErrorCode::invalid_argument, "AdaptiveOptions: ");
    }
  AdaptiveOptions options;
  options.most_probe_bytes = -1;
  CHECK_ERROR(make(options), ErrorCode::invalid_argument, "most_probe_bytes is -1");
  CHECK_ERROR(AdaptiveSession(served.graph, {}, served.server->url()), ErrorCode::invalid_argument, "at least one plan");
  CHECK_ERROR(AdaptiveSession(digits("digits_cnn"), plans, served.server->url()), ErrorCode::invalid_argument, "the plan is for model");
  AdaptiveSession session(served.graph, plans, served.server->url());
  CHECK_ERROR(session.run({}), ErrorCode::invalid_argument, "");
  CHECK(session.counters().requests == 0);
}
