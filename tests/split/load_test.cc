// SPDX-License-Identifier: Apache-2.0
// What a server says of its load: the meter by hand, and a server that is really busy.
#include <cmath>
#include <mutex>
#include <thread>
#include <vector>

#include "base/json.h"
#include "digits.h"
#include "fake_server.h"
#include "split/http_client.h"
#include "split/load_meter.h"
#include "split/server_stats.h"
#include "split/suffix.h"
#include "split/turns.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

std::string body_of(const Server& server, const std::string& path) {
  const auto reply = split::HttpClient(server.url(), {}).get(path, split::deadline_in(kPatientSeconds));
  REQUIRE(reply.status == 200);
  return reply.body;
}

void infer(const Server& server, const Graph& graph, int times) {
  SplitSession session(graph, cloud_plan(graph), server.url(), patient());
  const Tensors inputs = random_inputs(graph, 1);
  for (int i = 0; i < times; ++i) REQUIRE(session.run(inputs).path == Path::cloud);
}

}  // namespace

TEST_CASE("moments that fade") {
  split::FadingMoments moments(10.0);
  CHECK(moments.moments().samples == 0.0);
  for (const double value : {1.0, 2.0, 3.0, 4.0}) moments.add(0.0, value);
  CHECK(moments.moments().samples == doctest::Approx(4.0));
  CHECK(moments.moments().mean_s == doctest::Approx(2.5));
  CHECK(moments.moments().deviation_s == doctest::Approx(std::sqrt(5.0 / 3.0)));
  moments.add(1000.0, 7.0);  // all before is forgotten
  CHECK(moments.moments().mean_s == doctest::Approx(7.0));
  CHECK(moments.moments().samples == doctest::Approx(1.0));
  // Samples of weights 1/e and 1.
  split::FadingMoments two(10.0);
  two.add(0.0, 0.0);
  two.add(10.0, 1.0);
  const double w = std::exp(-1.0);
  CHECK(two.moments().mean_s == doctest::Approx(1.0 / (1.0 + w)));
  CHECK(two.moments().samples == doctest::Approx((1.0 + w) * (1.0 + w) / (1.0 + w * w)));
}

TEST_CASE("a level's mean over time") {
  split::FadingLevel level(0.0, 10.0);
  CHECK(level.mean(0.0) == 0.0);
  level.step(5.0, 2);
  CHECK(level.now() == 2);
  const double recent = 1.0 - std::exp(-0.5);  // the weight of the last 5 s, of all that there was
  CHECK(level.mean(10.0) == doctest::Approx(2.0 * recent / (1.0 - std::exp(-1.0))));
  level.step(10.0, -2);
  CHECK(level.mean(1000.0) == doctest::Approx(0.0).epsilon(1e-9));
}

TEST_CASE("requests on their way are counted where they are") {
  split::LoadMeter meter;
  CHECK(meter.load().requests == 0);
  CHECK(meter.load().arrivals_per_s == 0.0);
  {
    split::LoadMeter::Request first(meter, "a"), second(meter, "a");
    CHECK(meter.load().waiting == 2);
    first.starts();
    CHECK(meter.load().waiting == 1);
    CHECK(meter.load().computing == 1);
    first.computed();
    CHECK(meter.load().computing == 0);
    CHECK(meter.load().service_s.samples == doctest::Approx(1.0));
  }
  const ServerLoad load = meter.load();
  CHECK(load.requests == 2);
  CHECK(load.waiting == 0);
  CHECK(load.computing == 0);
  CHECK(load.arrivals_per_s > 0.0);
  const split::ModelTotals totals = meter.totals().at("a");
  CHECK(totals.succeeded == 1);
  CHECK(totals.failed == 1);
  CHECK(totals.wait_ns + totals.compute_ns == totals.success_ns);
  {
    split::LoadMeter::Request broken(meter, "b");
    broken.prepares();
    broken.starts();
  }
  CHECK(meter.load().computing == 0);
  CHECK(meter.totals().at("b").failed == 1);
  CHECK(meter.load().service_s.samples == doctest::Approx(1.0).epsilon(0.01));
}

