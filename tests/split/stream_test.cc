// SPDX-License-Identifier: Apache-2.0
// Streams of frames with state, against a server in this process that dies, stalls and comes back.
#include "dnntune/stream.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "digits.h"
#include "fake_server.h"
#include "throws.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

constexpr std::int64_t kIn = 8, kWide = 16, kHidden = 6;
constexpr double kNoEnd = std::numeric_limits<double>::infinity();

Tensor weights(Shape shape, int seed) {
  Tensor tensor(DataType::float32, std::move(shape));
  auto values = tensor.as_mutable<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.05f * static_cast<float>(static_cast<int>((i * 37 + static_cast<std::size_t>(seed) * 11) % 23) - 11);
  return tensor;
}

/// Dense, LSTM, dense; the LSTM's state is two inputs and two outputs.
Graph recurrent() {
  GraphBuilder builder("recurrent");
  const std::string x = builder.input("x", DataType::float32, {1, kIn});
  const std::string h = builder.input("h", DataType::float32, {1, 1, kHidden}), c = builder.input("c", DataType::float32, {1, 1, kHidden});
  const std::string wide = builder.node("Relu", {builder.node("MatMul", {x, builder.constant("w_in", weights({kIn, kWide}, 1))})}, {}, "wide");
  const std::string row = builder.node("Reshape", {wide, builder.constant("row_shape", Tensor::from<std::int64_t>({3}, std::vector<std::int64_t>{1, 1, kWide}))}, {}, "row");
  const std::vector<std::string> state =
      builder.node_multi("LSTM", {row, builder.constant("w", weights({1, 4 * kHidden, kWide}, 2)), builder.constant("r", weights({1, 4 * kHidden, kHidden}, 3)), "", "", h, c}, 3,
                         {{"hidden_size", kHidden}}, "lstm");
  const std::string flat = builder.node("Reshape", {state[1], builder.constant("flat_shape", Tensor::from<std::int64_t>({2}, std::vector<std::int64_t>{1, kHidden}))}, {}, "flat");
  builder.output(builder.node("MatMul", {flat, builder.constant("w_out", weights({kHidden, 4}, 4))}, {}, "y"));
  builder.output(state[1]);
  builder.output(state[2]);
  return builder.build();
}

std::vector<StateLoop> loops(const Graph& graph) { return {{graph.outputs()[1].name, "h", {}}, {graph.outputs()[2].name, "c", weights({1, 1, kHidden}, 5)}}; }

Tensors frame(int i) { return {{"x", weights({1, kIn}, 100 + i)}}; }

/// What a session on the device answers, frame by frame.
class Sequential {
 public:
  explicit Sequential(const Graph& graph) : loops_(loops(graph)), session_(graph, one_thread()) {
    states_["h"] = Tensor(DataType::float32, {1, 1, kHidden});
    states_["c"] = loops_[1].initial;
  }
  Tensors next(int i) {
    Tensors inputs = frame(i);
    inputs.insert(states_.begin(), states_.end());
    Tensors outputs = session_.run(inputs);
    for (const StateLoop& loop : loops_) states_[loop.input] = outputs.at(loop.output);
    return outputs;
  }

 private:
  std::vector<StateLoop> loops_;
  Session session_;
  Tensors states_;
};

struct ServedStream {
  ServedStream() : graph(recurrent()) { start(0); }
  void start(int port) {
    ServerOptions options;
    options.port = port;
    server.emplace(one_thread(), options);
    server->add_model(graph);
    server->start();
  }
  StreamOptions options() const {
    StreamOptions options;
    options.states = loops(graph);
    options.adaptive.split.deadline_s = kPatientSeconds;
    options.adaptive.split.retry_after_s = options.adaptive.split.longest_retry_after_s = 0.0;
    options.adaptive.hedge_deviations = kNoEnd;
    options.adaptive.probe_after_s = 0.0;
    return options;
  }
  Graph graph;
  std::optional<Server> server;
};

