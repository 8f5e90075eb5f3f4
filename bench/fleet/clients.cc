// SPDX-License-Identifier: Apache-2.0
#include "clients.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "zoo/zoo.h"

namespace dnntune::fleet {
namespace {

constexpr int kNetworks = 3;
constexpr std::array<const char*, kNetworks> kNames = {"inception_v1", "resnet50", "mobilenet_v1"};

/// Milliseconds of whole networks, in the order of kNames, and power above idle; from bench/devices, which names the tables.
struct Machine {
  const char* name;
  double share, power_w;
  std::array<double, kNetworks> ms;
};
constexpr std::array kDevices = {
    Machine{"oneplus_3 cpu:all", 0.25, 6.8593, {157.54, 333.46, 92.568}},         // TACO'19 Fig. 12(a)
    Machine{"oneplus_5t gpu:adreno540", 0.25, 1.584, {74.821, 178.87, 35.796}},   // TACO'19 Fig. 12(b)
    Machine{"oneplus_5t cpu:big", 0.25, 2.7969, {207.04, 401.64, 113.78}},        // TACO'19 Fig. 14
    Machine{"redmi_note_4x cpu:all", 0.25, 2.1092, {347.72, 759.8, 206.67}},      // TACO'19 Fig. 12(a)
};
constexpr Machine kServer = {"xeon_e5_2620_v4 cpu:all", 1.0, 0.0, {20.79, 40.43, 13.98}};  // IISWC'18 Fig. 1

struct LinkShare {
  const char* name;
  double share;
};
constexpr std::array kLinks = {LinkShare{"wifi", 0.4}, LinkShare{"us-2021-lte", 0.25}, LinkShare{"lte", 0.2}, LinkShare{"us-2021-5g-low", 0.1},
                               LinkShare{"3g", 0.05}};
constexpr std::array kSpeeds = {0.5, 1.0, 2.0};  ///< Of the link's published bandwidth, alike often.

/// The papers tell of whole networks. A layer's share is taken to be that of its multiply-accumulates plus ten for each byte
/// that it reads or writes.
Profile profile_of(const Graph& graph, const Machine& machine, int network) {
  Profile profile;
  profile.model = graph.name();
  profile.model_hash = graph.hash();
  profile.processor = machine.name;
  std::vector<double> weights;
  double sum = 0.0;
  for (const LayerInfo& layer : graph.layers()) sum += weights.emplace_back(static_cast<double>(layer.macs + 10 * (layer.input_bytes + layer.output_bytes)));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const LayerInfo& info = graph.layers()[i];
    LayerProfile layer;
    layer.name = info.name;
    layer.op = info.op;
    layer.kernel = "published";
    layer.outputs = info.outputs;
    layer.output_bytes = info.output_bytes;
    layer.latency_ns = {machine.ms[static_cast<std::size_t>(network)] * 1e6 * weights[i] / sum, 0.0, Provenance::published};
    layer.energy_uj = {layer.latency_ns.value * 1e-3 * machine.power_w, 0.0, Provenance::published};
    profile.layers.push_back(std::move(layer));
  }
  return profile;
}

Option option_of(const Placement& placement) {
  const RouteCost& cost = placement.cost;
  const auto seconds = [](const Cost& ns) { return ns.value * 1e-9; };
  return {seconds(cost.compute_ns[0]), seconds(cost.out_ns[0]), seconds(cost.round_trip_ns), seconds(cost.compute_ns[1]), seconds(cost.home_ns[0]),
          cost.energy_uj().value * 1e-6};
}

/// `shift` turns a place on the axis into what Choices go by. Costs are those of the planner's own request.
Choices choices(const Planner& planner, const Axis& axis, double shift) {
  const Sweep sweep = planner.sweep(axis);
  Choices result;
  for (const double at : sweep.switches) result.switches.push_back(at - shift);
  for (const Placement& placement : sweep.placements) result.options.push_back(option_of(planner.evaluate(placement.stops).value()));
  return result;
}

Kind kind_of(const Graph& graph, const Machine& device, const Profile& here, const Profile& there, const Link& link) {
  RouteRequest request{.graph = graph};
  request.stops = {{.name = "device", .profiles = {here}}, {.name = "cloud", .profiles = {there}}};
  request.hops = {RouteHop::network(link)};
  const Planner planner(std::move(request));
  constexpr double kLongestWait = 10.0, kHighestPrice = 1000.0;
  Kind kind;
  kind.name = fmt::format("{} on {} over {} at {:.3g} Mbit/s", graph.name(), device.name, link.name, link.bandwidth_up_bps * 1e-6);
  const std::size_t layers = graph.layers().size();
  kind.local = option_of(planner.evaluate(std::vector<int>(layers, 0)).value());
  kind.cloud = option_of(planner.evaluate(std::vector<int>(layers, 1)).value());
  // Waiting is paid once by whoever uses the cloud, as a round trip is; a price is paid for all of its time, as a slower cloud is.
  kind.by_wait = choices(planner, {Axis::Kind::round_trip, 0, link.round_trip_s, link.round_trip_s + kLongestWait}, link.round_trip_s);
  kind.by_price = choices(planner, {Axis::Kind::load, 1, 1.0, 1.0 + kHighestPrice}, 1.0);
  return kind;
}

}  // namespace

const Option& Choices::at(double value) const {
  return options[static_cast<std::size_t>(std::upper_bound(switches.begin(), switches.end(), value) - switches.begin())];
}

std::vector<Kind> kinds() {
  std::vector<Kind> all;
  for (int network = 0; network < kNetworks; ++network) {
    const Graph graph = zoo::build(kNames[static_cast<std::size_t>(network)]);
    const Profile there = profile_of(graph, kServer, network);
    for (const Machine& device : kDevices) {
      const Profile here = profile_of(graph, device, network);
      for (const LinkShare& share : kLinks)
        for (const double speed : kSpeeds) {
          Link link = Link::named(share.name);
          link.bandwidth_up_bps *= speed;
          link.bandwidth_down_bps *= speed;
          all.push_back(kind_of(graph, device, here, there, link));
          all.back().share = device.share * share.share / (kNetworks * static_cast<double>(kSpeeds.size()));
        }
    }
  }
  return all;
}

Demand demand(const std::vector<Kind>& kinds, std::uint32_t clients, double rate_per_s, double seconds, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  Demand result;
  result.seconds = seconds;
  std::vector<double> up_to;
  double sum = 0.0;
  for (const Kind& kind : kinds) up_to.push_back(sum += kind.share);
  for (std::uint32_t client = 0; client < clients; ++client) {
    const auto kind = std::upper_bound(up_to.begin(), up_to.end() - 1, uniform() * sum) - up_to.begin();
    result.kind_of.push_back(static_cast<std::uint32_t>(kind));
    const double own_rate = rate_per_s * (0.5 + uniform());
    for (double at = -std::log1p(-uniform()) / own_rate; at < seconds; at -= std::log1p(-uniform()) / own_rate) result.arrivals.push_back({at, client});
  }
  std::sort(result.arrivals.begin(), result.arrivals.end(), [](const Arrival& a, const Arrival& b) { return a.at_s < b.at_s; });
  return result;
}

}  // namespace dnntune::fleet
