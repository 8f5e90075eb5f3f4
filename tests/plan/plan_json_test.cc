// SPDX-License-Identifier: Apache-2.0
// Plan's JSON and its text for people.
#include <sstream>

#include <doctest/doctest.h>

#include "base/text.h"
#include "dnntune/error.h"
#include "dnntune/plan.h"
#include "plan/format.h"
#include "plan/small_nets.h"
#include "throws.h"

using namespace dnntune;
using test::mentions;

namespace {

Plan sample_plan(Objective objective = Objective::latency()) {
  test::NetBuilder net("sample");
  const int a = net.relu(net.input({1000}));
  const int b = net.relu(a);
  net.output(net.concat({a, b}));
  net.output(net.relu(b));
  const Graph graph = net.build();
  return make_plan({.graph = graph,
                    .device = {test::profile_of(graph, "cpu:big x4", {10, 10, 9000, 90000.25}, {1, 2, 3, 40000})},
                    .cloud = {test::profile_of(graph, "cpu:all x16", {7, 7, 7, 7})},
                    .link = Link::named("wifi"),
                    .minimize = objective});
}

std::string refusal(const std::string& json, ErrorCode code = ErrorCode::invalid_argument) {
  try {
    Plan::from_json(json);
  } catch (const Error& e) {
    CHECK(e.code() == code);
    return e.what();
  }
  FAIL("accepted: ", json);
  return "";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

void check_width(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(base::column_count(line) <= 80, line);
}

}  // namespace

TEST_CASE("a plan survives JSON") {
  for (const Objective objective : {Objective::latency(), Objective::energy()}) {
    const Plan plan = sample_plan(objective);
    const Plan copy = Plan::from_json(plan.to_json());
    CHECK(copy.to_json() == plan.to_json());
    CHECK(copy.objective == plan.objective);
    CHECK(copy.layers == plan.layers);
    CHECK(copy.chosen.tiers == plan.chosen.tiers);
    CHECK(copy.chosen.cost.latency_ns().value == plan.chosen.cost.latency_ns().value);
    CHECK(copy.chosen.cost.radio_uj.provenance == plan.chosen.cost.radio_uj.provenance);
    REQUIRE(copy.best_split.crossings.size() == plan.best_split.crossings.size());
    CHECK(copy.best_split.crossings[0].value == plan.best_split.crossings[0].value);
    CHECK(copy.link.radio.beta_w == plan.link.radio.beta_w);
    CHECK(copy.explain() == plan.explain());
  }
}

TEST_CASE("a plan whose choice was replaced, and one without a split, survive JSON") {
  Plan plan = sample_plan();
  plan.chosen = plan.cloud_only;
  plan.best_split = Deployment{};
  plan.best_split.name = "split";
  plan.best_split.feasible = false;
  plan.best_split.why = "the network has one layer";
  const Plan copy = Plan::from_json(plan.to_json());
  CHECK(copy.chosen.name == "cloud-only");
  CHECK(copy.best_split.tiers.empty());
  CHECK(!copy.best_split.feasible);
  check_width(copy.explain());
}

TEST_CASE("names that are not UTF-8 do not break a plan's text") {
  Plan plan = sample_plan();
  plan.model = "\xff\xfe model \x1b[2J";
  plan.layers[0] = "layer \x80";
  CHECK(Plan::from_json(plan.to_json()).layers.size() == plan.layers.size());
  CHECK(plan.explain().find('\x1b') == std::string::npos);
}

TEST_CASE("hostile plan JSON is refused by name") {
  const std::string good = sample_plan().to_json();
  const std::string bytes_up = "\"bytes_up\": " + std::to_string(sample_plan().chosen.cost.bytes_up);
  CHECK(mentions(refusal(replaced(good, "dnntune.plan/1", "dnntune.plan/2")), "dnntune.plan/2"));
  for (const char* field : {"schema", "model_hash", "objective", "link", "layers", "chosen", "mobile_only", "cloud_only", "best_split",
                            "tiers", "crossings", "cost", "device_ns", "provenance", "bytes_down", "feasible", "round_trip_s"}) {
    CAPTURE(field);
    const std::string quoted = "\"" + std::string(field) + "\":";
    CHECK(mentions(refusal(replaced(good, quoted, "\"gone\":")), field));
    refusal(replaced(good, quoted, quoted + " {\"a\": [1]}, \"was\":"));
    refusal(replaced(good, quoted, quoted + " null, \"was\":"));
  }
  CHECK(mentions(refusal(replaced(good, "\"objective\": \"latency\"", "\"objective\": \"beauty\"")), "beauty"));
  CHECK(mentions(refusal(replaced(good, "\"provenance\": \"measured\"", "\"provenance\": \"guessed\"")), "guessed"));
  CHECK(mentions(refusal(replaced(good, "\"tiers\": \"d", "\"tiers\": \"x")), "tiers"));
  CHECK(mentions(refusal(replaced(good, "\"tiers\": \"d", "\"tiers\": \"dd")), "tiers"));
  CHECK(mentions(refusal(replaced(good, "\"tiers\": \"d", "\"tiers\": \"")), "tiers"));
  CHECK(mentions(refusal(replaced(good, bytes_up, "\"bytes_up\": -4")), "bytes_up"));
  CHECK(mentions(refusal(replaced(good, bytes_up, "\"bytes_up\": 1.5")), "bytes_up"));
  CHECK(mentions(refusal(replaced(good, bytes_up, "\"bytes_up\": 18446744073709551615")), "bytes_up"));
  CHECK(mentions(refusal(replaced(good, "\"bandwidth_up_bps\": 18880000.0", "\"bandwidth_up_bps\": -1")), "bandwidth_up_bps"));
  refusal(replaced(good, "\"bandwidth_up_bps\": 18880000.0", "\"bandwidth_up_bps\": NaN"));
  refusal(replaced(good, "\"bandwidth_up_bps\": 18880000.0", "\"bandwidth_up_bps\": 1e999"));
  CHECK(mentions(refusal(replaced(good, "\"layers\": [", "\"layers\": [7, ")), "layers"));
  CHECK(mentions(refusal(replaced(good, "\"encoding\": \"raw\"", "\"encoding\": \"jpeg\"")), "jpeg"));
  refusal("{}");
  refusal("null");
  refusal(good.substr(0, good.size() - 2));
  refusal(std::string(100000, '['));
  refusal(std::string(1000, '[') + std::string(1000, ']'), ErrorCode::limit_exceeded);
}

TEST_CASE("truncated anywhere or with any byte changed, plan JSON gives a plan or an Error") {
  const std::string good = sample_plan().to_json();
  test::Random random(4);
  for (std::size_t size = 0; size < good.size(); size += 37) CHECK_THROWS_AS(Plan::from_json(good.substr(0, size)), Error);
  int accepted = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good;
    bad[static_cast<std::size_t>(test::pick(random, 0, static_cast<std::int64_t>(bad.size()) - 1))] =
        static_cast<char>(test::pick(random, 0, 255));
    try {
      check_width(Plan::from_json(bad).explain());
      ++accepted;
    } catch (const Error&) {
    }
  }
  CHECK(accepted > 0);  // a changed letter in a name is no error
}

