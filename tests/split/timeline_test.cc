// SPDX-License-Identifier: Apache-2.0
// Timelines of both sides of a request, as JSON that is read again; counters of a session.
#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "base/json.h"
#include "digits.h"
#include "fake_server.h"
#include "split/trace.h"

using namespace dnntune;
using namespace dnntune::test;
using base::Json;

namespace {

constexpr double kSlackUs = 1e-2;  // of sums of rounded microseconds

/// The steps of a trace, by request and name.
std::map<std::string, std::map<std::string, std::vector<Json>>> steps_of(const std::string& json) {
  std::map<std::string, std::map<std::string, std::vector<Json>>> found;
  const Json trace = base::parse_json(json, "trace");
  for (const Json& event : trace.at("traceEvents"))
    if (event.at("ph") == "X") found[event.at("args").at("request")][event.at("name")].push_back(event);
  return found;
}

double start_of(const Json& event) { return event.at("ts"); }
double end_of(const Json& event) { return event.at("ts").get<double>() + event.at("dur").get<double>(); }

void add(Timeline& timeline, const char* name, const char* id, std::int64_t start_ns, std::int64_t end_ns) {
  timeline.add({name, id, "", start_ns, end_ns - start_ns});
}

/// `json` with its clock set forward by `us`.
std::string with_clock(const std::string& json, double us) {
  Json trace = base::parse_json(json, "trace");
  trace["otherData"]["start_unix_ns"] = trace["otherData"]["start_unix_ns"].get<std::int64_t>() + static_cast<std::int64_t>(us * 1e3);
  return trace.dump();
}

}  // namespace

TEST_CASE("the steps of a request on both sides have one identifier, and those of a thread do not overlap") {
  const Graph graph = digits("digits_cnn");
  const Tensors inputs = random_inputs(graph, 3);
  const auto device = std::make_shared<Timeline>("phone"), cloud = std::make_shared<Timeline>("rack");
  std::set<std::string> ids;
  {
    ServerOptions server_options;
    server_options.timeline = cloud;
    Server server(one_thread(), server_options);
    server.add_model(graph);
    server.start();
    SplitOptions options = patient();
    options.timeline = device;
    SplitSession session(graph, middle_plan(graph), server.url(), options);
    for (int i = 0; i < 3; ++i) check_same(session.run(inputs).outputs, run_here(graph, inputs));
    server.stop();  // the last steps of the server may come after the answer
  }
  const auto here = steps_of(device->to_json()), there = steps_of(cloud->to_json());
  REQUIRE(here.size() == 3);
  CHECK(there.size() == 3);
  for (const auto& [id, steps] : here) {
    ids.insert(id);
    CHECK(id.size() == 32);
    for (const char* name : {"device", "encode", "send", "wait", "receive", "decode", "request"}) {
      CAPTURE(name);
      CHECK(steps.contains(name));
    }
    CHECK(!steps.contains("fallback"));
    REQUIRE(there.contains(id));
    for (const char* name : {"receive", "decode", "queue", "compute", "encode", "send", "request"}) {
      CAPTURE(name);
      REQUIRE(there.at(id).contains(name));
      CHECK(there.at(id).at(name).size() == 1);
      CHECK(there.at(id).at(name).front().at("dur").get<double>() >= 0);
    }
    const Json& request = steps.at("request").front();
    CHECK(request.at("args").at("detail") == "split");
    for (const auto& [name, events] : steps)
      for (const Json& event : events) {
        CAPTURE(name);
        CHECK(start_of(event) >= start_of(request) - kSlackUs);
        CHECK(end_of(event) <= end_of(request) + kSlackUs);
      }
  }

  // One trace of both: the cloud computes between question and answer, with an arrow to each of its requests; whatever its clock says.
  for (const double ahead_us : {0.0, 3e8, -3e8}) {
    CAPTURE(ahead_us);
    const Json trace = base::parse_json(merge_timelines(device->to_json(), with_clock(cloud->to_json(), ahead_us)), "trace");
    CHECK(std::abs(trace.at("otherData").at("cloud_clock_moved_us").get<double>() + ahead_us) < 1e8);
    std::map<std::string, double> sent, received;
    std::map<std::string, int> arrows;
    for (const Json& event : trace.at("traceEvents")) {
      if (event.at("ph") == "s" || event.at("ph") == "f") ++arrows[event.at("id")];
      if (event.at("ph") != "X") continue;
      const std::string id = event.at("args").at("request");
      if (event.at("pid") == 1 && event.at("name") == "send") sent.emplace(id, start_of(event));
      if (event.at("pid") == 1 && event.at("name") == "receive") received[id] = end_of(event);
    }
    for (const std::string& id : ids) CHECK(arrows[id] == 2);
    for (const Json& event : trace.at("traceEvents")) {
      if (event.at("ph") != "X" || event.at("pid") != 2 || event.at("name") != "compute") continue;
      const std::string id = event.at("args").at("request");
      CHECK(start_of(event) >= sent.at(id) - kSlackUs);
      CHECK(end_of(event) <= received.at(id) + kSlackUs);
    }
  }
}

