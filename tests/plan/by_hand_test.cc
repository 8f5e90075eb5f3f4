// SPDX-License-Identifier: Apache-2.0
// Plans of small networks worked out by hand, and everything make_plan refuses.
#include <array>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "dnntune/plan.h"
#include "plan/small_nets.h"
#include "throws.h"

using namespace dnntune;
using test::mentions;

namespace {

/// 3 layers of 1000 float32: on the device 5000, 7000, 9000 ns, in the cloud 100, 200, 300 ns.
PlanRequest three_layers() {
  const Graph graph = test::chain(3, 1000);
  return PlanRequest{.graph = graph,
                     .device = {test::profile_of(graph, "here", {5000, 7000, 9000}, {50, 70, 90})},
                     .cloud = {test::profile_of(graph, "there", {100, 200, 300})},
                     .link = test::byte_link(2000)};
}

template <typename Call>
std::string refusal(ErrorCode code, Call call) {
  try {
    call();
  } catch (const Error& e) {
    CHECK(e.code() == code);
    return e.what();
  }
  FAIL("no error");
  return "";
}

constexpr Tier D = Tier::device, C = Tier::cloud;

}  // namespace

TEST_CASE("mobile-only, cloud-only and split of a chain") {
  const PlanRequest request = three_layers();
  const Plan plan = make_plan(request);
  CHECK(plan.model == "chain");
  CHECK(plan.model_hash == request.graph.hash());
  CHECK(plan.layers.size() == 3);

  const PlanCost& mobile = plan.mobile_only.cost;
  CHECK(mobile.latency_ns().value == 21000);
  CHECK(mobile.energy_uj().value == 210);
  CHECK(mobile.round_trip_ns.value == 0);
  CHECK(mobile.latency_ns().provenance == Provenance::measured);
  CHECK(plan.mobile_only.crossings.empty());

  const PlanCost& cloud = plan.cloud_only.cost;
  CHECK(cloud.bytes_up == 4000);
  CHECK(cloud.bytes_down == 4000);
  CHECK(cloud.upload_ns.value == 4000);
  CHECK(cloud.download_ns.value == 4000);
  CHECK(cloud.round_trip_ns.value == 2000);
  CHECK(cloud.cloud_ns.value == 600);
  CHECK(cloud.device_ns.value == 0);
  CHECK(cloud.latency_ns().value == 10600);
  CHECK(cloud.device_uj.value == 0);
  CHECK(cloud.radio_uj.value == 8000);
  CHECK(cloud.latency_ns().provenance == Provenance::published);
  REQUIRE(plan.cloud_only.crossings.size() == 1);
  CHECK(plan.cloud_only.crossings[0].value == "in0");

  CHECK(plan.best_split.tiers == std::vector<Tier>{D, C, C});
  CHECK(plan.best_split.cost.latency_ns().value == 5000 + 4000 + 2000 + 500 + 4000);
  CHECK(plan.chosen.name == "cloud-only");
  CHECK(plan.device_processor == "here");
  CHECK(plan.cloud_processor == "there");
}

TEST_CASE("the energy objective counts the device and its radio only") {
  PlanRequest request = three_layers();
  request.minimize = Objective::energy();
  Plan plan = make_plan(request);
  CHECK(plan.chosen.name == "mobile-only");
  CHECK(plan.chosen.cost.energy_uj().value == 210);
  request.link.radio.beta_w = 1.0;  // a thousandth: 4 uJ up, 4 uJ down
  plan = make_plan(request);
  CHECK(plan.chosen.name == "cloud-only");
  CHECK(plan.chosen.cost.energy_uj().value == doctest::Approx(8));
}