/// Where the prefix ends: before the LSTM, so that it needs no state; or after it.
Plan cut_plan(const Graph& graph, bool before_lstm) {
  for (const CutPoint& cut : graph.cut_points()) {
    const bool has_state = std::find(cut.values.begin(), cut.values.end(), "h") != cut.values.end();
    if (cut.position > 0 && cut.position < static_cast<int>(graph.layers().size()) && has_state == before_lstm) return plan_at(graph, cut);
  }
  FAIL("no such cut");
  return {};
}
Plan device_plan(const Graph& graph) { return plan_at(graph, graph.cut_points().back()); }

/// A server that holds every inference back until its gate is open.
class Gated {
 public:
  explicit Gated(int port)
      : server_(FakeServer::Script([this, port](FakeConnection& connection) {
          for (std::string request; !(request = connection.read_request()).empty();) {
            if (request.starts_with("POST ") && request.find("/infer") < request.find('\n')) {
              std::unique_lock lock(mutex_);
              opened_.wait(lock, [this] { return open_; });
            }
            std::string answer = relayed(request, port);
            const std::size_t said = answer.find("Connection: close");
            if (said != std::string::npos) answer.replace(said, 17, "X-Nothing: really");
            if (!connection.send(answer)) return;
          }
        })) {}
  ~Gated() { open(); }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  std::string url() const { return server_.url(); }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  FakeServer server_;
};