TEST_CASE("a fallback's steps say what the cloud did") {
  const Graph graph = digits("digits_mlp");
  const auto timeline = std::make_shared<Timeline>("phone");
  SplitOptions options = patient();
  options.timeline = timeline;
  FakeServer server([](FakeConnection&) {});  // closes at once
  SplitSession session(graph, middle_plan(graph), server.url(), options);
  CHECK(session.run(random_inputs(graph, 1)).path == Path::fallback);
  const auto steps = steps_of(timeline->to_json());
  REQUIRE(steps.size() == 1);
  const auto& request = steps.begin()->second;
  CHECK(request.contains("connect"));
  CHECK(request.contains("fallback"));
  CHECK(!request.contains("decode"));
  CHECK(request.at("request").front().at("args").at("detail").get<std::string>().starts_with("fallback: " + server.url()));
}

TEST_CASE("a request with a timeline carries its identifier in the header of W3C Trace Context, one without does not") {
  const Graph graph = digits("digits_mlp");
  Server real(one_thread());
  real.add_model(graph);
  real.start();
  for (const bool traced : {true, false}) {
    CAPTURE(traced);
    std::string seen;  // until the client gives up
    const auto timeline = std::make_shared<Timeline>("phone");
    {
      FakeServer server([&](FakeConnection& connection) { seen += connection.read_to_end(); });
      SplitOptions options = patient();
      options.deadline_s = 0.3;
      if (traced) options.timeline = timeline;
      SplitSession session(graph, middle_plan(graph), server.url(), options);
      session.run(random_inputs(graph, 1));
    }
    CHECK(seen.starts_with("GET /v2"));
    CHECK((seen.find("\r\ntraceparent: 00-") != std::string::npos) == traced);
    if (traced) CHECK(seen.find(timeline->spans().front().request_id) != std::string::npos);
  }
}

TEST_CASE("trace-ids are read from well-formed headers alone") {
  const std::string id = "0123456789abcdef0000000000000007";
  CHECK(split::trace_parent(id) == "00-0123456789abcdef0000000000000007-0000000000000007-01");
  CHECK(split::trace_id(split::trace_parent(id)) == id);
  for (const char* other : {"", "00", "00-0123456789ABCDEF0000000000000007-0000000000000007-01", "00-0123456789abcdef000000000000000-0000000000000007-01",
                            "00_0123456789abcdef0000000000000007-0000000000000007-01", "00-0123456789abcdef0000000000000007"})
    CHECK(split::trace_id(other) == "");
}

TEST_CASE("a timeline keeps the newest steps, from any thread") {
  CHECK_THROWS_AS(Timeline("none", 0), Error);
  Timeline timeline("small", 10);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&timeline] {
      for (int i = 0; i < 100; ++i) add(timeline, "step", "id", i, i + 1);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(timeline.spans().size() == 10);
  CHECK(timeline.dropped() == 390);
  CHECK(base::parse_json(timeline.to_json(), "trace").at("otherData").at("dropped") == 390);
  // A name that is no UTF-8 does not spoil the file.
  add(timeline, "\xff\x01", "\xfe", 0, 1);
  CHECK(base::parse_json(timeline.to_json(), "trace").at("traceEvents").size() == 11);
  CHECK_THROWS_AS(timeline.save("/nowhere/at/all.json"), Error);
}

