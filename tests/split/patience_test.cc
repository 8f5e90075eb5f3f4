// SPDX-License-Identifier: Apache-2.0
// How a session deals with clouds that are busy, down for long, or late: it comes again, leaves them alone, or begins by itself.
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <limits>
#include <thread>

#include "digits.h"
#include "fake_server.h"
#include "split/cloud_breaker.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

bool is_infer(const std::string& request) { return request.starts_with("POST ") && request.find("/infer") < request.find('\n'); }

/// What a server makes of the answer that a real one behind it gives to the request.
using Change = std::function<std::string(const std::string& request, const std::string& answer)>;

FakeServer::Script in_front_of(const Server& real, Change change) {
  return [port = real.port(), change = std::move(change)](FakeConnection& connection) {
    const std::string request = connection.read_request();
    if (!request.empty()) connection.send(change(request, relayed(request, port)));
  };
}

struct ServedDigits {
  ServedDigits() : server(one_thread()) {
    server.add_model(graph);
    server.start();
  }
  Graph graph = digits("digits_mlp");
  Plan plan = middle_plan(graph);
  Tensors inputs = random_inputs(graph, 2), expected = run_here(graph, inputs);
  Server server;
};

}  // namespace

TEST_CASE("a breaker opens for longer after each failure in a row, tries once, and closes after a success") {
  split::CloudBreaker breaker(10, 50);
  CHECK(!breaker.open(0));
  CHECK(!breaker.half_open(0));
  std::int64_t now = 100;
  for (const std::int64_t pause : {10, 20, 40, 50, 50}) {
    breaker.failed(now);
    CHECK(breaker.pause_ns() == pause);
    CHECK(breaker.open(now + pause - 1));
    CHECK(!breaker.half_open(now + pause - 1));
    CHECK(!breaker.open(now + pause));
    CHECK(breaker.half_open(now + pause));
    now += 1000;
  }
  breaker.close();
  CHECK(!breaker.open(now));
  CHECK(!breaker.half_open(now));
  breaker.failed(now, 30);  // the server asked for more than the first pause
  CHECK(breaker.pause_ns() == 30);
  breaker.failed(now, 1000);  // but not for more than the longest
  CHECK(breaker.pause_ns() == 50);
  split::CloudBreaker eager(0, 0);
  eager.failed(5);
  eager.failed(5);
  CHECK(!eager.open(5));
  CHECK(eager.half_open(5));
}