template <typename Done>
bool comes_true(Done done) {
  for (int i = 0; i < 20000 && !done(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return done();
}

}  // namespace

TEST_CASE("frames through any plan: answers in order, states and outputs those of a session on the device") {
  const ServedStream served;
  for (const Plan& plan : {device_plan(served.graph), cut_plan(served.graph, true), cut_plan(served.graph, false), cloud_plan(served.graph)}) {
    FrameStream stream(served.graph, {plan}, served.server->url(), served.options());
    std::thread submitter([&] {
      for (int i = 0; i < 40; ++i) stream.submit(frame(i));
      stream.close();
    });
    Sequential sequential(served.graph);
    std::uint64_t next = 0;
    while (const std::optional<FrameResult> result = stream.next()) {
      CHECK(result->frame == next);
      CHECK(!result->dropped);
      CHECK(result->answer.run.path != Path::fallback);
      check_same(result->answer.run.outputs, sequential.next(static_cast<int>(next++)));
    }
    submitter.join();
    CHECK(next == 40);
    CHECK(!stream.next());
    CHECK_ERROR(stream.submit(frame(0)), ErrorCode::invalid_argument, "closed");
    CHECK(stream.counters().answered == 40);
  }
}

TEST_CASE("a cloud that dies in the middle and comes back: no frame is lost, and the state advances once a frame") {
  for (const bool before_lstm : {true, false}) {
    ServedStream served;
    const int port = served.server->port();
    std::vector<Plan> plans = {device_plan(served.graph), cut_plan(served.graph, before_lstm)};
    plans[0].chosen.cost.device_ns.value = 1e10;  // never by choice
    for (Plan& plan : plans) plan.link = Link::named("loopback");
    FrameStream stream(served.graph, plans, served.server->url(), served.options());
    Sequential sequential(served.graph);
    int frames = 0;
    std::vector<int> paths(4, 0);
    const auto take = [&] {
      const std::optional<FrameResult> result = stream.next();
      REQUIRE(result);
      ++paths[static_cast<std::size_t>(result->answer.run.path)];
      check_same(result->answer.run.outputs, sequential.next(static_cast<int>(result->frame)));
    };
    const auto run = [&](int count) {
      for (int i = 0; i < count; ++i) {
        stream.submit(frame(frames++));
        if (i > 0 || count == 1) take();  // else two are in flight
      }
    };
    run(10);
    served.server->stop();  // with one in flight
    take();
    run(10);
    take();
    CHECK(paths[static_cast<int>(Path::split)] >= 9);
    CHECK(paths[static_cast<int>(Path::fallback)] >= 1);
    CHECK(paths[static_cast<int>(Path::device)] >= 1);
    served.start(port);
    const int split_before = paths[static_cast<int>(Path::split)];
    for (int i = 0; i < 1000 && paths[static_cast<int>(Path::split)] == split_before; ++i) {
      run(1);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // for the probe
    }
    CHECK(paths[static_cast<int>(Path::split)] > split_before);
    CHECK(stream.counters().answered == static_cast<std::uint64_t>(frames));
  }
}

TEST_CASE("states stay right while plans switch and the link comes and goes") {
  const ServedStream served;
  const Link fast = Link::named("loopback");
  LinkShaper shaper(fast, served.server->url());
  std::vector<Plan> plans = {device_plan(served.graph), cloud_plan(served.graph), cut_plan(served.graph, true)};
  for (Plan& plan : plans) plan.link = fast;
  plans[0].chosen.cost.device_ns.value = 2e7;
  plans[2].chosen.cost.device_ns.value = 1e6;
  StreamOptions options = served.options();
  options.adaptive.hedge_deviations = 1.0;
  options.adaptive.split.deadline_s = 0.1;
  options.adaptive.split.probe_timeout_s = 0.05;
  FrameStream stream(served.graph, plans, shaper.url(), options);
  std::thread submitter([&] {
    for (int i = 0; i < 150; ++i) {
      if (i % 10 == 3) shaper.set_down(true);
      if (i % 10 == 6) shaper.set_down(false);
      stream.submit(frame(i));
    }
    stream.close();
  });
  Sequential sequential(served.graph);
  int next = 0;
  while (const std::optional<FrameResult> result = stream.next()) check_same(result->answer.run.outputs, sequential.next(next++));
  submitter.join();
  CHECK(next == 150);
}

TEST_CASE("the device works on a frame while the cloud has the one before, unless it needs its state") {
  const ServedStream served;
  for (const bool before_lstm : {true, false}) {
    Gated gated(served.server->port());
    FrameStream stream(served.graph, {cut_plan(served.graph, before_lstm)}, gated.url(), served.options());
    for (int i = 0; i < 2; ++i) stream.submit(frame(i));
    CHECK(comes_true([&] { return stream.counters().begun == (before_lstm ? 2u : 1u); }));
    if (!before_lstm) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      CHECK(stream.counters().begun == 1);
    }
    CHECK(stream.counters().answered == 0);
    gated.open();
    Sequential sequential(served.graph);
    for (int i = 0; i < 2; ++i) check_same(stream.next()->answer.run.outputs, sequential.next(i));
  }
}

TEST_CASE("a full stream refuses") {
  const ServedStream served;
  Gated gated(served.server->port());
  StreamOptions options = served.options();
  options.when_full = WhenFull::refuse;
  options.most_in_flight = 3;
  FrameStream stream(served.graph, {cut_plan(served.graph, true)}, gated.url(), options);
  for (std::uint64_t i = 0; i < 3; ++i) CHECK(stream.submit(frame(static_cast<int>(i))) == i);
  for (int i = 0; i < 4; ++i) CHECK(!stream.submit(frame(50)));
  CHECK(stream.counters().refused == 4);
  gated.open();
  Sequential sequential(served.graph);
  for (int i = 0; i < 3; ++i) check_same(stream.next()->answer.run.outputs, sequential.next(i));
  CHECK(stream.submit(frame(3)) == 3u);
  check_same(stream.next()->answer.run.outputs, sequential.next(3));
}

