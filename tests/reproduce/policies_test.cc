// SPDX-License-Identifier: Apache-2.0
// Other policies' decisions: on a network small enough to know, and never better than the planner's.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <dnntune/builder.h>

#include "reproduce/chain.h"
#include "reproduce/policies.h"

using namespace dnntune;
using namespace dnntune::reproduce;

namespace {

/// in -> a -> b, a -> c, b + c -> d: cuts of the chain are before a, after a, and after d.
Graph diamond() {
  GraphBuilder net("diamond");
  const std::string x = net.input("in", DataType::float32, {1, 1000});
  const std::string a = net.node("Exp", {x}, {}, "a");
  const std::string b = net.node("Sin", {a}, {}, "b"), c = net.node("Cos", {a}, {}, "c");
  net.output(net.node("Concat", {b, c}, {{"axis", std::int64_t{1}}}, "d"));
  return net.build();
}

}  // namespace

TEST_CASE("cuts of the chain are where one value crosses") {
  const Graph graph = diamond();
  REQUIRE(graph.layers().size() == 4);
  CHECK(chain_cuts(graph) == std::vector<int>{0, 1, 4});
}

TEST_CASE("a regression finds the line that the layers lie on") {
  Profile profile;
  for (const int i : {1, 2, 3, 5}) {
    LayerProfile layer;
    layer.op = i % 2 == 0 ? "Conv+Relu" : "Conv";
    layer.flops = i * i * 1'000'000;
    layer.input_bytes = i * 300'000;
    layer.output_bytes = i * 200'000;
    layer.latency_ns = {3e5 * i * i + 2e5 * i + 1e4, 0.0, Provenance::published};
    profile.layers.push_back(layer);
  }
  const LayerRegression regression({profile});
  LayerProfile other = profile.layers.front();
  other.flops = 16'000'000;
  other.input_bytes = 1'200'000;
  other.output_bytes = 800'000;
  CHECK(regression.predict(other) == doctest::Approx(3e5 * 16 + 2e5 * 4 + 1e4).epsilon(1e-4));
  other.op = "Unseen";
  CHECK(regression.predict(other) == 0.0);
}

TEST_CASE("DNNTune tunes first and cuts then; DADS sees the DAG") {
  const Graph graph = diamond();
  // Slow phone b and c, free cloud. The first configuration is better for the whole, the second for the first layer.
  PlanRequest request{
      .graph = graph,
      .device = {published_profile(graph, "even", {5, 5, 5, 5}, {}), published_profile(graph, "first", {1, 9, 9, 9}, {})},
      .cloud = {published_profile(graph, "cloud", {0, 0, 0, 0}, {})}};
  request.link.name = "fast";
  request.link.bandwidth_up_bps = request.link.bandwidth_down_bps = 1e9;  // 32 us for 4000 bytes
  const Scan scan = dnntune_scan(request);
  CHECK(scan.configuration == 0);
  CHECK(scan.tiers == std::vector<Tier>(4, Tier::cloud));
  CHECK(dads(request) == std::vector<Tier>(4, Tier::cloud));
  request.link.bandwidth_up_bps = 1e3;  // 32 s
  CHECK(dnntune_scan(request).tiers == std::vector<Tier>(4, Tier::device));
  CHECK(dads(request) == std::vector<Tier>(4, Tier::device));
}

TEST_CASE("no policy beats the planner on any network, link and objective") {
  const auto report = nlohmann::json::parse(policies().json());
  int rows = 0, encoding_rows = 0;
  const auto number = [](const nlohmann::json& row, const char* column) { return std::stod(row.at(column).get<std::string>()); };
  for (const auto& section : report.at("sections"))
    for (const auto& row : section.at("rows")) {
      CAPTURE(row.dump());
      if (row.contains("int8")) {  // what may be written more never makes it dearer
        ++encoding_rows;
        CHECK(number(row, "float32") >= 1.0);
        CHECK(number(row, "float16") >= number(row, "float32"));
        CHECK(number(row, "int8") >= number(row, "float16"));
        continue;
      }
      ++rows;
      for (const char* policy : {"mobile", "cloud", "Neurosurgeon", "DADS", "DNNTune"}) CHECK(number(row, policy) >= 1.0);
    }
  CHECK(rows == 2 * 6 * 5);
  CHECK(encoding_rows == rows);
  // The tables round; the findings do not.
  for (const auto& section : report.at("sections"))
    for (const auto& finding : section.at("findings"))
      CHECK(finding.get<std::string>().find("worse in 0 of 30") != std::string::npos);
}
