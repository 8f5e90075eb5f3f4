// SPDX-License-Identifier: Apache-2.0
// Requests that are joined: right answers to each, failures apart, no longer waits than allowed, and none where that would not be sound.
#include <atomic>
#include <chrono>
#include <cmath>
#include <future>
#include <thread>

#include "base/json.h"
#include "digits.h"
#include "split/batcher.h"
#include "split/http_client.h"
#include "split/suffix.h"

using namespace dnntune;
using namespace dnntune::test;
using base::Json;

namespace {

/// y = x W + b, on rows of 3; and one with indices, of which some are wrong.
Graph dense() {
  GraphBuilder builder("dense");
  const std::string w = builder.constant("w", Tensor::from<float>({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6}));
  builder.output(builder.node("Gemm", {builder.input("x", DataType::float32, {-1, 3}), w}, {}, "y"));
  return builder.build();
}
Graph lookup() {
  GraphBuilder builder("lookup");
  const std::string table = builder.constant("table", Tensor::from<float>({4, 1}, std::vector<float>{10, 11, 12, 13}));
  builder.output(builder.node("Gather", {table, builder.input("i", DataType::int64, {-1})}, {}, "y"));
  return builder.build();
}

Tensor row(float first, std::int64_t rows = 1) {
  std::vector<float> values;
  for (std::int64_t r = 0; r < rows; ++r) values.insert(values.end(), {first + static_cast<float>(r), 1.0f, 0.0f});
  return Tensor::from<float>({rows, 3}, values);
}
/// Of rows as above; exact in floats.
void check_answer(const Tensor& y, float first, std::int64_t rows = 1) {
  REQUIRE(y.shape() == Shape{rows, 2});
  for (std::int64_t r = 0; r < rows; ++r) {
    CHECK(y.as<float>()[static_cast<std::size_t>(2 * r)] == first + static_cast<float>(r) + 3.0f);
    CHECK(y.as<float>()[static_cast<std::size_t>(2 * r + 1)] == 2.0f * (first + static_cast<float>(r)) + 4.0f);
  }
}

/// A batcher whose turn is held, so that what comes meanwhile waits.
struct Held {
  explicit Held(const Graph& graph, int max_rows) : session(graph, one_thread()), batcher(graph, {max_rows, 0.0}, turns, arrivals, [this](const Tensors& inputs) {
    ++runs;
    return session.run(inputs);
  }) { turns.lock("gate"); }
  std::future<Tensors> ask(Tensors inputs) {
    return std::async(std::launch::async, [this, inputs = std::move(inputs)] {
      LoadMeter::Request request(meter, "m");
      double compute_ns = 0.0;
      waiting.fetch_add(1);
      split::Arrivals::One arrival(&arrivals);
      Tensors outputs = batcher.run(inputs, {"client", request, arrival}, compute_ns);
      CHECK(compute_ns > 0.0);
      return outputs;
    });
  }
  /// When `count` have come, and time enough to stand in line has passed.
  void let_go(int count) {
    while (waiting < count || meter.load().waiting < count) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    turns.unlock();
  }
  using LoadMeter = split::LoadMeter;
  split::Turns turns;
  split::Arrivals arrivals;
  LoadMeter meter;
  Session session;
  std::atomic<int> runs = 0, waiting = 0;
  split::Batcher batcher;
};

}  // namespace

TEST_CASE("requests that wait at the same time are run together, and each gets its own rows") {
  Held held(dense(), 8);
  std::vector<std::future<Tensors>> answers;
  for (int i = 0; i < 4; ++i) answers.push_back(held.ask({{"x", row(static_cast<float>(10 * i), 1 + i % 2)}}));
  held.let_go(4);
  for (int i = 0; i < 4; ++i) check_answer(answers[static_cast<std::size_t>(i)].get().at("y"), static_cast<float>(10 * i), 1 + i % 2);
  CHECK(held.runs < 4);  // one, unless a thread was very late
  CHECK(held.meter.totals().at("m").runs == held.runs);
  CHECK(held.meter.totals().at("m").succeeded == 4);
  CHECK(held.meter.load().computing == 0);
  CHECK(held.meter.load().waiting == 0);
}

TEST_CASE("a run has no more rows than it may, and a large request is not joined") {
  Held held(dense(), 3);
  CHECK(held.batcher.takes({{"x", row(0, 2)}}));
  CHECK(!held.batcher.takes({{"x", row(0, 3)}}));
  CHECK(!held.batcher.takes({{"x", Tensor(DataType::float32, {0, 3})}}));
  std::vector<std::future<Tensors>> answers;
  for (int i = 0; i < 6; ++i) answers.push_back(held.ask({{"x", row(static_cast<float>(i))}}));
  held.let_go(6);
  for (int i = 0; i < 6; ++i) check_answer(answers[static_cast<std::size_t>(i)].get().at("y"), static_cast<float>(i));
  CHECK(held.runs >= 2);
}

