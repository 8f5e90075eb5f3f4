// SPDX-License-Identifier: Apache-2.0
// Route plans carried out: planned, converted, run against a server, and refused where a session cannot.
#include <algorithm>
#include <cmath>

#include "digits.h"
#include "split/suffix.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

/// Layers [0, position) take 1 ms here and 1 s there, the others the reverse.
Profile profile_with(const Graph& graph, const std::string& processor, int position, bool here) {
  Profile profile;
  profile.model = graph.name();
  profile.model_hash = graph.hash();
  profile.processor = processor;
  for (std::size_t i = 0; i < graph.layers().size(); ++i) {
    LayerProfile layer;
    layer.name = graph.layers()[i].name;
    layer.kernel = "test.kernel";
    layer.latency_ns = {(static_cast<int>(i) < position) == here ? 1e6 : 1e9, 0.0, Provenance::measured};
    layer.energy_uj = {1.0, 0.0, Provenance::measured};
    layer.output_bytes = graph.layers()[i].output_bytes;
    profile.layers.push_back(std::move(layer));
  }
  return profile;
}

RouteRequest request_at(const Graph& graph, int position, std::vector<WireCodec> codecs) {
  RouteRequest request{.graph = graph};
  request.stops = {{.name = "device", .profiles = {profile_with(graph, "cpu:all x1", position, true)}},
                   {.name = "cloud", .profiles = {profile_with(graph, "cpu:all", position, false)}}};
  request.hops = {RouteHop::network(Link::named("lte"))};
  request.codecs = std::move(codecs);
  return request;
}

}  // namespace

TEST_CASE("a route plan of two stops runs as planned, raw to the bit, fp16 and int8 near") {
  for (const char* name : kDigits) {
    const Graph graph = digits(name);
    Server server(one_thread());
    server.add_model(graph);
    server.start();
    const Tensors inputs = random_inputs(graph, 11);
    const Tensors expected = run_here(graph, inputs);
    for (const WireEncoding encoding : {WireEncoding::raw, WireEncoding::fp16, WireEncoding::int8}) {
      CAPTURE(name);
      CAPTURE(to_string(encoding));
      const int position = static_cast<int>(graph.layers().size()) / 2;
      const RoutePlan planned = Planner(request_at(graph, position, {{encoding, 0.0, 0.0}})).plan();
      const RoutePlan route = RoutePlan::from_json(planned.to_json());  // as from a file
      const Plan plan = split_plan(graph, route);
      CHECK(plan.chosen.name == "split");
      CHECK(std::count(plan.chosen.tiers.begin(), plan.chosen.tiers.end(), Tier::device) == position);
      CHECK(plan.device_processor == "cpu:all x1");
      CHECK(plan.chosen.layer_processors.empty());
      CHECK(plan.chosen.cost.latency_ns().value == doctest::Approx(route.chosen.cost.latency_ns().value));
      CHECK(plan.chosen.cost.bytes_up == route.chosen.cost.bytes_up);
      SplitSession session(graph, plan, server.url(), patient());
      const SplitResult result = session.run(inputs);
      CHECK(result.path == Path::split);
      CHECK(result.why == "");
      CHECK(result.lossy.empty() == (encoding == WireEncoding::raw));
      if (encoding == WireEncoding::raw) {
        check_same(result.outputs, expected);
      } else {
        for (const auto& [output, tensor] : expected) {
          float largest = 1.0f;
          for (const float x : tensor.as<float>()) largest = std::max(largest, std::abs(x));
          for (std::size_t i = 0; i < tensor.element_count(); ++i) CHECK(std::abs(tensor.as<float>()[i] - result.outputs.at(output).as<float>()[i]) <= 0.25f * largest);
        }
      }
      SplitSession lost(graph, plan, "http://127.0.0.1:1", patient());
      const SplitResult fallback = lost.run(inputs);
      CHECK(fallback.path == Path::fallback);
      CHECK(fallback.lossy.empty());
      check_same(fallback.outputs, expected);
    }
  }
}

TEST_CASE("layers run on the processors that the route plan names") {
  const Graph graph = digits("digits_cnn");
  RouteRequest request = request_at(graph, 3, {WireCodec{}});
  Profile other = request.stops[0].profiles[0];
  other.processor = "cpu:0";
  other.layers[1].latency_ns.value = 1e3;
  request.stops[0].profiles.push_back(other);
  const Plan plan = split_plan(graph, Planner(request).plan());
  CHECK(plan.device_processor == "cpu:all x1");
  REQUIRE(plan.chosen.layer_processors.size() == graph.layers().size());
  CHECK(plan.chosen.layer_processors[0] == "cpu:all x1");
  CHECK(plan.chosen.layer_processors[1] == "cpu:0");
  CHECK(plan.chosen.layer_processors.back() == "");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  const Tensors inputs = random_inputs(graph, 2);
  SplitSession session(graph, plan, server.url(), patient());
  const SplitResult result = session.run(inputs);
  CHECK(result.path == Path::split);
  check_same(result.outputs, run_here(graph, inputs));
  Plan elsewhere = plan;  // a processor that this machine lacks: its own takes the layer
  elsewhere.chosen.layer_processors[1] = "opencl:7";
  check_same(SplitSession(graph, elsewhere, server.url(), patient()).run(inputs).outputs, run_here(graph, inputs));
}

