// SPDX-License-Identifier: Apache-2.0
// From a route plan to the deployment that a SplitSession carries out.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "dnntune/split.h"
#include "split/codec.h"

namespace dnntune {
namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }
[[noreturn]] void cannot(const std::string& why) { throw Error(ErrorCode::unsupported, "a SplitSession cannot carry this route plan out: " + why); }

/// The one stop beyond the device that has layers; none when the device has all.
std::optional<int> cloud_of(const RoutePlan& route, int last_device) {
  std::optional<int> cloud;
  for (const int stop : route.chosen.stops) {
    if (stop <= last_device) continue;
    if (cloud && *cloud != stop) cannot(fmt::format("layers run at '{}' and at '{}', it has one server", route.stops[at(*cloud)], route.stops[at(stop)]));
    cloud = stop;
  }
  return cloud;
}

void check_stays_away(const Graph& graph, const Deployment& deployment) {
  std::map<std::string, std::size_t> makers;
  for (std::size_t i = 0; i < graph.layers().size(); ++i)
    for (const std::string& output : graph.layers()[i].outputs) makers[output] = i;
  for (std::size_t i = 0; i < graph.layers().size(); ++i) {
    if (deployment.tiers[i] == Tier::cloud) continue;
    for (const std::string& input : graph.layers()[i].inputs)
      if (const auto maker = makers.find(input); maker != makers.end() && deployment.tiers[maker->second] == Tier::cloud)
        cannot(fmt::format("layer '{}' on the device reads '{}' of layer '{}' beyond it, and a session comes back once, with the outputs", graph.layers()[i].name,
                           input, graph.layers()[maker->second].name));
  }
}

/// What leaves the device, as it does so. Every later hop must write it alike: a session sends it once.
std::vector<Crossing> crossings_of(const RoutePlan& route, int last_device) {
  std::vector<Crossing> crossings;
  std::map<std::string, WireEncoding> sent;
  for (const RouteCrossing& c : route.chosen.crossings) {
    if (!c.outward || c.hop < last_device || route.hops[at(c.hop)] == RouteHop::Kind::memory) continue;
    if (!split::carries(c.encoding)) cannot(fmt::format("value '{}' crosses as {}; it sends raw, fp16 and int8", c.value, to_string(c.encoding)));
    const auto [known, is_new] = sent.emplace(c.value, c.encoding);
    if (is_new) crossings.push_back({c.value, c.encoding, c.bytes});
    else if (known->second != c.encoding) cannot(fmt::format("value '{}' crosses as {}, then as {}", c.value, to_string(known->second), to_string(c.encoding)));
  }
  return crossings;
}

/// A plan from a file may say anything: what crosses must be what its layers beyond the device read from it.
void check_crossings(const Graph& graph, const Deployment& deployment) {
  std::set<std::string> made_away, read_away, sent;
  for (std::size_t i = 0; i < graph.layers().size(); ++i) {
    if (deployment.tiers[i] == Tier::device) continue;
    const LayerInfo& layer = graph.layers()[i];
    made_away.insert(layer.outputs.begin(), layer.outputs.end());
    read_away.insert(layer.inputs.begin(), layer.inputs.end());
  }
  for (const Crossing& crossing : deployment.crossings) {
    sent.insert(crossing.value);
    if (made_away.contains(crossing.value) || !read_away.contains(crossing.value))
      throw Error(ErrorCode::invalid_argument, fmt::format("the plan sends '{}', which no layer beyond the device needs from it", crossing.value));
  }
  for (const std::string& value : read_away)
    if (!made_away.contains(value) && !sent.contains(value))
      throw Error(ErrorCode::invalid_argument, fmt::format("the plan does not send '{}', which a layer beyond the device reads", value));
}

Cost sum(const std::vector<Cost>& parts, std::size_t first, std::size_t last) {
  Cost total{0.0, 0.0, Provenance::measured};
  for (std::size_t i = first; i < std::min(last, parts.size()); ++i) total = total + parts[i];
  return total;
}

