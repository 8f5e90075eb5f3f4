// SPDX-License-Identifier: Apache-2.0
// What commands print and write of their results.
#include <doctest/doctest.h>

#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/pages.h"
#include "cli/plan_page.h"
#include "dnntune/builder.h"
#include "report/samples.h"

using namespace dnntune;
using namespace dnntune::cli;
using Json = nlohmann::json;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

}  // namespace

TEST_CASE("a pair has what can be said of its run") {
  const Characterization all = samples::characterization();
  const Pair* pair = all.measured("lenet", "cpu:all x1");
  REQUIRE(pair != nullptr);
  CHECK(pair->power_w() == doctest::Approx(2.0));
  CHECK(pair->gflops_per_s() == doctest::Approx(27.0));
  CHECK(pair->memory_bytes() == 21'000'000);
  CHECK_FALSE(pair->has_queue());
  const Pair* queued = all.measured("lenet", "opencl:0");
  REQUIRE(queued != nullptr);
  CHECK(queued->has_queue());
  CHECK(queued->power_w() < 0.0);
  CHECK(all.measured("vgg16", "opencl:0") == nullptr);  // it failed
  CHECK(all.measured("lenet", "npu") == nullptr);
  CHECK(shares_text(pair->profile) == "convolution 50 %, depthwise 20 %, dense 15 %, between layers 8 %, pooling 5 %, inputs, outputs 2 %");
}

TEST_CASE("the table fits 80 columns and has a reason for what failed") {
  Characterization all = samples::characterization();
  std::string text = all.table();
  CHECK(widest_line(text) <= 80);
  CHECK(has(text, "failed (1)"));
  CHECK(has(text, "(1) vgg16 on opencl:0: out of memory on the device"));
  CHECK(has(text, "~0.08"));  // mJ, predicted
  for (Pair& pair : all.pairs) pair.profile.run_energy_uj = {};
  text = all.table();
  CHECK(widest_line(text) <= 80);
  CHECK(has(text, "Energy is not known"));
  CHECK(has(text, "convolution"));
}

TEST_CASE("processors are told apart in 80 columns, whatever networks are called") {
  Characterization all = samples::characterization();
  all.networks[1] = "a_network_with_a_long_name";
  all.processors[0] = "xnnpack:all x1";
  all.processors[1] = "xnnpack:all x2";
  for (Pair& pair : all.pairs) {
    if (pair.network == "mobilenet_v2") pair.network = all.networks[1];
    if (pair.processor.name.starts_with("cpu")) pair.processor.name.replace(0, 3, "xnnpack");
    pair.profile.run_energy_uj = {};
  }
  const std::string text = all.table();
  CHECK(widest_line(text) <= 80);
  CHECK(has(text, "  xnnpack:all x1 "));
  CHECK(has(text, "  xnnpack:all x2 "));
  CHECK(has(text, "a_network_with_a_long_name"));
}

TEST_CASE("pairs come into their places in any order, once") {
  const Characterization whole = samples::characterization();
  Characterization all = whole;
  all.pairs.clear();
  for (std::size_t i = whole.pairs.size(); i-- > 0;) all.put(whole.pairs[i]);
  CHECK(has(all.table(), "failed (1)"));
  Pair again = whole.pairs[8];
  again.error = "once more";
  all.put(again);
  REQUIRE(all.pairs.size() == whole.pairs.size());
  for (std::size_t i = 0; i < all.pairs.size(); ++i) {
    CHECK(all.pairs[i].network == whole.pairs[i].network);
    CHECK(all.pairs[i].processor.name == whole.pairs[i].processor.name);
  }
  CHECK(all.pairs[8].error == "once more");
  all.pairs.resize(7);
  CHECK(has(all.table(), "2 of 9 pairs are not measured"));
}

TEST_CASE("a characterization comes back from its JSON as it was") {
  const Characterization all = samples::characterization();
  const Characterization back = Characterization::from_json(all.to_json());
  CHECK(back.to_json() == all.to_json());
  CHECK(back.table() == all.table());
  CHECK(back.page().html("library") == all.page().html("library"));
  for (const char* text : {"", "{", "[]", "{}", "{\"schema\": \"dnntune.characterization/1\"}", "{\"schema\": \"dnntune.characterization/2\"}"})
    CHECK_THROWS_AS(Characterization::from_json(text), Error);
}

TEST_CASE("JSON has every pair, and leaves out what is not known") {
  const Json json = Json::parse(samples::characterization().to_json());
  CHECK(json.at("schema") == "dnntune.characterization/2");
  REQUIRE(json.at("results").size() == 9);
  const Json& cpu = json["results"][0];
  CHECK(cpu.at("network") == "lenet");
  CHECK(cpu.at("run_ns").at("value") == 40e3);
  CHECK(cpu.at("power_w") == doctest::Approx(2.0));
  CHECK(cpu.at("run_energy_uj").at("provenance") == "predicted");
  CHECK(cpu.at("class_ns").at("dense") == doctest::Approx(6e3));
  CHECK_FALSE(cpu.contains("enqueue_ns"));
  CHECK_FALSE(cpu.at("class_ns").contains("recurrent"));
  const Json& queued = json["results"][2];
  CHECK(queued.at("enqueue_ns") == doctest::Approx(4 * 3e3));
  CHECK_FALSE(queued.contains("power_w"));
  CHECK(json["results"][8].at("error") == "out of memory on the device");
  CHECK_FALSE(json["results"][8].contains("run_ns"));
}

