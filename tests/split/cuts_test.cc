// SPDX-License-Identifier: Apache-2.0
// Split and whole give the same bits, wherever the cut is.
#include <algorithm>
#include <cmath>
#include <thread>

#include "digits.h"
#include "split/http_client.h"
#include "split/suffix.h"

using namespace dnntune;
using namespace dnntune::test;

TEST_CASE("every cut of every digit network gives the bits of the whole") {
  Server server(one_thread());
  for (const char* name : kDigits) server.add_model(digits(name));
  server.start();
  for (const char* name : kDigits) {
    const Graph graph = digits(name);
    REQUIRE(graph.cut_points().size() == graph.layers().size() + 1);
    const Tensors inputs = random_inputs(graph, 7);
    const Tensors expected = run_here(graph, inputs);
    for (const CutPoint& cut : graph.cut_points()) {
      CAPTURE(graph.name());
      CAPTURE(cut.position);
      SplitSession session(graph, plan_at(graph, cut), server.url(), patient());
      const SplitResult result = session.run(inputs);
      CHECK(result.why == "");
      const bool all_here = cut.position == static_cast<int>(graph.layers().size());
      CHECK(result.path == (all_here ? Path::device : cut.position == 0 ? Path::cloud : Path::split));
      check_same(result.outputs, expected);
      CHECK((result.bytes_up > 0) == !all_here);
      CHECK((result.bytes_down > 0) == !all_here);
      CHECK((result.cloud_ns > 0) == !all_here);
    }
  }
}

TEST_CASE("fp16 and int8 on the wire stay near, save bytes and are named") {
  struct Row {
    WireEncoding encoding;
    const char* ending;
    int saved_share;  ///< Of a value's bytes: one in so many stays.
    float tolerance;
  };
  for (const Row& row : {Row{WireEncoding::fp16, ".fp16", 2, 0.02f}, Row{WireEncoding::int8, ".int8", 4, 0.25f}}) {
    for (const char* name : kDigits) {
      const Graph graph = digits(name);
      Server server(one_thread());
      server.add_model(graph);
      server.start();
      const Tensors inputs = random_inputs(graph, 7);
      const Tensors expected = run_here(graph, inputs);
      bool any_difference = false;
      for (const CutPoint& cut : graph.cut_points()) {
        if (cut.position == static_cast<int>(graph.layers().size())) continue;
        CAPTURE(name);
        CAPTURE(row.ending);
        CAPTURE(cut.position);
        const Plan plan = plan_at(graph, cut, row.encoding);
        CHECK(suffix_name(graph, plan.chosen).ends_with(row.ending));
        SplitSession session(graph, plan, server.url(), patient());
        const SplitResult result = session.run(inputs);
        CHECK(result.why == "");
        const auto floats = std::count_if(cut.values.begin(), cut.values.end(), [&](const std::string& value) { return graph.value(value).type == DataType::float32; });
        REQUIRE(static_cast<std::ptrdiff_t>(result.lossy.size()) == floats);
        CHECK(result.lossy.front().find(row.ending + 1) != std::string::npos);
        SplitSession raw(graph, plan_at(graph, cut), server.url(), patient());
        const SplitResult exact = raw.run(inputs);
        CHECK(exact.lossy.empty());
        std::int64_t more_json = 16;  // a few letters and, for int8, two more tensors a value
        if (row.encoding == WireEncoding::int8)
          for (const std::string& value : cut.values) more_json += 300 + 3 * static_cast<std::int64_t>(value.size());
        CHECK(exact.bytes_up - result.bytes_up >= cut.bytes - cut.bytes / row.saved_share - more_json);
        for (const auto& [output, tensor] : expected) {
          const auto wanted = tensor.as<float>(), got = result.outputs.at(output).as<float>();
          float largest = 1.0f;
          for (const float x : wanted) largest = std::max(largest, std::abs(x));
          for (std::size_t i = 0; i < wanted.size(); ++i) {
            any_difference = any_difference || wanted[i] != got[i];
            CHECK(std::abs(wanted[i] - got[i]) <= row.tolerance * largest);
          }
        }
      }
      CHECK(any_difference);  // else nothing lost precision
    }
  }
}

namespace {

/// x -> relu -> a (output) -> sigmoid -> b (output) -> tanh -> c (output)
Graph three_outputs() {
  GraphBuilder builder("three_outputs");
  const std::string x = builder.input("x", DataType::float32, {2, 3});
  const std::string a = builder.node("Relu", {x}, {}, "a");
  const std::string b = builder.node("Sigmoid", {a}, {}, "b");
  builder.output(a);
  builder.output(b);
  builder.output(builder.node("Tanh", {b}, {}, "c"));
  return builder.build();
}

/// At every cut the three outputs are those of a run here, with the server and without it.
void check_every_cut(const Graph& graph) {
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  const Tensors inputs = random_inputs(graph, 3);
  const Tensors expected = run_here(graph, inputs);
  REQUIRE(expected.size() == 3);
  for (const CutPoint& cut : graph.cut_points()) {
    CAPTURE(cut.position);
    SplitSession session(graph, plan_at(graph, cut), server.url(), patient());
    const SplitResult result = session.run(inputs);
    CHECK(result.why == "");
    check_same(result.outputs, expected);
    SplitSession lost(graph, plan_at(graph, cut), "http://127.0.0.1:1", patient());
    check_same(lost.run(inputs).outputs, expected);
  }
}

}  // namespace

TEST_CASE("graph outputs come from whichever side makes them") { check_every_cut(three_outputs()); }