PlanCost cost_of(const RouteCost& route, std::size_t device_stops) {
  constexpr std::size_t kAll = 64;
  const std::size_t device_hops = device_stops - 1;  // between its memories
  PlanCost cost;
  cost.device_ns = sum(route.compute_ns, 0, device_stops) + sum(route.coding_ns, 0, device_stops) + sum(route.out_ns, 0, device_hops) + sum(route.home_ns, 0, device_hops);
  cost.cloud_ns = sum(route.compute_ns, device_stops, kAll) + sum(route.coding_ns, device_stops, kAll);
  cost.upload_ns = sum(route.out_ns, device_hops, kAll);
  cost.download_ns = sum(route.home_ns, device_hops, kAll);
  cost.round_trip_ns = route.round_trip_ns + route.start_ns;
  cost.device_uj = route.device_uj + route.idle_uj;
  cost.radio_uj = route.radio_uj + route.radio_state_uj;
  cost.bytes_up = route.bytes_up;
  cost.bytes_down = route.bytes_home;
  return cost;
}

/// The processor that most of the device's layers have, and all of them by layer when they differ.
void place_on_processors(const Placement& placement, Deployment& deployment) {
  std::map<std::string, int> counts;
  std::vector<std::string> by_layer(placement.processors.size());
  for (std::size_t i = 0; i < by_layer.size(); ++i) {
    if (deployment.tiers[i] == Tier::cloud) {
      deployment.cloud_processor = placement.processors[i];
      continue;
    }
    by_layer[i] = placement.processors[i];
    ++counts[by_layer[i]];
  }
  if (counts.empty()) return;
  deployment.device_processor = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
  if (counts.size() > 1) deployment.layer_processors = std::move(by_layer);
}

}  // namespace

Plan split_plan(const Graph& graph, const RoutePlan& route) {
  const Placement& placement = route.chosen;
  if (route.model_hash != graph.hash())
    throw Error(ErrorCode::invalid_argument, fmt::format("the plan is for model {}, the graph is {}", route.model_hash, graph.hash()));
  if (placement.stops.size() != graph.layers().size() || placement.processors.size() != placement.stops.size() || route.hops.size() + 1 != route.stops.size())
    throw Error(ErrorCode::invalid_argument, fmt::format("the plan has {} layers, the graph {}; or stops and hops do not match", placement.stops.size(), graph.layers().size()));
  for (std::size_t i = 0; i < graph.layers().size(); ++i)
    if (i >= route.layers.size() || route.layers[i] != graph.layers()[i].name)
      throw Error(ErrorCode::invalid_argument, fmt::format("layer {} of the plan is not '{}', as in the graph", i, graph.layers()[i].name));
  int last_device = route.home;
  while (at(last_device) < route.hops.size() && route.hops[at(last_device)] == RouteHop::Kind::memory) ++last_device;

  Plan plan;
  plan.model = route.model;
  plan.model_hash = route.model_hash;
  plan.layers = route.layers;
  Deployment& chosen = plan.chosen;
  const std::optional<int> cloud = cloud_of(route, last_device);
  for (const int stop : placement.stops) chosen.tiers.push_back(stop <= last_device ? Tier::device : Tier::cloud);
  const bool any_here = std::find(chosen.tiers.begin(), chosen.tiers.end(), Tier::device) != chosen.tiers.end();
  chosen.name = !cloud ? "mobile-only" : any_here ? "split" : "cloud-only";
  check_stays_away(graph, chosen);
  chosen.crossings = crossings_of(route, last_device);
  check_crossings(graph, chosen);
  chosen.cost = cost_of(placement.cost, at(last_device) + 1);
  place_on_processors(placement, chosen);
  plan.device_processor = chosen.device_processor;
  plan.cloud_processor = chosen.cloud_processor;
  for (Deployment* other : {&plan.mobile_only, &plan.cloud_only, &plan.best_split}) {
    other->feasible = false;
    other->why = "a route plan has one placement";
  }
  return plan;
}

}  // namespace dnntune