TEST_CASE("memories of the device are the device; an edge without layers is passed by") {
  const Graph graph = digits("digits_mlp");
  RouteRequest request = request_at(graph, 2, {WireCodec{}});
  request.stops.insert(request.stops.begin(), Stop{.name = "accelerator", .profiles = {profile_with(graph, "cpu:0", 1, true)}});
  request.stops[0].profiles[0].layers[0].latency_ns.value = 10.0;
  request.stops.insert(request.stops.begin() + 2, Stop{.name = "edge", .profiles = {}});
  request.hops = {RouteHop::memory(1e10, 1e-6), RouteHop::network(Link::named("wifi")), RouteHop::network(Link::named("lte"))};
  request.home = 1;
  const RoutePlan route = Planner(request).plan();
  REQUIRE(route.chosen.stops[0] == 0);
  REQUIRE(route.chosen.stops[1] == 1);
  REQUIRE(route.chosen.stops[2] == 3);
  const Plan plan = split_plan(graph, route);
  CHECK(plan.chosen.tiers[1] == Tier::device);
  CHECK(plan.chosen.tiers[2] == Tier::cloud);
  CHECK(plan.chosen.crossings.size() == 1);
  CHECK(plan.chosen.layer_processors.size() == graph.layers().size());
}

TEST_CASE("what a session cannot carry out is said, by name") {
  const Graph graph = digits("digits_mlp");
  const int layers = static_cast<int>(graph.layers().size());
  REQUIRE(layers >= 3);
  RouteRequest request = request_at(graph, 1, {WireCodec{}});
  const RoutePlan good = Planner(request).plan();
  check_error(ErrorCode::invalid_argument, "model", [&] { split_plan(digits("digits_cnn"), good); });

  RoutePlan three = good;
  three.stops.push_back("far");
  three.hops.push_back(RouteHop::Kind::network);
  three.chosen.stops.back() = 2;
  check_error(ErrorCode::unsupported, "'far'", [&] { split_plan(graph, three); });

  RoutePlan back = good;
  back.chosen.stops.assign(back.chosen.stops.size(), 1);
  back.chosen.stops.back() = 0;
  check_error(ErrorCode::unsupported, graph.layers().back().name, [&] { split_plan(graph, back); });

  RoutePlan coded = good;
  for (RouteCrossing& crossing : coded.chosen.crossings) crossing.encoding = WireEncoding::int4;
  check_error(ErrorCode::unsupported, "int4", [&] { split_plan(graph, coded); });

  RoutePlan twice = good;
  twice.stops.push_back("far");
  twice.hops.push_back(RouteHop::Kind::network);
  for (int& stop : twice.chosen.stops) stop = stop == 1 ? 2 : stop;
  twice.chosen.crossings.push_back({good.chosen.crossings.front().value, 1, true, WireEncoding::fp16, 0});
  check_error(ErrorCode::unsupported, "fp16", [&] { split_plan(graph, twice); });

  RoutePlan home = good;
  home.chosen.stops.assign(home.chosen.stops.size(), 0);
  home.chosen.processors.assign(home.chosen.stops.size(), "cpu:all x1");
  home.chosen.crossings.clear();
  CHECK(split_plan(graph, home).chosen.name == "mobile-only");
}

TEST_CASE("a plan whose parts contradict each other is refused") {
  const Graph graph = digits(kDigits[0]);
  const RoutePlan good = Planner(request_at(graph, static_cast<int>(graph.layers().size()) / 2, {WireCodec{}})).plan();
  CHECK_NOTHROW(split_plan(graph, good));
  RoutePlan silent = good, moved = good, renamed = good;
  silent.chosen.crossings.clear();
  CHECK_THROWS_AS(split_plan(graph, silent), Error);
  moved.chosen.stops.assign(moved.chosen.stops.size(), 1);  // what crosses is made away then
  CHECK_THROWS_AS(split_plan(graph, moved), Error);
  renamed.layers[0] = "q";
  CHECK_THROWS_AS(split_plan(graph, renamed), Error);
}
