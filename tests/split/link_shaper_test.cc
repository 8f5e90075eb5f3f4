// SPDX-License-Identifier: Apache-2.0
// The link shaper delays at least as much as the link would, cuts, and takes new figures. Upper bounds are
// never asserted: the machine may be slow.
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "digits.h"
#include "fake_server.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

Link shaped_link(double up_bps, double down_bps, double round_trip_s) {
  Link link;
  link.name = "test";
  link.bandwidth_up_bps = up_bps;
  link.bandwidth_down_bps = down_bps;
  link.round_trip_s = round_trip_s;
  return link;
}
const Link kFast = shaped_link(1e10, 1e10, 0.0);

double seconds_since(std::int64_t start_ns) { return static_cast<double>(base::now_ns() - start_ns) * 1e-9; }

int port_of(const LinkShaper& shaper) { return std::stoi(shaper.url().substr(shaper.url().rfind(':') + 1)); }

/// Sends back whatever comes.
void echo(FakeConnection& connection) {
  for (std::string request; !(request = connection.read_request()).empty();)
    if (!connection.send(http_reply(200, request.substr(request.find("\n\n") + 2)))) return;
}
std::string request_of(std::size_t body) { return fmt::format("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", body, std::string(body, 'x')); }

}  // namespace

TEST_CASE("bytes take their time up and down") {
  constexpr std::size_t kBytes = 30000;
  constexpr double kRate = 1e6;
  for (const bool up : {true, false}) {
    FakeServer server([&](FakeConnection& connection) {
      if (up) connection.read_request();
      connection.send(http_reply(200, up ? "" : std::string(kBytes, 'y')));
      connection.finish_sending();
    });
    const LinkShaper shaper(up ? shaped_link(kRate, 1e10, 0) : shaped_link(1e10, kRate, 0), server.url());
    const std::int64_t start = base::now_ns();
    FakeConnection client = raw_client(port_of(shaper));
    if (up) client.send(request_of(kBytes));
    CHECK(client.read_to_end().size() >= (up ? 0 : kBytes));
    CHECK(seconds_since(start) >= 0.8 * kBytes * 8 / kRate);
  }
}

TEST_CASE("connections share the link") {
  constexpr std::size_t kBytes = 10000;
  constexpr double kRate = 1e6;
  FakeServer server([&](FakeConnection& connection) {
    connection.send(std::string(kBytes, 'y'));
    connection.finish_sending();
  });
  const LinkShaper shaper(shaped_link(1e10, kRate, 0), server.url());
  const std::int64_t start = base::now_ns();
  std::vector<FakeConnection> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(raw_client(port_of(shaper)));
    clients.back().finish_sending();
  }
  for (FakeConnection& client : clients) CHECK(client.read_to_end().size() == kBytes);
  CHECK(seconds_since(start) >= 0.8 * 3 * kBytes * 8 / kRate);
}

TEST_CASE("each exchange takes the round trip") {
  FakeServer server(echo);
  const LinkShaper shaper(shaped_link(1e10, 1e10, 0.05), server.url());
  FakeConnection client = raw_client(port_of(shaper));
  const std::int64_t start = base::now_ns();
  for (int i = 0; i < 3; ++i) {
    client.send(request_of(5));
    std::string answer;
    char byte = 0;
    while (!answer.ends_with("xxxxx")) {
      REQUIRE(split::wait_for(client.fd(), POLLIN, split::deadline_in(kPatientSeconds)));
      REQUIRE(::recv(client.fd(), &byte, 1, 0) == 1);
      answer += byte;
    }
  }
  CHECK(seconds_since(start) >= 3 * 0.05);
}

TEST_CASE("what passes is not changed, and an end in one direction leaves the other open") {
  std::string sent;
  for (int i = 0; i < 300000; ++i) sent += static_cast<char>(i * 7 + i / 256);
  std::string received;
  FakeServer server([&](FakeConnection& connection) {
    received = connection.read_to_end();
    connection.send(received);
    connection.finish_sending();
  });
  {
    const LinkShaper shaper(kFast, server.url());
    FakeConnection client = raw_client(port_of(shaper));
    client.send(sent);
    client.finish_sending();
    CHECK(client.read_to_end() == sent);
  }
}

TEST_CASE("a long and fast link takes what fits on it before anything arrives") {
  FakeServer server(echo);
  const LinkShaper shaper(shaped_link(1e10, 1e10, 1e5), server.url());  // half a day
  FakeConnection client = raw_client(port_of(shaper));
  CHECK(client.send(std::string(48 << 20, 'x')));  // more than the system's own buffers; fails when it has to wait
}

