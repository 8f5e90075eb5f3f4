// SPDX-License-Identifier: Apache-2.0
// Servers with more to do than they take, that are told to stop, and whose models change; clients that come again.
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <limits>
#include <thread>
#include <vector>

#include "base/json.h"
#include "digits.h"
#include "fake_server.h"
#include "split/admission.h"
#include "split/http_client.h"
#include "split/http_server.h"
#include "split/suffix.h"
#include "split/turns.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

/// Answers when it is let; says how many requests it has begun to answer.
class Gate final : public split::HttpHandler {
 public:
  std::optional<split::HttpReply> refuse(const split::HttpRequest&) const override { return std::nullopt; }
  split::HttpReply answer(const split::HttpRequest& request) override {
    ++begun;
    opened.get_future_copy().wait();
    split::HttpReply reply;
    reply.body = "{\"client\":\"" + request.client + "\"}";
    return reply;
  }
  struct Opening {
    std::promise<void> promise;
    std::shared_future<void> future = promise.get_future().share();
    std::shared_future<void> get_future_copy() const { return future; }
  } opened;
  std::atomic<int> begun = 0;
};

/// The first line and the headers of an answer, and all that follows.
std::string ask(int port, const std::string& request = "GET / HTTP/1.1\r\nConnection: close\r\n\r\n") {
  FakeConnection connection = raw_client(port);
  connection.send(request);
  return connection.read_to_end();
}

void wait_until(const std::function<bool()>& holds) {
  for (int i = 0; i < 20000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(3));
  REQUIRE(holds());
}

}  // namespace

TEST_CASE("clients that wait are served in turn, each in the order in which it asked") {
  split::Turns turns;
  std::vector<std::string> order;
  std::vector<std::thread> threads;
  turns.lock("a");
  for (const char* client : {"a", "a", "a", "b", "c", "b"}) {
    threads.emplace_back([&, client] {
      const split::Turn turn(turns, client);
      order.push_back(client);
    });
    while (turns.in_line() < threads.size() + 1) std::this_thread::yield();
  }
  turns.unlock();
  for (std::thread& thread : threads) thread.join();
  CHECK(order == std::vector<std::string>{"a", "b", "c", "a", "b", "a"});
  CHECK(turns.in_line() == 0);
}

TEST_CASE("short jobs that wait are done in turn by the thread that has it, long ones by their own") {
  split::Turns turns;
  std::vector<std::pair<std::string, std::thread::id>> done;
  std::vector<std::thread> threads;
  std::vector<std::thread::id> owners;
  turns.lock("a");
  for (const auto& [client, expected_ns] : {std::pair("a", std::int64_t{10}), {"a", std::int64_t{10}}, {"b", std::int64_t{10}}, {"c", split::Turns::kLong}, {"b", std::int64_t{10}}}) {
    threads.emplace_back([&, client, expected_ns] {
      const std::string name = client;
      turns.run(name, {[&] { done.emplace_back(name, std::this_thread::get_id()); }, expected_ns});
    });
    owners.push_back(threads.back().get_id());
    while (turns.in_line() < threads.size() + 1) std::this_thread::yield();
  }
  turns.unlock();
  for (std::thread& thread : threads) thread.join();
  CHECK(turns.in_line() == 0);
  REQUIRE(done.size() == 5);
  const auto here = std::this_thread::get_id();
  for (std::size_t i = 0; i < 5; ++i) CHECK(done[i].first == std::vector<std::string>{"a", "b", "c", "a", "b"}[i]);
  CHECK(done[0].second == here);
  CHECK(done[1].second == here);
  CHECK(done[2].second == owners[3]);
  CHECK(done[3].second == owners[3]);  // whose turn it is then
  CHECK(done[4].second == owners[3]);
}

TEST_CASE("many threads in turn: one at a time, and each job once") {
  split::Turns turns;
  constexpr int kThreads = 8, kEach = 2000;
  int at_work = 0, done = 0, crowded = 0;  // of whoever has the turn
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, client = std::string(1, static_cast<char>('a' + t % 3))] {
      const auto work = [&] {
        crowded += ++at_work > 1 ? 1 : 0;
        ++done;
        --at_work;
      };
      for (int i = 0; i < kEach; ++i) turns.run(client, {work, i % 7 == 0 ? split::Turns::kLong : 1000});
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(done == kThreads * kEach);
  CHECK(crowded == 0);
  CHECK(turns.in_line() == 0);
}