TEST_CASE("without a radio energies over the link are unknown, and a latency plan is made all the same") {
  PlanRequest request = three_layers();
  request.link.radio = Radio{};
  for (LayerProfile& layer : request.device[0].layers) layer.energy_uj = Cost{};
  const Plan plan = make_plan(request);
  CHECK(plan.chosen.cost.energy_uj().provenance == Provenance::unknown);
  CHECK(plan.mobile_only.cost.device_uj.provenance == Provenance::unknown);
  CHECK(mentions(plan.explain(), "-"));
  request.minimize = Objective::energy();
  CHECK(mentions(refusal(ErrorCode::invalid_argument, [&] { make_plan(request); }), "radio"));
  request.link = test::byte_link(0);
  CHECK(mentions(refusal(ErrorCode::invalid_argument, [&] { make_plan(request); }), "energy of layer 'layer0'"));
}

TEST_CASE("a value with three consumers in the cloud is sent once, and one copy suffices for an output") {
  test::NetBuilder net;
  const int first = net.relu(net.input({100}));
  const int a = net.relu(first), b = net.relu(first), c = net.relu(first);
  net.output(net.concat({a, b, c}));
  net.output(first);  // made on the device: no download
  const Graph graph = net.build();
  REQUIRE(graph.layers().size() == 5);
  const PlanRequest request{.graph = graph,
                            .device = {test::profile_of(graph, "here", {1, 9000, 9000, 9000, 9000})},
                            .cloud = {test::profile_of(graph, "there", {1, 1, 1, 1, 1})},
                            .link = test::byte_link(0)};
  const Deployment d = evaluate(request, {D, C, C, C, C});
  CHECK(d.cost.bytes_up == 400);
  REQUIRE(d.crossings.size() == 1);
  CHECK(d.crossings[0].value == "layer0_out0");
  CHECK(d.cost.bytes_down == 1200);
  CHECK(d.cost.latency_ns().value == 1 + 400 + 4 + 1200);
  // In the cloud `first` has to come back as well.
  CHECK(evaluate(request, {C, C, C, C, C}).cost.bytes_down == 1600);
  CHECK(make_plan(request).chosen.tiers == std::vector<Tier>{D, C, C, C, C});
  // The branches may part: what is left on the device still crosses, as three values or fewer.
  CHECK(evaluate(request, {D, D, D, C, C}).cost.bytes_up == 400 + 400 + 400);
}

TEST_CASE("a cloud layer that feeds the device is refused by name") {
  const PlanRequest request = three_layers();
  const std::string why = refusal(ErrorCode::invalid_argument, [&] { evaluate(request, {D, C, D}); });
  CHECK(mentions(why, "layer1"));
  CHECK(mentions(why, "layer2"));
  CHECK(mentions(refusal(ErrorCode::invalid_argument, [&] { evaluate(request, {D, C}); }), "2 tiers"));
}

TEST_CASE("pinned layers stay, with everything before them") {
  PlanRequest request = three_layers();
  request.pin_to_device = {"layer1"};
  Plan plan = make_plan(request);
  CHECK(!plan.cloud_only.feasible);
  CHECK(mentions(plan.cloud_only.why, "'layer1' is pinned"));
  CHECK(plan.best_split.tiers == std::vector<Tier>{D, D, C});
  CHECK(plan.chosen.name == "mobile-only");
  CHECK(!evaluate(request, {D, C, C}).feasible);
  request.pin_to_device = {"layer2"};
  plan = make_plan(request);
  CHECK(!plan.best_split.feasible);
  CHECK(!plan.best_split.why.empty());
  CHECK(plan.best_split.tiers.empty());
  request.pin_to_device = {"nonsense"};
  CHECK(mentions(refusal(ErrorCode::not_found, [&] { make_plan(request); }), "nonsense"));
}