TEST_CASE("a request that fails in a joined run fails alone") {
  Held held(lookup(), 8);
  std::vector<std::future<Tensors>> answers;
  const std::vector<std::int64_t> indices = {0, 3, 99, 2};
  for (const std::int64_t index : indices) answers.push_back(held.ask({{"i", Tensor::from<std::int64_t>({1}, std::vector<std::int64_t>{index})}}));
  held.let_go(4);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] == 99) {
      CHECK_THROWS_AS(answers[i].get(), Error);
    } else {
      CHECK(answers[i].get().at("y").as<float>()[0] == 10.0f + static_cast<float>(indices[i]));
    }
  }
  const auto totals = held.meter.totals().at("m");
  CHECK(totals.failed == 1);
  CHECK(totals.succeeded == 3);
  CHECK(held.meter.load().computing == 0);
}

namespace {

/// A batcher that nothing holds back but its own delay.
struct Delayed {
  Delayed(int max_rows, double delay_s) : session(dense(), one_thread()), batcher(dense(), {max_rows, delay_s}, turns, arrivals, [this](const Tensors& inputs) {
    ++runs;
    return session.run(inputs);
  }) {}
  void ask(float first) {
    split::LoadMeter::Request request(meter, "m");
    split::Arrivals::One arrival(&arrivals);
    double compute_ns = 0.0;
    check_answer(batcher.run({{"x", row(first)}}, {"client", request, arrival}, compute_ns).at("y"), first);
  }
  split::Turns turns;
  split::Arrivals arrivals;
  split::LoadMeter meter;
  Session session;
  std::atomic<int> runs = 0;
  split::Batcher batcher;
};
constexpr double kHangs = 3600.0;

}  // namespace

TEST_CASE("a request waits for others that are on their way as long as it is told to, and then runs") {
  Delayed delayed(8, 0.05);
  const split::Arrivals::One another(&delayed.arrivals);
  const std::int64_t start = base::now_ns();
  delayed.ask(1);  // hangs if it waits for the other
  CHECK(base::now_ns() - start >= 50'000'000);
}

TEST_CASE("a request does not wait when no other is on its way") {
  Delayed delayed(8, kHangs);
  delayed.ask(1);
  delayed.ask(2);
  CHECK(delayed.runs == 2);
}

