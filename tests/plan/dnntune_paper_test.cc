// SPDX-License-Identifier: Apache-2.0
// The published example: MobileNet-V2 between a phone's big core and a cloud CPU over Wi-Fi (Xia et al.,
// DNNTune, ACM TACO 16(4) 2019, Fig. 7a and Table 3: mobile 154, cloud 138, split 115 ms after
// bottleneck_3_3).
#include <array>

#include <doctest/doctest.h>

#include "dnntune/plan.h"
#include "plan/small_nets.h"

using namespace dnntune;

namespace {

/// Figures read from the chart's vector graphics. Cloud times there are of all layers after the row.
struct Row {
  const char* name;
  std::int64_t channels, stride;
  double device_ms;
  double cloud_after_ms;
};
constexpr double kCloudAllMs = 38.06;
constexpr std::array<Row, 20> kRows = {{
    {"conv2d", 32, 2, 8.863, 37.31},         {"bottleneck_1_1", 16, 1, 12.13, 36.56}, {"bottleneck_2_1", 16, 1, 15.36, 34.69},
    {"bottleneck_2_2", 24, 2, 12.61, 33.2},  {"bottleneck_3_1", 24, 1, 6.109, 31.71}, {"bottleneck_3_2", 24, 1, 5.151, 29.47},
    {"bottleneck_3_3", 32, 2, 5.314, 28.35}, {"bottleneck_4_1", 32, 1, 3.549, 26.49}, {"bottleneck_4_2", 32, 1, 5.155, 24.62},
    {"bottleneck_4_3", 32, 1, 5.45, 22.76},  {"bottleneck_4_4", 64, 2, 5.626, 20.89}, {"bottleneck_5_1", 64, 1, 6.618, 18.65},
    {"bottleneck_5_2", 64, 1, 8.079, 17.53}, {"bottleneck_5_3", 96, 1, 5.785, 15.67}, {"bottleneck_6_1", 96, 1, 6.447, 14.18},
    {"bottleneck_6_2", 96, 1, 7.615, 12.31}, {"bottleneck_6_3", 160, 2, 7.931, 8.576}, {"bottleneck_7_1", 320, 1, 9.886, 4.85},
    {"conv2d_1x1", 1280, 7, 6.78, 1.489},    {"classes", 1000, 1, 7.577, 0.0},
}};

/// The paper's blocks, one layer each, with the data volumes it draws. `image_bytes`: the input is a
/// picture of bytes, converted first, as in an app; else float32 like everything after it.
PlanRequest mobilenet_v2(bool image_bytes) {
  test::NetBuilder net("mobilenet_v2");
  std::vector<double> device, cloud;
  int x = net.input({1, 3, 224, 224}, image_bytes ? DataType::uint8 : DataType::float32);
  if (image_bytes) {
    x = net.cast(x, DataType::float32);
    device.push_back(0.0);
    cloud.push_back(0.0);
  }
  double after = kCloudAllMs;
  for (const Row& row : kRows) {
    x = net.conv(x, row.channels, row.stride, row.name);
    device.push_back(row.device_ms * 1e6);
    cloud.push_back((after - row.cloud_after_ms) * 1e6);
    after = row.cloud_after_ms;
  }
  net.output(x);
  const Graph graph = net.build();
  Link link = Link::named("dnntune-wifi");
  link.bandwidth_down_bps = 1e15;  // the paper leaves the answer's way back out
  return {.graph = graph, .device = {test::profile_of(graph, "one big core", device)}, .cloud = {test::profile_of(graph, "xeon", cloud)}, .link = link};
}

double ms(const Deployment& d) { return d.cost.latency_ns().value * 1e-6; }

std::string last_on_device(const Plan& plan, const Deployment& d) {
  std::string last;
  for (std::size_t i = 0; i < d.tiers.size(); ++i)
    if (d.tiers[i] == Tier::device) last = plan.layers[i];
  return last;
}

}  // namespace

TEST_CASE("with one byte an element the plan is the paper's") {
  PlanRequest request = mobilenet_v2(false);
  request.link.bandwidth_up_bps *= 4.0;  // float32 at four times the rate: one byte an element
  const Plan plan = make_plan(request);
  CHECK(ms(plan.mobile_only) == doctest::Approx(154).epsilon(0.015));
  CHECK(ms(plan.cloud_only) == doctest::Approx(138).epsilon(0.01));
  CHECK(ms(plan.best_split) == doctest::Approx(115).epsilon(0.01));
  CHECK(plan.chosen.name == "split");
  CHECK(last_on_device(plan, plan.chosen) == "bottleneck_3_3");
  CHECK(plan.chosen.cost.bytes_up == 4 * 25088);

  // By hand: device up to the cut, 4.2 ms + 25088 bytes at 12.5 Mbit/s, cloud after it.
  const double device_ms = 8.863 + 12.13 + 15.36 + 12.61 + 6.109 + 5.151 + 5.314;
  CHECK(ms(plan.chosen) == doctest::Approx(device_ms + 4.2 + 25088 * 8 / 12.5e6 * 1e3 + 28.35).epsilon(1e-9));
  CHECK((plan.chosen.cost.upload_ns.value + plan.chosen.cost.round_trip_ns.value) * 1e-6 == doctest::Approx(20.3).epsilon(0.003));
  CHECK((plan.cloud_only.cost.upload_ns.value + plan.cloud_only.cost.round_trip_ns.value) * 1e-6 == doctest::Approx(100.7).epsilon(0.003));
}

TEST_CASE("with the float32 that the network computes, the cloud alone is best; fp16 brings the split back") {
  PlanRequest request = mobilenet_v2(true);
  const Plan raw = make_plan(request);
  CHECK(raw.chosen.name == "cloud-only");
  CHECK(raw.cloud_only.cost.bytes_up == 150528);
  CHECK(ms(raw.cloud_only) == doctest::Approx(138).epsilon(0.01));
  CHECK(ms(raw.best_split) > ms(raw.cloud_only));

  request.encoding = WireEncoding::fp16;
  const Plan half = make_plan(request);
  CHECK(half.chosen.name == "split");
  CHECK(last_on_device(half, half.chosen) == "bottleneck_4_4");
  CHECK(half.chosen.cost.bytes_up == 2 * 12544);
  CHECK(ms(half.chosen) == doctest::Approx(85.319 + 4.2 + 2 * 12544 * 8 / 12.5e6 * 1e3 + 20.89).epsilon(0.001));
}

TEST_CASE("over 3G the phone is best") {
  PlanRequest request = mobilenet_v2(false);
  const double down = request.link.bandwidth_down_bps;
  request.link = Link::named("dnntune-3g");
  request.link.bandwidth_up_bps *= 4.0;
  request.link.bandwidth_down_bps = down;
  CHECK(make_plan(request).chosen.name == "mobile-only");
}