TEST_CASE("a layer without a kernel on one side goes to the other") {
  PlanRequest request = three_layers();
  const auto take_away = [](LayerProfile& layer) {
    layer.kernel.clear();
    layer.latency_ns = Cost{};
  };
  SUBCASE("none on the device") {
    take_away(request.device[0].layers[2]);
    const Plan plan = make_plan(request);
    CHECK(!plan.mobile_only.feasible);
    CHECK(mentions(plan.mobile_only.why, "'layer2' has no kernel on 'here'"));
    CHECK(plan.chosen.feasible);
    request.pin_to_device = {"layer2"};
    CHECK(mentions(refusal(ErrorCode::unsupported, [&] { make_plan(request); }), "mobile-only: layer 'layer2'"));
  }
  SUBCASE("none in the cloud") {
    take_away(request.cloud[0].layers[0]);
    const Plan plan = make_plan(request);
    CHECK(!plan.cloud_only.feasible);
    CHECK(plan.best_split.tiers == std::vector<Tier>{D, C, C});
    CHECK(plan.chosen.name == "split");
  }
  SUBCASE("one processor has it") {
    request.device.push_back(request.device[0]);
    request.device[1].processor = "here too";
    request.device[1].layers[0].latency_ns.value = 1e6;
    take_away(request.device[0].layers[2]);
    const Plan plan = make_plan(request);
    CHECK(plan.mobile_only.feasible);
    CHECK(plan.mobile_only.device_processor == "here too");
    CHECK(plan.best_split.device_processor == "here");
  }
  SUBCASE("a latency that should be there is missing") {
    request.device[0].layers[2].latency_ns = Cost{};
    CHECK(mentions(refusal(ErrorCode::invalid_argument, [&] { make_plan(request); }), "layer2"));
  }
}

TEST_CASE("an operator this library cannot run is placed in the cloud, whatever a profile says") {
  test::NetBuilder net;
  net.output(net.unknown(net.relu(net.input({10}))));
  const Graph graph = net.build();
  REQUIRE(graph.layers().size() == 2);
  const PlanRequest request{.graph = graph,
                            .device = {test::profile_of(graph, "here", {1, 1})},
                            .cloud = {test::profile_of(graph, "there", {5000, 5000})},
                            .link = test::byte_link(1000)};
  const Plan plan = make_plan(request);
  CHECK(!plan.mobile_only.feasible);
  CHECK(mentions(plan.mobile_only.why, "FancyOp"));
  CHECK(plan.chosen.tiers == std::vector<Tier>{D, C});
  CHECK(plan.chosen.cost.bytes_up == 40);
  // The size of its output is not known: the download is an unknown part of the sum.
  CHECK(plan.chosen.cost.download_ns.provenance == Provenance::unknown);
  CHECK(mentions(plan.explain(), ">= "));
  // Unless a profile's run has seen it.
  PlanRequest seen = request;
  seen.cloud[0].layers[1].outputs = graph.layers()[1].outputs;
  seen.cloud[0].layers[1].output_bytes = 80;
  CHECK(make_plan(seen).chosen.cost.download_ns.provenance == Provenance::published);
  CHECK(make_plan(seen).chosen.cost.bytes_down == 80);
}

TEST_CASE("a missing side leaves the other") {
  PlanRequest request = three_layers();
  request.cloud.clear();
  Plan plan = make_plan(request);
  CHECK(plan.chosen.name == "mobile-only");
  CHECK(!plan.cloud_only.feasible);
  CHECK(mentions(plan.best_split.why, "no cloud profile"));
  request = three_layers();
  request.device.clear();
  plan = make_plan(request);
  CHECK(plan.chosen.name == "cloud-only");
  CHECK(mentions(plan.mobile_only.why, "no device profile"));
  request.cloud.clear();
  refusal(ErrorCode::invalid_argument, [&] { make_plan(request); });
}

TEST_CASE("one layer cannot be split") {
  const Graph graph = test::chain(1, 10);
  const Plan plan = make_plan({.graph = graph,
                               .device = {test::profile_of(graph, "here", {10})},
                               .cloud = {test::profile_of(graph, "there", {1})},
                               .link = test::byte_link(0)});
  CHECK(!plan.best_split.feasible);
  CHECK(mentions(plan.best_split.why, "one layer"));
  CHECK(plan.chosen.name == "mobile-only");
}

