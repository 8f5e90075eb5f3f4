// SPDX-License-Identifier: Apache-2.0
// RoutePlan to and from JSON, schema "dnntune.route_plan/1", and DecisionMap to JSON.
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "dnntune/route.h"
#include "plan/cost_json.h"

namespace dnntune {
namespace plan {
namespace {

constexpr std::string_view kRouteSchema = "dnntune.route_plan/1", kMapSchema = "dnntune.decision_map/1";

constexpr std::array<std::pair<const char*, std::vector<Cost> RouteCost::*>, 4> kLists = {{
    {"compute_ns", &RouteCost::compute_ns},
    {"coding_ns", &RouteCost::coding_ns},
    {"out_ns", &RouteCost::out_ns},
    {"home_ns", &RouteCost::home_ns},
}};
constexpr std::array<std::pair<const char*, Cost RouteCost::*>, 4> kRouteCosts = {{
    {"round_trip_ns", &RouteCost::round_trip_ns},
    {"device_uj", &RouteCost::device_uj},
    {"radio_uj", &RouteCost::radio_uj},
    {"error", &RouteCost::error},
}};
/// Files of earlier versions lack them: 0 there.
constexpr std::array<std::pair<const char*, Cost RouteCost::*>, 3> kWaitingCosts = {{
    {"start_ns", &RouteCost::start_ns},
    {"radio_state_uj", &RouteCost::radio_state_uj},
    {"idle_uj", &RouteCost::idle_uj},
}};
constexpr std::array<std::pair<const char*, std::int64_t RouteCost::*>, 4> kCounts = {{
    {"bytes_up", &RouteCost::bytes_up},
    {"bytes_home", &RouteCost::bytes_home},
    {"device_weight_bytes", &RouteCost::device_weight_bytes},
    {"device_memory_bytes", &RouteCost::device_memory_bytes},
}};
constexpr std::array<std::pair<const char*, double RouteCost::*>, 3> kRouteNumbers = {{
    {"money", &RouteCost::money},
    {"percentile_ns", &RouteCost::percentile_ns},
    {"busiest_ns", &RouteCost::busiest_ns},
}};

Json placement_to_json(const Placement& p) {
  Json object{{"stops", p.stops}, {"processors", p.processors}, {"objective", p.objective}};
  object["crossings"] = Json::array();
  for (const RouteCrossing& c : p.crossings)
    object["crossings"].push_back(Json{{"value", c.value}, {"hop", c.hop}, {"outward", c.outward}, {"encoding", to_string(c.encoding)}, {"bytes", c.bytes}});
  Json& cost = object["cost"];
  for (const auto& [key, list] : kLists) {
    cost[key] = Json::array();
    for (const Cost& part : p.cost.*list) cost[key].push_back(cost_to_json(part));
  }
  for (const auto& [key, member] : kRouteCosts) cost[key] = cost_to_json(p.cost.*member);
  for (const auto& [key, member] : kWaitingCosts) cost[key] = cost_to_json(p.cost.*member);
  for (const auto& [key, member] : kCounts) cost[key] = p.cost.*member;
  for (const auto& [key, member] : kRouteNumbers) cost[key] = p.cost.*member;
  return object;
}

Placement placement_from_json(const Json& object, std::size_t layers, std::size_t stops, const std::string& what) {
  Placement p;
  p.stops = base::get<std::vector<int>>(object, "stops", what);
  p.processors = base::get<std::vector<std::string>>(object, "processors", what);
  p.objective = non_negative<double>(object, "objective", what);
  for (const auto& [key, size] : {std::pair("stops", p.stops.size()), std::pair("processors", p.processors.size())})
    if (size != layers) base::throw_json_field(what, key, fmt::format("is for {} layers, the plan has {}", size, layers).c_str());
  for (const int stop : p.stops)
    if (stop < 0 || static_cast<std::size_t>(stop) >= stops) base::throw_json_field(what, "stops", fmt::format("has stop {}, the route has {}", stop, stops).c_str());
  for (const Json& row : base::get_array(object, "crossings", what)) {
    const std::string crossing = fmt::format("{}: crossings[{}]", what, p.crossings.size());
    const int hop = non_negative<int>(row, "hop", crossing);
    if (static_cast<std::size_t>(hop) + 1 >= stops) base::throw_json_field(crossing, "hop", fmt::format("is {}, the route has {}", hop, stops - 1).c_str());
    p.crossings.push_back({base::get<std::string>(row, "value", crossing), hop, base::get<bool>(row, "outward", crossing),
                           read_enum<WireEncoding>(row, "encoding", kWireEncodings, crossing), non_negative<std::int64_t>(row, "bytes", crossing)});
  }
  const Json& cost = base::get_object(object, "cost", what);
  const std::string cost_what = what + ": cost";
  for (const auto& [key, list] : kLists)
    for (const Json& part : base::get_array(cost, key, cost_what)) (p.cost.*list).push_back(cost_from_json(part, cost_what + ": " + key));
  for (const auto& [key, member] : kRouteCosts) p.cost.*member = cost_from_json(base::get_object(cost, key, cost_what), cost_what + ": " + key);
  for (const auto& [key, member] : kWaitingCosts)
    p.cost.*member = cost.contains(key) ? cost_from_json(base::get_object(cost, key, cost_what), cost_what + ": " + key) : Cost{0.0, 0.0, Provenance::measured};
  for (const auto& [key, member] : kCounts) p.cost.*member = non_negative<std::int64_t>(cost, key, cost_what);
  for (const auto& [key, member] : kRouteNumbers) p.cost.*member = non_negative<double>(cost, key, cost_what);
  return p;
}

const char* kind_name(RouteHop::Kind kind) noexcept { return kind == RouteHop::Kind::network ? "network" : "memory"; }

RouteHop::Kind kind_from_name(const std::string& name, std::string_view what) {
  for (const RouteHop::Kind kind : {RouteHop::Kind::network, RouteHop::Kind::memory})
    if (name == kind_name(kind)) return kind;
  base::throw_json_field(what, "hops", fmt::format("has the unknown kind '{}'", name).c_str());
}

const char* to_string(Axis::Kind kind) noexcept {
  return kind == Axis::Kind::slowness ? "slowness" : kind == Axis::Kind::round_trip ? "round_trip" : "load";
}

Json axis_to_json(const Axis& axis) { return Json{{"kind", to_string(axis.kind)}, {"index", axis.index}, {"from", axis.from}, {"to", axis.to}}; }

}  // namespace
}  // namespace plan

std::string RoutePlan::to_json() const {
  plan::Json object;
  object["schema"] = plan::kRouteSchema;
  object["model"] = model;
  object["model_hash"] = model_hash;
  object["layers"] = layers;
  object["stops"] = stops;
  object["hops"] = plan::Json::array();
  for (const RouteHop::Kind kind : hops) object["hops"].push_back(plan::kind_name(kind));
  object["home"] = home;
  object["minimized"] = minimized;
  object["lower_bound"] = lower_bound;
  object["proven"] = proven;
  object["cuts"] = cuts;
  object["chosen"] = plan::placement_to_json(chosen);
  return base::dump_json(object);
}

RoutePlan RoutePlan::from_json(const std::string& json) {
  const std::string what(plan::kRouteSchema);
  const plan::Json object = base::parse_json(json, what);
  base::require_schema(object, what);
  RoutePlan result;
  result.model = base::get<std::string>(object, "model", what);
  result.model_hash = base::get<std::string>(object, "model_hash", what);
  result.layers = base::get<std::vector<std::string>>(object, "layers", what);
  result.stops = base::get<std::vector<std::string>>(object, "stops", what);
  if (result.stops.empty()) base::throw_json_field(what, "stops", "is empty");
  // Files of earlier versions do not say: networks, from the first stop.
  for (const std::string& kind : base::get_or<std::vector<std::string>>(object, "hops", std::vector<std::string>(result.stops.size() - 1, "network"), what))
    result.hops.push_back(plan::kind_from_name(kind, what));
  if (result.hops.size() + 1 != result.stops.size()) base::throw_json_field(what, "hops", "needs one entry between each two stops");
  result.home = base::get_or<int>(object, "home", 0, what);
  if (result.home < 0 || static_cast<std::size_t>(result.home) >= result.stops.size()) base::throw_json_field(what, "home", "is no stop of the route");
  result.minimized = base::get<std::string>(object, "minimized", what);
  result.lower_bound = plan::non_negative<double>(object, "lower_bound", what);
  result.proven = base::get<bool>(object, "proven", what);
  result.cuts = plan::non_negative<int>(object, "cuts", what);
  result.chosen = plan::placement_from_json(base::get_object(object, "chosen", what), result.layers.size(), result.stops.size(), what + ": chosen");
  return result;
}

std::string DecisionMap::to_json() const {
  plan::Json object;
  object["schema"] = plan::kMapSchema;
  object["across"] = plan::axis_to_json(across);
  object["down"] = plan::axis_to_json(down);
  object["rows"] = plan::Json::array();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    plan::Json placements = plan::Json::array();
    for (const Placement& p : rows[r].placements) placements.push_back(plan::placement_to_json(p));
    object["rows"].push_back(plan::Json{{"down", down_values[r]}, {"switches", rows[r].switches}, {"placements", std::move(placements)}});
  }
  return base::dump_json(object);
}

}  // namespace dnntune