TEST_CASE("places are given as long as there are some, and come back") {
  split::Admission admission(2);
  {
    const split::Admission::Place first(admission), second(admission), third(admission);
    CHECK(first);
    CHECK(second);
    CHECK(!third);
    CHECK(admission.full());
    CHECK(admission.taken() == 2);
  }
  CHECK(admission.taken() == 0);
  CHECK(!admission.full());
}

TEST_CASE("requests beyond what may wait unread are told to come again; the others are answered") {
  Gate gate;
  split::HttpServerOptions options;
  options.workers = 1;
  options.max_body_bytes = 1000;
  options.max_unread = 2;
  std::atomic<int> unread = 0;
  options.unread = &unread;
  int port = 0;
  split::HttpServer server("127.0.0.1", port, options, gate);
  port = server.port();
  std::vector<std::future<std::string>> taken;
  taken.push_back(std::async(std::launch::async, [&] { return ask(port); }));
  wait_until([&] { return gate.begun == 1; });
  for (int waiting = 1; waiting <= 2; ++waiting) {
    taken.push_back(std::async(std::launch::async, [&] { return ask(port); }));
    wait_until([&] { return unread == waiting; });
  }
  for (int i = 0; i < 3; ++i) {
    const std::string refusal = ask(port, "POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\n" + std::string(900, 'x'));
    CAPTURE(refusal);
    CHECK(refusal.starts_with("HTTP/1.1 503 "));
    CHECK(refusal.find("\r\nRetry-After: 1\r\n") != std::string::npos);
    const std::string body = refusal.substr(refusal.find("\r\n\r\n") + 4);
    CHECK(refusal.find(fmt::format("\r\nContent-Length: {}\r\n", body.size())) != std::string::npos);
    CHECK(base::parse_json(body, "refusal").contains("error"));
  }
  gate.opened.promise.set_value();
  for (std::future<std::string>& answer : taken) {
    const std::string text = answer.get();
    CHECK(text.starts_with("HTTP/1.1 200 "));
    CHECK(text.find("{\"client\":\"127.0.0.1\"}") != std::string::npos);
  }
}

TEST_CASE("many clients on few threads: every request is answered, those sent together too") {
  Gate gate;
  gate.opened.promise.set_value();
  split::HttpServerOptions options;
  options.workers = 3;
  options.max_body_bytes = 1000;
  split::HttpServer server("127.0.0.1", 0, options, gate);
  constexpr int kClients = 24, kRounds = 100;
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c)
    clients.emplace_back([&, c] {
      FakeConnection connection = raw_client(server.port());
      for (int round = 0; round < kRounds; ++round) {
        const int together = 1 + (c + round) % 3;
        std::string requests;
        for (int i = 0; i < together; ++i) requests += "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";
        connection.send(requests);
        for (int i = 0; i < together; ++i) CHECK(connection.read_request().starts_with("HTTP/1.1 200 "));  // hangs if one is forgotten
      }
    });
  for (std::thread& client : clients) client.join();
  CHECK(gate.begun == kClients * kRounds * 2);
}

TEST_CASE("draining answers what has begun to arrive, closes connections and takes no new ones") {
  Gate gate;
  split::HttpServerOptions options;
  options.workers = 1;
  options.max_body_bytes = 1000;
  std::atomic<int> unread = 0;
  options.unread = &unread;
  split::HttpServer server("127.0.0.1", 0, options, gate);
  const int port = server.port();
  FakeConnection idle = raw_client(port);
  auto computing = std::async(std::launch::async, [&] { return ask(port, "GET / HTTP/1.1\r\n\r\n"); });
  wait_until([&] { return gate.begun == 1; });
  auto waiting = std::async(std::launch::async, [&] { return ask(port, "GET / HTTP/1.1\r\n\r\n"); });
  wait_until([&] { return unread == 1; });
  CHECK(!server.drain(0.0));  // they take longer than that
  CHECK(idle.read_to_end() == "");
  CHECK_THROWS_AS(raw_client(port), Error);
  auto drained = std::async(std::launch::async, [&] { return server.drain(kPatientSeconds); });
  gate.opened.promise.set_value();
  CHECK(drained.get());
  for (auto* answer : {&computing, &waiting}) {
    const std::string text = answer->get();  // to the end: the connection was not kept
    CHECK(text.starts_with("HTTP/1.1 200 "));
    CHECK(text.find("Connection: close") != std::string::npos);
  }
}

