// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <dnntune/server.h>
#include <dnntune/session.h>

#include "drive/drive_page.h"
#include "drive/drive_trace.h"
#include "drive/replay.h"
#include "drive/results.h"
#include "throws.h"
#include "zoo/zoo.h"

using namespace dnntune;
using namespace dnntune::drive;

namespace {

Setting sample_setting() {
  return {.network = "some <network>", .device = "a phone", .cloud = "a server", .encoding = "int8", .plans = {"device only", "cloud only", "split"}, .seed = 3, .duration_s = 120.0,
          .period_s = 0.5, .deadline_s = 2.0, .device_power_w = 2.0, .seconds = 10.0};
}

Slot slot(double time_s, const char* stretch, double adaptive_ms, std::vector<double> fixed_ms, std::vector<double> predicted_ms) {
  Slot slot{.time_s = time_s, .stretch = stretch, .up_mbps = 5.0, .down_mbps = 9.0, .round_trip_ms = 40.0, .adaptive = {time_s, 0, Path::device, adaptive_ms, 10.0}, .fixed = {},
            .predicted_ms = std::move(predicted_ms)};
  for (std::size_t p = 0; p < fixed_ms.size(); ++p) slot.fixed.push_back({time_s, p, p == 1 && fixed_ms[p] > 1000.0 ? Path::fallback : Path::split, fixed_ms[p], 20.0});
  return slot;
}

Drove sample_drove() {
  Drove drove;
  drove.slots = {slot(0.0, "wifi", 60.0, {100.0, 50.0, 70.0}, {100.0, 55.0, 50.0}), slot(70.0, "", 140.0, {100.0, 2100.0, 90.0}, {100.0, 1e9, 1e9})};
  for (const Slot& each : drove.slots) drove.adaptive.push_back(each.adaptive);
  return drove;
}

}  // namespace

TEST_CASE("a drive has all its stretches, outages among them, and is the same for the same seed") {
  const Drive drive = make_drive(1, 600.0);
  CHECK(drive.trace.duration_s == 600.0);
  CHECK(drive.trace.points.size() >= 580);
  REQUIRE(drive.stretches.size() == 8);
  CHECK(drive.at(0.0).kind == "wifi");
  CHECK(drive.at(100.0).kind == "lte-drive");
  CHECK(drive.at(215.0).kind == "");
  CHECK(drive.trace.at(215.0).bandwidth_up_bps == 0.0);
  CHECK(drive.at(599.0).kind == "wifi");
  CHECK(drive.at(100.0).radio.name != drive.at(0.0).radio.name);
  CHECK(make_drive(1, 600.0).trace.to_csv() == drive.trace.to_csv());
  CHECK(make_drive(2, 600.0).trace.to_csv() != drive.trace.to_csv());
  CHECK(make_drive(1, 60.0).trace.duration_s == doctest::Approx(60.0).epsilon(0.05));
  for (const double wrong : {59.0, -1.0, 1.0 / 0.0}) CHECK_ERROR(make_drive(1, wrong), ErrorCode::invalid_argument, "at least 60");
}

TEST_CASE("the clairvoyant has the fastest of each moment, the informed what was predicted to be") {
  const Summary sum = summed_up(sample_setting(), sample_drove());
  CHECK(sum.adaptive.mean_ms == 100.0);
  CHECK(sum.clairvoyant.mean_ms == 70.0);  // 50 and 90
  CHECK(sum.informed.mean_ms == 85.0);     // 70 and 100
  CHECK(sum.to_clairvoyant() == doctest::Approx(100.0 / 70.0));
  CHECK(sum.best_fixed_ms() == 80.0);
  CHECK(sum.fixed[1].fallbacks == 1);
  CHECK(sum.fixed[1].most_ms == 2100.0);
  CHECK(sum.fixed[2].mean_mj == 20.0);
  CHECK(sum.rows().size() == 6);
}

TEST_CASE("text, JSON and page say what the summary does") {
  const std::string lines = text(sample_setting(), sample_drove());
  CHECK(lines.find("1.429 times the clairvoyant's mean latency and 1.250 times the best fixed policy's") != std::string::npos);
  CHECK(lines.find("dead spots") != std::string::npos);
  const auto json = nlohmann::json::parse(to_json(sample_setting(), sample_drove()));
  CHECK(json["schema"] == "dnntune.drive/1");
  CHECK(json["slots"].size() == 2);
  CHECK(json["slots"][1]["fixed"][1]["path"] == "fallback");
  const std::string html = drive_page(sample_setting(), sample_drove()).html();
  CHECK(html.find("some &lt;network&gt;") != std::string::npos);
  CHECK(html.find("1.429 times") != std::string::npos);
}

TEST_CASE("a replay runs every policy, each request by a plan and a path") {
  const Graph graph = zoo::build("lenet");
  const Processor processor = Device::local().processor("cpu:all x1");
  Server server(processor);
  server.add_model(graph);
  server.start();
  ProfileOptions quick;
  quick.max_total_s = 0.1;
  quick.min_samples = 1;
  PlanRequest request{.graph = graph};
  request.device = {Session(graph, processor).profile(quick)};
  request.cloud = {remote_profile(server.url(), graph)};
  request.link = Link::named("lte");
  const std::vector<Plan> plans = plans_for_links(request, 1);
  ReplayOptions options;
  options.period_s = 15.0;
  options.every = 1;
  options.deadline_s = 0.2;
  options.adaptive.split.probe_timeout_s = 0.1;
  options.device_power_w = 2.0;
  const Drive drive = make_drive(5, 60.0);
  const Drove drove = replay(drive, graph, plans, server.url(), options);
  CHECK(drove.slots.size() >= 4);
  CHECK(drove.adaptive.size() == drove.slots.size());
  CHECK(drove.counters.requests == static_cast<std::int64_t>(drove.adaptive.size()));
  for (const Slot& each : drove.slots) {
    REQUIRE(each.fixed.size() == plans.size());
    CHECK(each.predicted_ms.size() == plans.size());
    CHECK(each.fixed[0].path == Path::device);
    CHECK(each.fixed[0].mj > 0.0);
    CHECK((each.fixed[1].path == Path::cloud || each.fixed[1].path == Path::fallback));
    CHECK(each.adaptive.plan < plans.size());
    CHECK(each.adaptive.ms > 0.0);
  }
}