TEST_CASE("clocks that drift, requests of one side alone and other JSON, merged") {
  Timeline device("device"), cloud("cloud");
  for (const auto& [id, at] : {std::pair{"a", 1000}, {"b", 900'000'000}}) {
    add(device, "send", id, at, at + 10);
    add(device, "receive", id, at + 1000, at + 1010);
    add(cloud, "compute", id, at + (at > 1000 ? 50'000 : 0), at + (at > 1000 ? 50'400 : 400));  // no one shift suits both
  }
  add(device, "send", "alone", 5, 6);
  add(cloud, "compute", "lonely", 5, 6);
  CHECK(steps_of(merge_timelines(device.to_json(), cloud.to_json())).size() == 4);
  check_error(ErrorCode::invalid_argument, "the cloud's timeline", [&] { merge_timelines(device.to_json(), "{}"); });
  check_error(ErrorCode::invalid_argument, "the device's timeline", [&] { merge_timelines("[]", cloud.to_json()); });
  Json other = base::parse_json(cloud.to_json(), "trace");
  other["otherData"]["schema"] = "dnntune.timeline/2";
  check_error(ErrorCode::invalid_argument, "dnntune.timeline/2", [&] { merge_timelines(device.to_json(), other.dump()); });
  for (const char* events : {"3", "[3]", R"([{"ph":"X"}])", R"([{"ph":"X","name":"compute"}])", R"([{"ph":"X","name":"compute","args":{"request":1}}])",
                             R"([{"ph":"X","name":"compute","args":{"request":"a"},"ts":"x"}])", R"([{"ph":"X","name":"receive","args":{"request":"a"},"ts":1}])"}) {
    CAPTURE(events);
    other = base::parse_json(cloud.to_json(), "trace");
    other["traceEvents"] = Json::parse(events);
    CHECK_THROWS_AS(merge_timelines(device.to_json(), other.dump()), Error);
  }
}

TEST_CASE("counters tell what became of every run") {
  const Graph graph = digits("digits_mlp");
  const Tensors inputs = random_inputs(graph, 1);
  Server real(one_thread());
  real.add_model(graph);
  real.start();
  std::string reply;  // to inferences; "": the real one
  FakeServer server([&](FakeConnection& connection) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    const bool infers = request.find("/infer ") != std::string::npos;
    connection.send(infers && !reply.empty() ? reply : relayed(request, real.port()));
  });
  SplitSession session(graph, middle_plan(graph), server.url(), patient());
  const SplitCounters& counters = session.counters();
  std::int64_t bytes_up = 0, bytes_down = 0;
  const auto run = [&](const std::string& says, std::int64_t SplitCounters::*counter) {
    reply = says;
    const std::int64_t before = counter == nullptr ? 0 : counters.*counter;
    const SplitResult result = session.run(inputs);
    bytes_up += result.bytes_up;
    bytes_down += result.bytes_down;
    CHECK((result.path == Path::fallback) == (counter != nullptr));
    if (counter != nullptr) CHECK(counters.*counter == before + 1);
  };
  run("", nullptr);
  run(http_reply(500, "{}"), &SplitCounters::refused);
  run(http_reply(401, "{}"), &SplitCounters::refused);
  run(http_reply(503, "{}"), &SplitCounters::busy);
  run(http_reply(200, "{}"), &SplitCounters::unusable);
  run("SSH-2.0\r\n\r\n", &SplitCounters::unreachable);
  run("", nullptr);
  CHECK(counters.runs == 7);
  CHECK(counters.paths[static_cast<int>(Path::split)] == 2);
  CHECK(counters.paths[static_cast<int>(Path::fallback)] == 5);
  CHECK(counters.bytes_up == bytes_up);
  CHECK(counters.bytes_down == bytes_down);

  SplitOptions hurried = patient();
  hurried.deadline_s = 0.05;
  hurried.retry_after_s = 1000.0;
  FakeServer mute([](FakeConnection& connection) { connection.read_to_end(); });
  SplitSession late(graph, middle_plan(graph), mute.url(), hurried);
  for (int i = 0; i < 3; ++i) CHECK(late.run(inputs).path == Path::fallback);
  CHECK(late.counters().late == 1);
  CHECK(late.counters().left_alone == 2);

  SplitSession local(graph, plan_at(graph, graph.cut_points().back()), server.url());
  local.run(inputs);
  CHECK(local.counters().paths[static_cast<int>(Path::device)] == 1);
}