TEST_CASE("a server that has drained starts again") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  const Tensors inputs = random_inputs(graph, 1);
  CHECK(server.drain(1.0));  // nothing runs
  for (int round = 0; round < 2; ++round) {
    server.start();
    SplitSession session(graph, middle_plan(graph), server.url(), patient());
    CHECK(session.run(inputs).path == Path::split);
    CHECK(server.drain(kPatientSeconds));
    CHECK(session.run(inputs).path == Path::fallback);
  }
  for (const double wrong : {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    check_error(ErrorCode::invalid_argument, "drain", [&] { server.drain(wrong); });
}

TEST_CASE("inferences beyond those that may wait are refused with the time to come again, and no other request is") {
  const Graph graph = digits("digits_cnn");
  ServerOptions options;
  options.max_waiting = 0;
  Server server(one_thread(), options);
  server.add_model(graph);
  server.start();
  // Clients enough to meet each other; whoever is refused finishes here, with the same bits, and says why.
  const Tensors inputs = random_inputs(graph, 1);
  const Tensors expected = run_here(graph, inputs);
  std::atomic<int> refused = 0, answered = 0, wrong = 0;
  std::vector<std::thread> clients;
  for (int t = 0; t < 4; ++t)
    clients.emplace_back([&] {
      SplitOptions eager = patient();
      eager.busy_patience_s = 0.0;
      SplitSession session(graph, cloud_plan(graph), server.url(), eager);
      for (int i = 0; i < 5000 && (refused < 5 || answered < 5); ++i) {
        const SplitResult result = session.run(inputs);
        for (const auto& [name, tensor] : expected) wrong += same_bits(result.outputs.at(name), tensor) ? 0 : 1;
        ++(result.path == Path::fallback ? refused : answered);
        if (result.path == Path::fallback && (result.why.find("503") == std::string::npos || result.why.find("busy") == std::string::npos)) ++wrong;
        CHECK(split::HttpClient(server.url(), {}).get("/v2/health/ready", split::deadline_in(kPatientSeconds)).status == 200);
      }
    });
  for (std::thread& client : clients) client.join();
  CHECK(refused >= 5);
  CHECK(answered >= 5);
  CHECK(wrong == 0);
}

TEST_CASE("a model that is withdrawn takes its names and suffixes along, and one of the same name stays") {
  const auto version = [](float weight) {
    GraphBuilder builder("model");
    const std::string x = builder.node("Relu", {builder.input("x", DataType::float32, {2})});
    builder.output(builder.node("Add", {x, builder.constant("w", Tensor::from<float>({2}, std::vector<float>{weight, weight}))}));
    return builder.build();
  };
  const Graph old = version(1.0f), fresh = version(2.0f);
  Server server(one_thread());
  server.add_model(old);
  server.start();
  const auto status = [&](const std::string& name) { return split::HttpClient(server.url(), {}).get("/v2/models/" + name + "/ready", split::deadline_in(kPatientSeconds)).status; };
  const Plan plan = plan_at(old, old.cut_points()[1]);
  SplitSession session(old, plan, server.url(), patient());
  CHECK(session.run(random_inputs(old, 1)).path == Path::split);
  CHECK(status(suffix_name(old, plan.chosen)) == 200);
  server.add_model(fresh);
  CHECK(server.remove_model(old));
  CHECK(!server.remove_model(old));
  for (const std::string& gone : {split::identity(old), suffix_name(old, plan.chosen)}) CHECK(status(gone) == 404);
  for (const std::string& there : {split::identity(fresh), fresh.name()}) CHECK(status(there) == 200);
  const SplitResult result = session.run(random_inputs(old, 1));
  CHECK(result.path == Path::fallback);
  check_same(result.outputs, run_here(old, random_inputs(old, 1)));
  CHECK(server.remove_model(fresh));
  CHECK(status(fresh.name()) == 404);
}