TEST_CASE("a silent cloud is asked again a pause after the question before, and less often only as the silence grows long") {
  constexpr std::int64_t kSecond = 1'000'000'000;
  split::CloudBreaker breaker(kSecond, 10 * kSecond);
  for (const std::int64_t at : {100, 102, 104, 130, 160}) {
    breaker.silent(at * kSecond, (at + 1) * kSecond);  // the question took a second
    CHECK(breaker.pause_ns() < 2 * kSecond);
    CHECK(breaker.open((at + 1) * kSecond - 1));
    CHECK(!breaker.open((at + 2) * kSecond));
  }
  breaker.silent(220 * kSecond, 220 * kSecond);
  CHECK(breaker.pause_ns() == 2 * kSecond);
  breaker.silent(100'000 * kSecond, 100'000 * kSecond);
  CHECK(breaker.pause_ns() == 10 * kSecond);
  breaker.close();
  breaker.silent(200'000 * kSecond, 200'000 * kSecond);
  CHECK(breaker.pause_ns() == kSecond);
  breaker.failed(200'001 * kSecond);  // it answers, but does not serve
  CHECK(breaker.pause_ns() == 2 * kSecond);
  split::CloudBreaker left_alone(100 * kSecond, kSecond);
  left_alone.silent(kSecond, kSecond);
  CHECK(left_alone.pause_ns() == 100 * kSecond);
}

TEST_CASE("options of patience without sense are refused") {
  const ServedDigits served;
  for (const double wrong : {-1.0, std::numeric_limits<double>::quiet_NaN()})
    for (double SplitOptions::*field : {&SplitOptions::deadline_s, &SplitOptions::retry_after_s, &SplitOptions::longest_retry_after_s, &SplitOptions::probe_timeout_s,
                                        &SplitOptions::busy_patience_s, &SplitOptions::hedge_after_s}) {
      SplitOptions options = patient();
      options.*field = wrong;
      check_error(ErrorCode::invalid_argument, "must", [&] { SplitSession(served.graph, served.plan, served.server.url(), options); });
    }
}

TEST_CASE("a busy server is asked again as it says, and not when that is too late or it does not say") {
  ServedDigits served;
  std::string retry_header;
  std::atomic<int> refusals = 0, inferences = 0;
  FakeServer front(in_front_of(served.server, [&](const std::string& request, const std::string& answer) {
    if (!is_infer(request)) return answer;
    ++inferences;
    if (refusals <= 0) return answer;
    --refusals;
    return http_reply(503, "{\"error\":\"busy\"}", retry_header + "Connection: close\r\n");
  }));
  SplitOptions options = patient();
  options.busy_patience_s = kPatientSeconds;
  for (const char* header : {"Retry-After: 0\r\n", "Retry-After-Ms: 5\r\n", "Retry-After: 3000\r\nRetry-After-Ms: 1\r\n"}) {
    retry_header = header;
    refusals = 3;
    inferences = 0;
    SplitSession session(served.graph, served.plan, front.url(), options);
    const SplitResult result = session.run(served.inputs);
    CHECK(result.path == Path::split);
    CHECK(result.why == "");
    CHECK(inferences == 4);
    check_same(result.outputs, served.expected);
  }
  for (const char* header : {"", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", "Retry-After: -3\r\n", "Retry-After: 3000\r\n"}) {
    CAPTURE(header);
    retry_header = header;
    refusals = 1;
    inferences = 0;
    SplitSession session(served.graph, served.plan, front.url(), options);
    const SplitResult result = session.run(served.inputs);
    CHECK(result.path == Path::fallback);
    CHECK(result.why.find("503") != std::string::npos);
    CHECK(inferences == 1);
    check_same(result.outputs, served.expected);
  }
}

TEST_CASE("a server that asks to be left alone is, and a server that failed is probed before it is sent tensors") {
  ServedDigits served;
  std::atomic<bool> busy = true, ready = false;
  std::atomic<int> inferences = 0, probes = 0;
  FakeServer front(in_front_of(served.server, [&](const std::string& request, const std::string& answer) {
    inferences += is_infer(request) ? 1 : 0;
    if (request.find("/v2/health/ready") != std::string::npos) {
      ++probes;
      return ready ? answer : http_reply(503, "{}", "Connection: close\r\n");
    }
    return is_infer(request) && busy ? http_reply(503, "{}", "Retry-After: 3000\r\nConnection: close\r\n") : answer;
  }));
  SplitOptions options = patient();  // retry_after_s is 0
  options.longest_retry_after_s = 3000.0;
  {
    SplitSession session(served.graph, served.plan, front.url(), options);
    CHECK(session.run(served.inputs).path == Path::fallback);
    const SplitResult left_alone = session.run(served.inputs);
    CHECK(left_alone.path == Path::fallback);
    CHECK(left_alone.why.find("left alone for 3000 s") != std::string::npos);
    CHECK(inferences == 1);
    CHECK(probes == 0);
  }
  options.longest_retry_after_s = 0.0;
  SplitSession session(served.graph, served.plan, front.url(), options);
  CHECK(session.run(served.inputs).path == Path::fallback);
  busy = false;
  inferences = 0;
  for (int i = 1; i <= 3; ++i) {
    CHECK(session.run(served.inputs).why.find("not ready") != std::string::npos);
    CHECK(probes == i);
  }
  CHECK(inferences == 0);
  ready = true;
  for (int i = 0; i < 2; ++i) CHECK(session.run(served.inputs).path == Path::split);
  CHECK(probes == 4);  // once it works it is not probed
  CHECK(inferences == 2);
}

TEST_CASE("a late cloud loses to the device, is left alone until it has answered, and is asked again") {
  ServedDigits served;
  std::promise<void> open;
  const std::shared_future<void> opened = open.get_future().share();
  std::atomic<int> inferences = 0;
  FakeServer front(in_front_of(served.server, [&](const std::string& request, const std::string& answer) {
    if (is_infer(request) && inferences++ == 0) opened.wait();
    return answer;
  }));
  SplitOptions options = patient();
  options.hedge_after_s = 0.01;
  {
    SplitSession session(served.graph, served.plan, front.url(), options);
    const SplitResult first = session.run(served.inputs);
    CHECK(first.path == Path::fallback);
    CHECK(first.hedged);
    CHECK(first.why.find("the device was first") != std::string::npos);
    check_same(first.outputs, served.expected);
    const SplitResult second = session.run(served.inputs);
    CHECK(second.path == Path::fallback);
    CHECK(!second.hedged);
    CHECK(second.why.find("still owes") != std::string::npos);
    check_same(second.outputs, served.expected);
    CHECK(inferences <= 1);  // the first may still be on its way; the second was not sent
    open.set_value();
    SplitResult later;
    for (int i = 0; i < 10000 && later.path != Path::split; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      later = session.run(served.inputs);
      check_same(later.outputs, served.expected);
    }
    CHECK(later.path == Path::split);
  }
}

TEST_CASE("with hedging, a fast cloud answers alone, and one that fails leaves it to the device") {
  ServedDigits served;
  SplitOptions options = patient();
  options.hedge_after_s = kPatientSeconds;
  SplitSession session(served.graph, served.plan, served.server.url(), options);
  for (int i = 0; i < 3; ++i) {
    const SplitResult result = session.run(served.inputs);
    CHECK(result.path == Path::split);
    CHECK(!result.hedged);
    CHECK(result.bytes_up > 0);
    CHECK(result.cloud_ns > 0);
    check_same(result.outputs, served.expected);
  }
  served.server.stop();
  const SplitResult lost = session.run(served.inputs);
  CHECK(lost.path == Path::fallback);
  CHECK(!lost.hedged);
  check_same(lost.outputs, served.expected);

  // Both at once from the start: whoever wins, the answer is the same.
  served.server.start();
  options.hedge_after_s = 0.0;
  SplitSession racing(served.graph, served.plan, served.server.url(), options);
  for (int i = 0; i < 50; ++i) check_same(racing.run(served.inputs).outputs, served.expected);
}

TEST_CASE("a session that goes while the cloud owes it an answer waits for the deadline and no longer") {
  ServedDigits served;
  FakeServer silent([](FakeConnection& connection) { connection.read_to_end(); });
  SplitOptions options = patient();
  options.deadline_s = 0.2;
  options.hedge_after_s = 0.0;
  {
    SplitSession session(served.graph, served.plan, silent.url(), options);
    check_same(session.run(served.inputs).outputs, served.expected);
  }
  CHECK(silent.connections() >= 1);
}