TEST_CASE("a full stream drops the oldest that nobody has begun, says so in order, and the state passes it by") {
  const ServedStream served;
  for (const int most : {1, 4}) {
    Gated gated(served.server->port());
    StreamOptions options = served.options();
    options.when_full = WhenFull::drop_oldest;
    options.most_in_flight = most;
    FrameStream stream(served.graph, {cut_plan(served.graph, true)}, gated.url(), options);
    for (std::uint64_t i = 0; i < 10; ++i) CHECK(stream.submit(frame(static_cast<int>(i))) == i);
    CHECK(stream.counters().dropped == static_cast<std::uint64_t>(10 - most));
    gated.open();
    stream.close();
    Sequential sequential(served.graph);
    int answered = 0;
    for (std::uint64_t i = 0; i < 10; ++i) {
      const std::optional<FrameResult> result = stream.next();
      REQUIRE(result);
      CHECK(result->frame == i);
      if (result->dropped) continue;
      ++answered;
      check_same(result->answer.run.outputs, sequential.next(static_cast<int>(i)));
    }
    CHECK(answered == most);
    CHECK(!stream.next());
  }
}

TEST_CASE("a full stream blocks, and does not begin more than answers have room for") {
  const ServedStream served;
  StreamOptions options = served.options();
  options.most_in_flight = 2;
  options.most_unread = 3;
  FrameStream stream(served.graph, {device_plan(served.graph)}, served.server->url(), options);
  std::atomic<int> taken = 0;
  std::thread submitter([&] {
    for (int i = 0; i < 12; ++i) {
      stream.submit(frame(i));
      ++taken;
    }
  });
  CHECK(comes_true([&] { return stream.counters().answered >= 3; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(taken < 12);
  Sequential sequential(served.graph);
  for (int i = 0; i < 12; ++i) check_same(stream.next()->answer.run.outputs, sequential.next(i));
  submitter.join();
  CHECK(taken == 12);
}

TEST_CASE("a stream that is given up ends, whatever is in flight") {
  const ServedStream served;
  StreamOptions options = served.options();
  options.adaptive.split.deadline_s = 0.1;
  Gated gated(served.server->port());
  FrameStream stream(served.graph, {cut_plan(served.graph, true)}, gated.url(), options);
  for (int i = 0; i < 4; ++i) stream.submit(frame(i));
  FrameStream moved = std::move(stream);
  CHECK(moved.counters().taken == 4);
}

TEST_CASE("wrong frames, loops and options are refused") {
  const ServedStream served;
  const std::vector<Plan> plans = {device_plan(served.graph)};
  const auto make = [&](const StreamOptions& options) { FrameStream(served.graph, plans, served.server->url(), options); };
  StreamOptions options = served.options();
  options.most_in_flight = 0;
  CHECK_ERROR(make(options), ErrorCode::invalid_argument, "most_in_flight is 0");
  options = served.options();
  options.most_unread = 0;
  CHECK_ERROR(make(options), ErrorCode::invalid_argument, "most_unread is 0");
  options = served.options();
  options.states[0].input = "nothing";
  CHECK_ERROR(make(options), ErrorCode::invalid_argument, "'nothing', which is no input");
  options = served.options();
  options.states[0].output = "nothing";
  CHECK_ERROR(make(options), ErrorCode::invalid_argument, "'nothing', which is no output");
  options = served.options();
  options.states[0].output = "y";
  CHECK_ERROR(make(options), ErrorCode::invalid_argument, "a state loop leads from 'y'");
  options = served.options();
  options.states[1].input = "h";
  CHECK_ERROR(make(options), ErrorCode::invalid_argument, "two state loops lead to 'h'");
  options = served.options();
  options.states[0].initial = weights({1, 1, kHidden + 1}, 1);
  CHECK_ERROR(make(options), ErrorCode::invalid_argument, "the initial state of 'h'");
  FrameStream stream(served.graph, plans, served.server->url(), served.options());
  CHECK_ERROR(stream.submit({}), ErrorCode::invalid_argument, "x");
  Tensors with_state = frame(0);
  with_state["h"] = Tensor(DataType::float32, {1, 1, kHidden});
  CHECK_ERROR(stream.submit(with_state), ErrorCode::invalid_argument, "the stream's state");
  CHECK(stream.counters().taken == 0);
}