TEST_CASE("down cuts what is there and refuses what comes; up again works") {
  FakeServer server(echo);
  LinkShaper shaper(kFast, server.url());
  FakeConnection before = raw_client(port_of(shaper));
  CHECK(before.send("POST / HTTP/1.1\r\n"));
  shaper.set_down(true);
  CHECK(before.read_to_end() == "");
  const auto refused = [&] {
    try {
      FakeConnection during = raw_client(port_of(shaper));
      during.send(request_of(1));
      return during.read_to_end().empty();
    } catch (const Error&) {
      return true;  // the reset may come before connect has returned
    }
  };
  CHECK(refused());
  shaper.set_down(false);
  FakeConnection after = raw_client(port_of(shaper));
  after.send(request_of(9));
  after.finish_sending();
  CHECK(after.read_to_end().ends_with("xxxxxxxxx"));
}

TEST_CASE("a new link takes effect on what is on its way") {
  FakeServer server([](FakeConnection& connection) {
    connection.send(std::string(20000, 'y'));
    connection.finish_sending();
  });
  LinkShaper shaper(shaped_link(1e10, 80.0, 0), server.url());  // half an hour
  FakeConnection client = raw_client(port_of(shaper));
  client.finish_sending();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  shaper.set_link(kFast);
  CHECK(client.read_to_end().size() == 20000);  // hangs if the old link still held it
}

TEST_CASE("a shaper ends with its connections at work, also a great many") {
  FakeServer server(echo);
  std::vector<FakeConnection> clients;
  {
    LinkShaper shaper(shaped_link(1e4, 1e4, 10.0), server.url());
    for (int i = 0; i < 100; ++i) {
      clients.push_back(raw_client(port_of(shaper)));
      clients.back().send(request_of(1000));
    }
  }
  for (FakeConnection& client : clients) CHECK(client.read_to_end() == "");
  LinkShaper shaper(kFast, server.url());
  const auto try_once = [&](const std::string& request) -> std::string {
    try {
      FakeConnection client = raw_client(port_of(shaper));
      client.send(request);
      if (request.empty()) return "";
      client.finish_sending();
      return client.read_to_end();
    } catch (const Error&) {
      return "";  // refused: so many are still being closed
    }
  };
  for (int i = 0; i < 1000; ++i) try_once("");
  std::string answer;
  for (int i = 0; i < 1000 && answer.empty(); ++i) {
    answer = try_once(request_of(3));
    if (answer.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(answer.ends_with("xxx"));
}

TEST_CASE("a target that does not listen") {
  int port = 0;
  split::listen_tcp("127.0.0.1", port);
  const LinkShaper shaper(kFast, fmt::format("http://127.0.0.1:{}", port));
  try {
    FakeConnection client = raw_client(port_of(shaper));
    client.send("x");
    CHECK(client.read_to_end() == "");
  } catch (const Error&) {
    // As above.
  }
}

TEST_CASE("links that are none are refused") {
  FakeServer server(echo);
  for (const Link& link : {shaped_link(0, 1, 0), shaped_link(1, -1, 0), shaped_link(1, 1, -0.1), Link{}})
    check_error(ErrorCode::invalid_argument, "bandwidths", [&] { LinkShaper(link, server.url()); });
  check_error(ErrorCode::invalid_argument, "URL", [] { LinkShaper(kFast, "nowhere"); });
  LinkShaper shaper(kFast, server.url());
  check_error(ErrorCode::invalid_argument, "bandwidths", [&] { shaper.set_link(Link{}); });
}

TEST_CASE("a split session over a slow link, through an outage and back") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  LinkShaper shaper(shaped_link(1e6, 1e6, 0.01), server.url());
  const Tensors inputs = random_inputs(graph, 4);
  const Tensors expected = run_here(graph, inputs);
  SplitOptions options = patient();
  options.retry_after_s = 0.01;
  SplitSession session(graph, middle_plan(graph), shaper.url(), options);
  SplitResult result = session.run(inputs);
  CHECK(result.path == Path::split);
  CHECK(result.exchange_ns >= 0.01e9);
  shaper.set_down(true);
  result = session.run(inputs);
  CHECK(result.path == Path::fallback);
  CHECK(result.why != "");
  check_same(result.outputs, expected);
  shaper.set_down(false);
  for (int i = 0; i < 500 && result.path != Path::split; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    result = session.run(inputs);
    check_same(result.outputs, expected);
  }
  CHECK(result.path == Path::split);
}