TEST_CASE("the page compares with the first processor, or shows times where there is one") {
  Characterization all = samples::characterization();
  std::string html = all.page().html("library");
  CHECK(has(html, "Latency, relative to cpu:all x1"));
  CHECK(has(html, "Energy of a run"));
  CHECK(has(html, "Device and host on opencl:0"));
  CHECK_FALSE(has(html, "Device and host on cpu:all x1"));
  CHECK(has(html, "a device &amp; its &lt;cores&gt;"));
  all.processors.resize(1);
  std::erase_if(all.pairs, [](const Pair& pair) { return pair.processor.name != "cpu:all x1"; });
  html = all.page().html("library");
  CHECK_FALSE(has(html, "relative to"));
  CHECK(has(html, "<figcaption>Latency</figcaption>"));
}

TEST_CASE("a page without any measured pair still has its table") {
  Characterization all = samples::characterization();
  for (Pair& pair : all.pairs) pair.error = "no <driver>";
  const std::string html = all.page().html("library");
  CHECK(has(html, "no &lt;driver&gt;"));
  CHECK_FALSE(has(html, "Where the time goes on"));
  CHECK_FALSE(has(html, "<canvas"));
}

TEST_CASE("of a long network the slowest layers are drawn, all are listed") {
  Profile profile = samples::profile(1e6);
  while (profile.layers.size() < 100) profile.layers.push_back(samples::layer("more", "Add", "simd.binary", 1.0));
  const std::string html = profile_page(profile).html("");
  CHECK(has(html, "The 60 slowest of 100 layers"));
  CHECK(has(html, "<td class=\"number\">99</td><td>more</td>"));
  CHECK(has(html, "conv&lt;1&gt;"));
}

TEST_CASE("a tuning's page says who won, by how much, and what was not timed") {
  const std::string html = tuning_page("net", Device(), samples::tuning()).html("");
  CHECK(has(html, "<td>conv</td><td>Conv</td><td>cpu:all x2</td><td>simd.conv_direct</td><td class=\"number\">9.0</td><td class=\"number\">12.0</td>"));
  CHECK(has(html, "<td>late</td><td>Softmax</td><td>cpu:all x1</td><td>simd.softmax</td><td class=\"number\">not timed</td>"));
  CHECK(has(html, "proven the best"));
  CHECK(has(html, "<td>simd.conv_direct on cpu:all x2</td><td class=\"number\">1 of 2</td><td class=\"number\">75.0 %, 9.0 us</td>"));
  Tuning cached;
  cached.from_cache = true;
  CHECK(has(tuning_page("net", Device(), cached).html(""), "came from the cache"));
}

TEST_CASE("a plan's page has every cut, marks the chosen one and says what else would cost") {
  GraphBuilder builder("net <1>");
  std::string x = builder.input("x", DataType::float32, {1, 4, 16, 16});
  x = builder.node("Sigmoid", {x}, {}, "first");
  x = builder.node("MaxPool", {x}, {{"kernel_shape", std::vector<std::int64_t>{8, 8}}, {"strides", std::vector<std::int64_t>{8, 8}}}, "small");
  builder.output(builder.node("Sigmoid", {x}, {}, "last"));
  PlanRequest request = samples::plan_request(builder.build());
  for (LayerProfile& layer : request.device[0].layers) layer.latency_ns.value = layer.name == "last" ? 9e6 : 1e5;
  for (LayerProfile& layer : request.cloud[0].layers) layer.latency_ns.value = 1e5;
  request.link.round_trip_s = 1e-3;
  const Plan plan = make_plan(request);
  REQUIRE(plan.chosen.name == "split");
  report::Page page = plan_page(request, plan);
  const std::string html = page.html("library");
  const std::size_t from = html.find("id=\"data\">") + 10, to = html.find("</script>", from);
  const Json charts = Json::parse(html.substr(from, to - from)).at("charts");
  REQUIRE(charts.size() == 6);
  CHECK(charts[0].at("categories") == Json::parse(R"(["0 everything in the cloud", "1 after first", "2 after small", "3 after last"])"));
  CHECK(charts[0].at("marked") == 2);
  CHECK(charts[0].at("marked_text") == "chosen: split at small");
  CHECK(charts[0]["series"][0]["values"][3] == doctest::Approx(9.2));    // device, all of it here
  CHECK(charts[0]["series"][2]["values"][0] == doctest::Approx(1.0));    // round trip
  CHECK(charts[0]["series"][2]["values"][3] == 0.0);
  CHECK(charts[1].at("value_title") == "mJ");
  CHECK(charts[2]["series"][1]["values"][2] == doctest::Approx(0.064));  // kB that cross: 4 x 2 x 2 floats
  bool in_map = false;
  for (const Json& series : charts[3].at("series")) in_map = in_map || series.at("name") == "split at small";
  CHECK(in_map);
  CHECK(charts[5].at("categories").size() == 2);  // either side of the cut; else values would come back
  CHECK(has(page.html(""), "<td>after small</td>"));

  for (LayerProfile& layer : request.device[0].layers) layer.energy_uj = {};
  const std::string no_energy = plan_page(request, make_plan(request)).html("");
  CHECK_FALSE(has(no_energy, "Energy of the device by cut"));
  CHECK(has(no_energy, "Trade-offs: latency and bytes"));
}