TEST_CASE("turns come in the order in which they were asked for") {
  split::Turns turns;
  std::vector<int> order;
  std::vector<std::thread> threads;
  turns.lock();
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&turns, &order, i] {
      const std::lock_guard turn(turns);
      order.push_back(i);
    });
    while (turns.in_line() < static_cast<std::uint64_t>(i) + 2) std::this_thread::yield();
  }
  turns.unlock();
  for (std::thread& thread : threads) thread.join();
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5});
  CHECK(turns.in_line() == 0);
}

TEST_CASE("a busy server tells how busy, in three ways that agree") {
  const Graph graph = digits("digits_cnn");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  const ServerLoad idle = remote_load(server.url());
  CHECK(idle.requests == 0);
  CHECK(idle.servers == 1);
  CHECK(idle.connections == ServerOptions().connections);
  CHECK(!QueueModel(idle).waiting(0.01).saturated);
  CHECK(QueueModel(idle).waiting(0.01).mean_ns.value == 0.0);

  constexpr int kClients = 4, kEach = 50;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back([&] { infer(server, graph, kEach); });
  for (std::thread& client : clients) client.join();

  const ServerLoad load = remote_load(server.url());
  CHECK(load.requests == kClients * kEach);
  CHECK(load.computing == 0);
  CHECK(load.waiting == 0);
  CHECK(load.arrivals_per_s > 0.0);
  CHECK(load.arrival_samples > 1.0);
  CHECK(load.arrival_samples <= 2.0 * kClients * kEach);
  CHECK(load.service_s.mean_s > 0.0);
  CHECK(load.service_s.samples > 10.0);  // as many as a slow machine's window holds
  CHECK(load.wait_s.samples > 10.0);
  CHECK(load.wait_s.mean_s >= 0.0);
  CHECK(load.busy > 0.0);
  CHECK(load.busy <= 1.0);
  const WaitingTime wait = QueueModel(load).waiting(load.service_s.mean_s);
  CHECK(wait.mean_ns.value >= 0.0);
  CHECK(wait.percentile_ns(0.95) >= 0.0);

  // The session asks for the model by its identity.
  std::int64_t succeeded = 0, compute_ns = 0;
  for (const std::string& name : {graph.name(), split::identity(graph)}) {
    const base::Json stats = base::parse_json(body_of(server, "/v2/models/" + name + "/stats"), "stats");
    const base::Json& model = stats["model_stats"][0];
    CHECK(model["name"] == name);
    succeeded += model["inference_count"].get<std::int64_t>();
    compute_ns += model["inference_stats"]["compute_infer"]["ns"].get<std::int64_t>();
  }
  CHECK(succeeded == kClients * kEach);
  CHECK(compute_ns > 0);
  const std::string metrics = body_of(server, "/metrics");
  CHECK(metrics.find("dnntune_requests_succeeded_total{model=\"" + split::identity(graph) + "\"} 200\n") != std::string::npos);
  CHECK(metrics.find("# TYPE dnntune_busy_ratio gauge\n") != std::string::npos);
}

TEST_CASE("labels of metrics are escaped") {
  split::ModelTotals totals;
  totals.succeeded = 3;
  const std::string text = split::metrics_text({}, {{"a\"b\\c\nd", totals}});
  CHECK(text.find("{model=\"a\\\"b\\\\c\\nd\"} 3\n") != std::string::npos);
}

TEST_CASE("remote_load: servers that do not tell, lie, or want a token") {
  ServerOptions options;
  options.bearer_token = "secret";
  Server server(one_thread(), options);
  server.start();
  check_error(ErrorCode::network, "token", [&] { remote_load(server.url()); });
  CHECK(remote_load(server.url(), {.bearer_token = "secret"}).requests == 0);
  const FakeServer other(FakeServer::answering([](const std::string&) { return http_reply(404, R"({"error":"nothing here"})"); }));
  check_error(ErrorCode::not_found, "does not tell", [&] { remote_load(other.url()); });
  const FakeServer liar(FakeServer::answering([](const std::string&) { return http_reply(200, R"({"schema":"dnntune.server_load/1"})"); }));
  check_error(ErrorCode::network, "unusable", [&] { remote_load(liar.url()); });
}