TEST_CASE("each deployment uses the processor that is best for its layers") {
  PlanRequest request = three_layers();
  request.device.push_back(test::profile_of(request.graph, "quick start", {1, 90000, 90000}));
  request.cloud.push_back(test::profile_of(request.graph, "faster", {10, 20, 30}));
  const Plan plan = make_plan(request);
  CHECK(plan.mobile_only.device_processor == "here");
  CHECK(plan.best_split.device_processor == "quick start");
  CHECK(plan.best_split.cloud_processor == "faster");
  CHECK(plan.cloud_only.device_processor.empty());
  CHECK(plan.best_split.cost.latency_ns().value == 1 + 4000 + 2000 + 50 + 4000);
  CHECK(plan.chosen.name == "split");
  CHECK(plan.device_processor == "quick start");
}

TEST_CASE("fp16 halves float32 and nothing else, and only on the way up") {
  PlanRequest request = three_layers();
  request.encoding = WireEncoding::fp16;
  const Plan plan = make_plan(request);
  CHECK(plan.cloud_only.cost.bytes_up == 2000);
  CHECK(plan.cloud_only.cost.bytes_down == 4000);
  CHECK(plan.cloud_only.crossings[0].encoding == WireEncoding::fp16);
  CHECK(wire_bytes({"v", DataType::float32, {3, 5}, {}}, WireEncoding::raw) == 60);
  CHECK(wire_bytes({"v", DataType::float32, {3, 5}, {}}, WireEncoding::fp16) == 30);
  CHECK(wire_bytes({"v", DataType::float64, {3, 5}, {}}, WireEncoding::fp16) == 120);
  CHECK(wire_bytes({"v", DataType::int8, {3, 5}, {}}, WireEncoding::fp16) == 15);
  CHECK(wire_bytes({"v", DataType::int64, {}, {}}, WireEncoding::fp16) == 8);
  refusal(ErrorCode::invalid_argument, [] { wire_bytes({"v", DataType::float32, {3, -1}, {}}, WireEncoding::raw); });
  refusal(ErrorCode::limit_exceeded, [] { wire_bytes({"v", DataType::float32, {1ll << 62}, {}}, WireEncoding::raw); });
}

TEST_CASE("profiles of another graph are refused with both hashes") {
  PlanRequest request = three_layers();
  const Graph other = test::chain(4, 1000);
  REQUIRE(other.hash() != request.graph.hash());
  SUBCASE("another hash") {
    request.cloud = {test::profile_of(other, "there", {1, 1, 1, 1})};
    const std::string why = refusal(ErrorCode::invalid_argument, [&] { make_plan(request); });
    CHECK(mentions(why, request.graph.hash()));
    CHECK(mentions(why, other.hash()));
    CHECK(mentions(why, "cloud profile 1"));
  }
  SUBCASE("other input shapes") {
    request.device[0].layers[1].output_bytes = 4 * request.graph.layers()[1].output_bytes;
    const std::string why = refusal(ErrorCode::invalid_argument, [&] { make_plan(request); });
    CHECK(mentions(why, "device profile 1"));
    CHECK(mentions(why, "other input shapes"));
    CHECK(mentions(why, request.graph.layers()[1].name));
  }
  SUBCASE("16 bits") {
    request.device[0].layers[1].kernel = "simd.gemv_bf16";
    CHECK(mentions(refusal(ErrorCode::invalid_argument, [&] { make_plan(request); }), "simd.gemv_bf16"));
    request.device[0].layers[1].kernel = "simd.conv_winograd4_bf16";
    CHECK(mentions(refusal(ErrorCode::invalid_argument, [&] { make_plan(request); }), "in 16 bits (simd.conv_winograd4_bf16)"));
    request.cloud[0].layers[1].kernel = "simd.gemv_fp16";
    request.device[0].layers[1].kernel = "simd.gemv";
    make_plan(request);  // the cloud may be another engine
  }
  SUBCASE("layers missing") {
    request.device[0].layers.pop_back();
    CHECK(mentions(refusal(ErrorCode::invalid_argument, [&] { make_plan(request); }), "has 2 layers"));
  }
  SUBCASE("layers renamed") {
    request.device[0].layers[1].name = "somebody else";
    CHECK(mentions(refusal(ErrorCode::invalid_argument, [&] { make_plan(request); }), "somebody else"));
  }
}