TEST_CASE("outputs that no layer makes: an input passed on, a constant") {
  GraphBuilder builder("odd_outputs");
  const std::string x = builder.input("x", DataType::float32, {3});
  const std::string y = builder.input("y", DataType::float32, {3});
  const std::string a = builder.node("Relu", {x}, {}, "a");
  builder.output(builder.node("Sigmoid", {a}, {}, "b"));
  builder.output(builder.node("Neg", {builder.constant("c", Tensor::from<float>({2}, std::vector<float>{1.0f, 2.0f}))}, {}, "negative"));
  builder.output(y);
  check_every_cut(builder.build());
}

TEST_CASE("a cloud-only plan asks for the served model itself, a cut for a suffix") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  const Tensors inputs = random_inputs(graph, 1);
  split::HttpClient client(server.url(), {});
  const auto models = [&] {
    const auto reply = client.post_json("/v2/repository/index", base::Json::object(), split::deadline_in(kPatientSeconds));
    std::vector<std::string> names;
    for (const base::Json& entry : base::parse_json(reply.body, "index")) names.push_back(entry["name"]);
    return names;
  };
  CHECK(SplitSession(graph, cloud_plan(graph), server.url(), patient()).run(inputs).path == Path::cloud);
  const std::vector<std::string> before = models();
  REQUIRE(before.size() == 2);  // its name and its identity
  CHECK(before[0] == graph.name());
  CHECK(before[1] == split::identity(graph));
  const Plan cut = middle_plan(graph);
  CHECK(SplitSession(graph, cut, server.url(), patient()).run(inputs).path == Path::split);
  REQUIRE(models().size() == 3);
  CHECK(models().back() == suffix_name(graph, cut.chosen));
}

TEST_CASE("one session serves many inputs; many sessions run at once") {
  Server server(one_thread());
  for (const char* name : kDigits) server.add_model(digits(name));
  server.start();
  std::vector<std::thread> threads;
  std::vector<std::string> problems(6);
  for (std::size_t t = 0; t < problems.size(); ++t)
    threads.emplace_back([&, t] {
      try {
        const Graph graph = digits(kDigits[t % 3]);
        const auto& cuts = graph.cut_points();
        SplitSession session(graph, plan_at(graph, cuts[(t / 3 + 1) % (cuts.size() - 1)]), server.url(), patient());
        Session here(graph, one_thread());
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
          const Tensors inputs = random_inputs(graph, seed);
          const Tensors expected = here.run(inputs);
          const SplitResult result = session.run(inputs);
          if (!result.why.empty()) problems[t] = result.why;
          for (const auto& [name, tensor] : expected)
            if (!same_bits(result.outputs.at(name), tensor)) problems[t] = "bits differ";
        }
      } catch (const std::exception& e) {
        problems[t] = e.what();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& problem : problems) CHECK(problem == "");
}

TEST_CASE("wrong inputs are the caller's error, not the network's") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  SplitOptions options = patient();
  options.retry_after_s = 1000.0;
  for (const Plan& plan : {middle_plan(graph), cloud_plan(graph)}) {
    SplitSession session(graph, plan, server.url(), options);
    const Tensors good = random_inputs(graph, 1);
    check_error(ErrorCode::invalid_argument, "image", [&] { session.run({}); });
    check_error(ErrorCode::invalid_argument, "image", [&] { session.run({{"image", Tensor(DataType::float32, {1, 63})}}); });
    check_error(ErrorCode::invalid_argument, "image", [&] { session.run({{"image", Tensor(DataType::int32, {1, 64})}}); });
    Tensors surplus = good;
    surplus["other"] = Tensor(DataType::float32, {1});
    check_error(ErrorCode::invalid_argument, "other", [&] { session.run(surplus); });
    const SplitResult result = session.run(good);
    CHECK(result.why == "");
    check_same(result.outputs, run_here(graph, good));
  }
}

TEST_CASE("a session refuses what it cannot carry out") {
  const Graph graph = digits("digits_mlp");
  const Plan plan = middle_plan(graph);
  check_error(ErrorCode::invalid_argument, "model", [&] { SplitSession(digits("digits_cnn"), plan, "http://127.0.0.1:1"); });
  check_error(ErrorCode::invalid_argument, "URL", [&] { SplitSession(graph, plan, "127.0.0.1:1"); });
  SplitOptions options;
  options.deadline_s = 0.0;
  check_error(ErrorCode::invalid_argument, "deadline_s", [&] { SplitSession(graph, plan, "http://127.0.0.1:1", options); });
  options = {};
  options.connect.connect_timeout_s = -1.0;
  check_error(ErrorCode::invalid_argument, "connect_timeout_s", [&] { SplitSession(graph, plan, "http://127.0.0.1:1", options); });
  options = {};
  options.connect.bearer_token = "two\r\nlines";
  check_error(ErrorCode::invalid_argument, "bearer_token", [&] { SplitSession(graph, plan, "http://127.0.0.1:1", options); });
  for (const char* value : {"no such value", "logits"}) {
    Plan strange = plan;
    strange.chosen.crossings.push_back({value, WireEncoding::raw, 0});
    check_error(ErrorCode::invalid_argument, value, [&] { SplitSession(graph, strange, "http://127.0.0.1:1"); });
  }
  Plan missing = plan;
  missing.chosen.crossings.clear();
  check_error(ErrorCode::invalid_argument, "missing", [&] { SplitSession(graph, missing, "http://127.0.0.1:1"); });
  Plan infeasible = plan;
  infeasible.chosen.feasible = false;
  check_error(ErrorCode::invalid_argument, "cannot run", [&] { SplitSession(graph, infeasible, "http://127.0.0.1:1"); });
}