TEST_CASE("explain shows the three deployments, the cut and the losses in 80 columns") {
  const Plan plan = sample_plan();
  const std::string text = plan.explain();
  check_width(text);
  CHECK(plan.chosen.name == "mobile-only");
  for (const char* part : {"Plan for sample", "minimises latency: mobile-only", "link wifi: up 18.9 Mbit/s, down 55.0 Mbit/s, round trip 4.20 ms",
                           "mobile-only", "cloud-only", "best split", "cpu:big x4", "cpu:all x16", "upload", "download", "round trip",
                           "99.0 us", "4.00 kB", "chosen", " x", "Everything stays on the device", "energy"})
    CHECK(mentions(text, part));

  const Plan energy = sample_plan(Objective::energy());
  CHECK(energy.chosen.name == "split");
  for (const char* part : {"minimises energy: split", "last layer here    layer", "first layer there  layer", "crosses", "raw", "chosen"})
    CHECK(mentions(energy.explain(), part));
}

TEST_CASE("long names and many crossings stay within 80 columns") {
  test::NetBuilder net(std::string(300, 'm'));
  std::vector<int> branches;
  const int x = net.relu(net.input({10}));
  for (int i = 0; i < 40; ++i) branches.push_back(net.relu(x));
  net.output(net.concat(branches));
  const Graph graph = net.build();
  std::vector<double> device(graph.layers().size(), 1.0), cloud(graph.layers().size(), 1e12);
  device.back() = 1e15;
  Plan plan = make_plan({.graph = graph,
                         .device = {test::profile_of(graph, std::string(100, 'p'), device)},
                         .cloud = {test::profile_of(graph, "there", cloud)},
                         .link = Link::named("lte")});
  CHECK(plan.chosen.crossings.size() == 40);
  for (std::string& layer : plan.layers) layer = std::string(200, 'x') + layer;
  for (Crossing& crossing : plan.chosen.crossings) crossing.value = std::string(200, 'y') + crossing.value;
  check_width(plan.explain());
  CHECK(mentions(plan.explain(), "and 28 more values"));
}

TEST_CASE("figures are printed with three digits and a unit") {
  CHECK(plan::format_time(0) == "0 ns");
  CHECK(plan::format_time(999.4) == "999 ns");
  CHECK(plan::format_time(999.9) == "1.00 us");
  CHECK(plan::format_time(1234) == "1.23 us");
  CHECK(plan::format_time(12345678) == "12.3 ms");
  CHECK(plan::format_time(123456789012.0) == "123 s");
  CHECK(plan::format_energy(712000) == "712 mJ");
  CHECK(plan::format_bytes(999) == "999 B");
  CHECK(plan::format_bytes(150528) == "151 kB");
  CHECK(plan::format_rate(750000) == "750 kbit/s");
  CHECK(plan::format_cost({5e6, 0, Provenance::unknown}, plan::format_time) == ">= 5.00 ms");
  CHECK(plan::format_cost(Cost{}, plan::format_time) == "-");
}
