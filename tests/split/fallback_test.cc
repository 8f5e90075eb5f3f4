// SPDX-License-Identifier: Apache-2.0
// A network that is lost, late or closed never loses an answer.
#include <chrono>
#include <optional>
#include <thread>

#include "digits.h"
#include "fake_server.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

SplitOptions hurried() {
  SplitOptions options = patient();
  options.deadline_s = 0.2;
  return options;
}

/// A middle and a cloud-only plan of the MLP, each run once against `url`: both must fall back, to the right bits.
void check_falls_back(const std::string& url, const SplitOptions& options, const std::string& why = "") {
  const Graph graph = digits("digits_mlp");
  const Tensors inputs = random_inputs(graph, 5);
  const Tensors expected = run_here(graph, inputs);
  for (const Plan& plan : {middle_plan(graph), cloud_plan(graph)}) {
    SplitSession session(graph, plan, url, options);
    const SplitResult result = session.run(inputs);
    CHECK(result.path == Path::fallback);
    CHECK(result.why != "");
    CAPTURE(result.why);
    CHECK(result.why.find(why) != std::string::npos);
    CHECK(result.device_ns > 0);
    check_same(result.outputs, expected);
  }
}

/// A port of this machine where nobody listens.
int closed_port() {
  int port = 0;
  split::listen_tcp("127.0.0.1", port);
  return port;
}

}  // namespace

TEST_CASE("nothing listens") { check_falls_back(fmt::format("http://127.0.0.1:{}", closed_port()), patient(), "cannot connect"); }

TEST_CASE("a host that does not exist") { check_falls_back("http://no-such-host.invalid:80", patient(), "no-such-host.invalid"); }

TEST_CASE("a server that accepts and never answers") {
  FakeServer server([](FakeConnection& connection) { connection.read_to_end(); });
  check_falls_back(server.url(), hurried(), server.url());
}

TEST_CASE("a server that answers a header and then stalls") {
  FakeServer server([](FakeConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
    connection.read_to_end();
  });
  check_falls_back(server.url(), hurried(), server.url());
}

TEST_CASE("a server that trickles a byte at a time, in the headers and in the body") {
  for (const std::string& front : {std::string("HTTP/1.1 200 OK\r\nX: "), std::string("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
                                   std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n")}) {
    FakeServer server([&](FakeConnection& connection) {
      connection.read_request();
      bool there = connection.send(front);
      while (there) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        there = connection.send("x");
      }
    });
    check_falls_back(server.url(), hurried(), server.url());
  }
}

TEST_CASE("a server that is always slower than the deadline") {
  FakeServer server(FakeServer::answering([](const std::string&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return http_reply(200, "{}");
  }));
  check_falls_back(server.url(), hurried(), server.url());
}

TEST_CASE("a device-only plan never touches the network") {
  FakeServer server([](FakeConnection&) {});
  const Graph graph = digits("digits_mlp");
  const Tensors inputs = random_inputs(graph, 1);
  SplitSession session(graph, plan_at(graph, graph.cut_points().back()), server.url());
  const SplitResult result = session.run(inputs);
  CHECK(result.path == Path::device);
  CHECK(result.why == "");
  check_same(result.outputs, run_here(graph, inputs));
  CHECK(server.connections() == 0);
}

TEST_CASE("after a failure the cloud is left alone, and says so") {
  FakeServer server([](FakeConnection&) {});  // closes at once
  const Graph graph = digits("digits_mlp");
  const Tensors inputs = random_inputs(graph, 1);
  SplitOptions options = patient();
  options.retry_after_s = 1000.0;
  SplitSession session(graph, middle_plan(graph), server.url(), options);
  CHECK(session.run(inputs).why.find("left alone") == std::string::npos);
  const int connections = server.connections();
  CHECK(connections == 1);
  for (int i = 0; i < 3; ++i) {
    const SplitResult result = session.run(inputs);
    CHECK(result.path == Path::fallback);
    CHECK(result.why.find("left alone for 1000 s") != std::string::npos);
    CHECK(result.bytes_up == 0);
    check_same(result.outputs, run_here(graph, inputs));
  }
  CHECK(server.connections() == connections);
}

TEST_CASE("a server that stops, and another that takes its place") {
  const Graph graph = digits("digits_cnn");
  const Tensors inputs = random_inputs(graph, 2);
  const Tensors expected = run_here(graph, inputs);
  ServerOptions at_port;
  std::optional<Server> server(std::in_place, one_thread());
  server->add_model(graph);
  server->start();
  at_port.port = server->port();

  SplitOptions options = patient();
  options.retry_after_s = 0.02;
  SplitSession session(graph, middle_plan(graph), server->url(), options);
  CHECK(session.run(inputs).path == Path::split);
  server->stop();
  SplitResult result = session.run(inputs);
  CHECK(result.path == Path::fallback);
  CHECK(result.why != "");
  check_same(result.outputs, expected);

  server.emplace(one_thread(), at_port);
  server->add_model(graph);
  server->start();
  for (int tries = 0; tries < 500 && result.path != Path::split; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    result = session.run(inputs);
    check_same(result.outputs, expected);
  }
  CHECK(result.path == Path::split);
  CHECK(result.why == "");
}

TEST_CASE("a server that stops while others run against it") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  const Tensors inputs = random_inputs(graph, 2);
  const Tensors expected = run_here(graph, inputs);
  std::atomic<int> wrong = 0, fallbacks = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      SplitSession session(graph, middle_plan(graph), server.url(), patient());
      for (int i = 0; i < 1000; ++i) {
        const SplitResult result = session.run(inputs);
        for (const auto& [name, tensor] : expected) wrong += same_bits(result.outputs.at(name), tensor) ? 0 : 1;
        if (result.path != Path::fallback) continue;
        ++fallbacks;
        break;
      }
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  server.stop();
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(fallbacks == 4);
}

TEST_CASE("a connection that the server closed while it was idle is replaced without a fallback") {
  // The fake answers as a server of the protocol, but closes the connection after every answer, without saying so.
  const Graph graph = digits("digits_mlp");
  Server real(one_thread());
  real.add_model(graph);
  real.start();
  FakeServer forgetful([&](FakeConnection& connection) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    std::string answer = relayed(request, real.port());
    const std::size_t said = answer.find("Connection: close");
    if (said != std::string::npos) answer.replace(said, 17, "X-Nothing: really");
    connection.send(answer);
  });
  SplitSession session(graph, middle_plan(graph), forgetful.url(), patient());
  const Tensors inputs = random_inputs(graph, 2);
  for (int i = 0; i < 20; ++i) {
    const SplitResult result = session.run(inputs);
    CHECK(result.why == "");
    CHECK(result.path == Path::split);
    check_same(result.outputs, run_here(graph, inputs));
  }
  CHECK(forgetful.connections() >= 20);
}