TEST_CASE("a request waits no longer when what was on its way is gone") {
  Delayed delayed(8, kHangs);
  split::Arrivals::One another(&delayed.arrivals);
  auto answer = std::async(std::launch::async, [&] { delayed.ask(1); });
  CHECK(answer.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
  another.end();
  answer.get();
}

TEST_CASE("a full run does not wait for the delay to pass") {
  Delayed delayed(2, kHangs);
  const split::Arrivals::One another(&delayed.arrivals);  // which never comes
  std::vector<std::future<void>> answers;
  for (int i = 0; i < 2; ++i) answers.push_back(std::async(std::launch::async, [&, i] { delayed.ask(static_cast<float>(i)); }));
  for (auto& answer : answers) answer.get();
  CHECK(delayed.runs == 1);
}

TEST_CASE("a client alone is not delayed by a server that joins requests") {
  ServerOptions options;
  options.max_batch = 8;
  options.batch_delay_s = 10.0;
  Server server(one_thread(), options);
  server.add_model(dense());
  server.start();
  split::HttpClient http(server.url(), {});
  const std::vector<split::NamedTensor> inputs = {{"x", row(1)}};
  for (int i = 0; i < 100; ++i)  // takes a quarter of an hour if each waits
    CHECK(http.infer(split::identity(dense()), inputs, std::vector<std::string>{"y"}, 1 << 20, split::deadline_in(kPatientSeconds)).reply.status == 200);
}

TEST_CASE("a server joins the requests of many clients, and each is answered as if alone") {
  const Graph graph = dense();
  ServerOptions options;
  options.max_batch = 8;
  options.batch_delay_s = 0.002;
  Server server(one_thread(), options);
  server.add_model(graph);
  server.start();
  const std::string name = split::identity(graph);
  std::atomic<int> wrong = 0, refused = 0;
  std::vector<std::thread> clients;
  for (int t = 0; t < 8; ++t)
    clients.emplace_back([&, t] {
      split::HttpClient http(server.url(), {});
      for (int i = 0; i < 50; ++i) {
        const float first = static_cast<float>(100 * t + i);
        const bool bad = i % 10 == 9;  // another shape: refused before it is joined
        const std::vector<split::NamedTensor> inputs = {{"x", bad ? Tensor(DataType::float32, {1, 4}) : row(first)}};
        const auto answer = http.infer(name, inputs, std::vector<std::string>{"y"}, 1 << 20, split::deadline_in(kPatientSeconds));
        if (answer.reply.status == 503) continue;
        if (bad) {
          ++(answer.reply.status == 400 ? refused : wrong);
          continue;
        }
        const bool right = answer.reply.status == 200 && answer.response.outputs.size() == 1 && answer.response.outputs[0].tensor.shape() == Shape{1, 2} &&
                           answer.response.outputs[0].tensor.as<float>()[0] == first + 3.0f;
        if (!right) ++wrong;
      }
    });
  for (std::thread& client : clients) client.join();
  CHECK(wrong == 0);
  CHECK(refused > 0);
  split::HttpClient http(server.url(), {});
  const auto get = [&](const std::string& path) { return http.get(path, split::deadline_in(kPatientSeconds)).body; };
  const Json stats = base::parse_json(get("/v2/models/" + name + "/stats"), "stats")["model_stats"][0];
  CHECK(stats["execution_count"] < stats["inference_count"]);
  CHECK(get("/metrics").find("dnntune_runs_total{model=\"" + name + "\"}") != std::string::npos);
  CHECK(base::parse_json(get("/v2/models/" + name), "model")["parameters"]["dnntune.joins"] == true);
}

TEST_CASE("suffixes of a network with an open batch are joined as raw and fp16 values, and never as int8") {
  GraphBuilder builder("open");
  std::string x = builder.input("x", DataType::float32, {-1, 3});
  const std::string w = builder.constant("w", Tensor::from<float>({3, 3}, std::vector<float>{1, 0, 2, 0, 3, 0, 4, 0, 5}));
  for (const char* name : {"a", "b", "c"}) x = builder.node("Gemm", {x, w}, {}, name);
  builder.output(x);
  const Graph graph = builder.build();
  ServerOptions options;
  options.max_batch = 8;
  Server server(one_thread(), options);
  server.add_model(graph);
  server.start();
  const Tensors inputs = random_inputs(graph, 3);
  const Tensors expected = run_here(graph, inputs);
  for (const WireEncoding encoding : {WireEncoding::raw, WireEncoding::fp16, WireEncoding::int8}) {
    const Plan plan = middle_plan(graph, encoding);
    SplitSession session(graph, plan, server.url(), patient());
    const SplitResult result = session.run(inputs);
    CAPTURE(result.why);
    CHECK(result.path == Path::split);
    const auto& found = result.outputs.begin()->second.as<float>();
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::abs(found[i] - expected.begin()->second.as<float>()[i]) < 5.0f);
    const auto reply = split::HttpClient(server.url(), {}).get("/v2/models/" + suffix_name(graph, plan.chosen), split::deadline_in(kPatientSeconds));
    CHECK(base::parse_json(reply.body, "model")["parameters"]["dnntune.joins"] == (encoding != WireEncoding::int8));
  }
}

TEST_CASE("networks that mix rows, and servers that were not asked to, join nothing") {
  split::Turns turns;
  GraphBuilder builder("mixes");
  builder.output(builder.node("Softmax", {builder.input("x", DataType::float32, {-1, 3})}, {{"axis", std::int64_t{0}}}));
  split::Arrivals arrivals;
  const split::Batcher mixes(builder.build(), {8, 0.0}, turns, arrivals, nullptr), off(dense(), {1, 0.0}, turns, arrivals, nullptr),
      fixed(digits("digits_lstm"), {8, 0.0}, turns, arrivals, nullptr);
  CHECK(mixes.why_not().find("Softmax") != std::string::npos);
  CHECK(off.why_not() != "");
  CHECK(fixed.why_not() != "");
  CHECK(!off.takes({{"x", row(0)}}));
}

TEST_CASE("senseless batches are refused") {
  ServerOptions options;
  options.max_batch = 0;
  check_error(ErrorCode::invalid_argument, "max_batch", [&] { Server(one_thread(), options); });
  options.max_batch = 1025;
  check_error(ErrorCode::invalid_argument, "max_batch", [&] { Server(one_thread(), options); });
  options.max_batch = 2;
  for (const double delay : {-1.0, 11.0, std::nan("")}) {
    options.batch_delay_s = delay;
    check_error(ErrorCode::invalid_argument, "batch_delay_s", [&] { Server(one_thread(), options); });
  }
}