TEST_CASE("figures that are not figures are refused") {
  using Spoil = void (*)(PlanRequest&, double);
  constexpr std::array<Spoil, 8> spoils = {
      [](PlanRequest& r, double bad) { r.device[0].layers[1].latency_ns.value = bad; },
      [](PlanRequest& r, double bad) { r.cloud[0].layers[1].latency_ns.value = bad; },
      [](PlanRequest& r, double bad) { r.device[0].layers[1].energy_uj.value = bad; },
      [](PlanRequest& r, double bad) { r.device[0].layers[1].latency_ns.spread = bad; },
      [](PlanRequest& r, double bad) { r.link.bandwidth_up_bps = bad; },
      [](PlanRequest& r, double bad) { r.link.bandwidth_down_bps = bad; },
      [](PlanRequest& r, double bad) { r.link.round_trip_s = bad; },
      [](PlanRequest& r, double bad) { r.link.radio.beta_w = bad; },
  };
  for (std::size_t i = 0; i < spoils.size(); ++i) {
    for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
      CAPTURE(i);
      CAPTURE(bad);
      PlanRequest spoiled = three_layers();
      spoils[i](spoiled, bad);
      refusal(ErrorCode::invalid_argument, [&] { make_plan(spoiled); });
    }
  }
  PlanRequest request = three_layers();
  request.link.bandwidth_up_bps = 0.0;
  CHECK(mentions(refusal(ErrorCode::invalid_argument, [&] { make_plan(request); }), "bandwidth_up_bps"));
}

TEST_CASE("spreads add up and the weakest provenance wins") {
  PlanRequest request = three_layers();
  for (LayerProfile& layer : request.device[0].layers) layer.latency_ns.spread = 10;
  request.device[0].layers[1].latency_ns.provenance = Provenance::predicted;
  const Plan plan = make_plan(request);
  CHECK(plan.mobile_only.cost.device_ns.spread == 30);
  CHECK(plan.mobile_only.cost.latency_ns().provenance == Provenance::predicted);
  CHECK(plan.best_split.cost.device_ns.provenance == Provenance::measured);
  CHECK(plan.best_split.cost.latency_ns().provenance == Provenance::published);
}

TEST_CASE("a chain of 2000 layers: the cut is where the two slopes cross") {
  const int n = 2000;
  const Graph graph = test::chain(n, 100);
  REQUIRE(graph.layers().size() == static_cast<std::size_t>(n));
  // The first 700 layers are cheaper here, the others there.
  std::vector<double> device(n, 10.0), cloud(n, 20.0);
  for (std::size_t i = 700; i < device.size(); ++i) device[i] = 30.0;
  const PlanRequest request{.graph = graph,
                            .device = {test::profile_of(graph, "here", device)},
                            .cloud = {test::profile_of(graph, "there", cloud)},
                            .link = test::byte_link(500)};
  const Plan plan = make_plan(request);
  CHECK(plan.chosen.name == "split");
  CHECK(plan.chosen.tiers[699] == D);
  CHECK(plan.chosen.tiers[700] == C);
  CHECK(plan.chosen.cost.latency_ns().value == 700 * 10 + 400 + 500 + 1300 * 20 + 400);
}

TEST_CASE("costs of very different size stay exact") {
  PlanRequest request = three_layers();
  request.link.round_trip_s = 1e6;  // eleven days beside nanoseconds
  const Plan plan = make_plan(request);
  CHECK(plan.mobile_only.cost.latency_ns().value == doctest::Approx(21000));
  CHECK(plan.best_split.cost.latency_ns().value == evaluate(request, plan.best_split.tiers).cost.latency_ns().value);
  request.link.bandwidth_up_bps = 1e-300;
  CHECK(mentions(refusal(ErrorCode::limit_exceeded, [&] { make_plan(request); }), "add up"));
}
