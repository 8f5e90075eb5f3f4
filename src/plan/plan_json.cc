// SPDX-License-Identifier: Apache-2.0
// Plan to and from JSON, schema "dnntune.plan/1".
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "dnntune/plan.h"
#include "plan/cost_json.h"
#include "plan/costs.h"
#include "plan/link_json.h"

namespace dnntune {
namespace plan {
namespace {

constexpr std::string_view kSchema = "dnntune.plan/1";
/// In Deployment "tiers", one character a layer: a plan of a large network stays readable.
constexpr char kDeviceMark = 'd', kCloudMark = 'c';

/// Files of earlier versions know of no queue.
constexpr const char* kWaitKey = "wait_ns";

constexpr std::array<std::pair<const char*, Cost PlanCost::*>, 8> kCosts = {{
    {"device_ns", &PlanCost::device_ns},
    {"upload_ns", &PlanCost::upload_ns},
    {"round_trip_ns", &PlanCost::round_trip_ns},
    {kWaitKey, &PlanCost::wait_ns},
    {"cloud_ns", &PlanCost::cloud_ns},
    {"download_ns", &PlanCost::download_ns},
    {"device_uj", &PlanCost::device_uj},
    {"radio_uj", &PlanCost::radio_uj},
}};
constexpr std::array<std::pair<const char*, Deployment Plan::*>, 4> kDeployments = {{
    {"chosen", &Plan::chosen},
    {"mobile_only", &Plan::mobile_only},
    {"cloud_only", &Plan::cloud_only},
    {"best_split", &Plan::best_split},
}};

Json deployment_to_json(const Deployment& d) {
  Json object;
  object["name"] = d.name;
  object["feasible"] = d.feasible;
  object["why"] = d.why;
  object["device_processor"] = d.device_processor;
  object["cloud_processor"] = d.cloud_processor;
  if (!d.layer_processors.empty()) object["layer_processors"] = d.layer_processors;
  std::string tiers;
  for (const Tier tier : d.tiers) tiers += tier == Tier::device ? kDeviceMark : kCloudMark;
  object["tiers"] = tiers;
  object["crossings"] = Json::array();
  for (const Crossing& c : d.crossings)
    object["crossings"].push_back(Json{{"value", c.value}, {"encoding", to_string(c.encoding)}, {"bytes", c.bytes}});
  Json& cost = object["cost"];
  for (const auto& [key, part] : kCosts) cost[key] = cost_to_json(d.cost.*part);
  cost["bytes_up"] = d.cost.bytes_up;
  cost["bytes_down"] = d.cost.bytes_down;
  return object;
}

Deployment deployment_from_json(const Json& object, std::size_t layers, const std::string& what) {
  Deployment d;
  d.name = base::get<std::string>(object, "name", what);
  d.feasible = base::get<bool>(object, "feasible", what);
  d.why = base::get<std::string>(object, "why", what);
  d.device_processor = base::get<std::string>(object, "device_processor", what);
  d.cloud_processor = base::get<std::string>(object, "cloud_processor", what);
  const auto tiers = base::get<std::string>(object, "tiers", what);
  for (const char mark : tiers) {
    if (mark != kDeviceMark && mark != kCloudMark) base::throw_json_field(what, "tiers", "has a character other than 'd' and 'c'");
    d.tiers.push_back(mark == kDeviceMark ? Tier::device : Tier::cloud);
  }
  if (d.tiers.size() != layers && (d.feasible || !d.tiers.empty()))
    base::throw_json_field(what, "tiers", fmt::format("is for {} layers, the plan has {}", d.tiers.size(), layers).c_str());
  d.layer_processors = base::get_or<std::vector<std::string>>(object, "layer_processors", {}, what);
  if (!d.layer_processors.empty() && d.layer_processors.size() != layers)
    base::throw_json_field(what, "layer_processors", fmt::format("is for {} layers, the plan has {}", d.layer_processors.size(), layers).c_str());
  for (const Json& row : base::get_array(object, "crossings", what)) {
    const std::string crossing = fmt::format("{}: crossings[{}]", what, d.crossings.size());
    d.crossings.push_back({base::get<std::string>(row, "value", crossing), read_enum<WireEncoding>(row, "encoding", kWireEncodings, crossing),
                           non_negative<std::int64_t>(row, "bytes", crossing)});
  }
  const Json& cost = base::get_object(object, "cost", what);
  const std::string cost_what = what + ": cost";
  d.cost.wait_ns = kNothing;
  for (const auto& [key, part] : kCosts)
    if (key != kWaitKey || cost.contains(key)) d.cost.*part = cost_from_json(base::get_object(cost, key, cost_what), cost_what + ": " + key);
  d.cost.bytes_up = non_negative<std::int64_t>(cost, "bytes_up", cost_what);
  d.cost.bytes_down = non_negative<std::int64_t>(cost, "bytes_down", cost_what);
  return d;
}

/// A mean that is infinite has no JSON, and needs none.
Json wait_to_json(const WaitingTime& wait) {
  Json object = {{"saturated", wait.saturated}, {"why", wait.why}, {"wait_probability", wait.wait_probability}, {"utilisation", wait.utilisation}};
  if (!wait.saturated) object["mean_ns"] = cost_to_json(wait.mean_ns);
  return object;
}

WaitingTime wait_from_json(const Json& object, const std::string& what) {
  WaitingTime wait;
  wait.saturated = base::get<bool>(object, "saturated", what);
  wait.why = base::get<std::string>(object, "why", what);
  wait.wait_probability = non_negative<double>(object, "wait_probability", what);
  wait.utilisation = non_negative<double>(object, "utilisation", what);
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  wait.mean_ns = wait.saturated ? Cost{kInfinite, kInfinite, Provenance::predicted} : cost_from_json(base::get_object(object, "mean_ns", what), what + ": mean_ns");
  return wait;
}

}  // namespace
}  // namespace plan

std::string Plan::to_json() const {
  plan::Json object;
  object["schema"] = plan::kSchema;
  object["model"] = model;
  object["model_hash"] = model_hash;
  object["objective"] = to_string(objective);
  object["device_processor"] = device_processor;
  object["cloud_processor"] = cloud_processor;
  object["link"] = plan::link_to_json(link);
  object["cloud_wait"] = plan::wait_to_json(cloud_wait);
  object["layers"] = layers;
  for (const auto& [key, deployment] : plan::kDeployments) object[key] = plan::deployment_to_json(this->*deployment);
  return base::dump_json(object);
}

Plan Plan::from_json(const std::string& json) {
  const std::string what(plan::kSchema);
  const plan::Json object = base::parse_json(json, what);
  base::require_schema(object, what);
  Plan result;
  result.model = base::get<std::string>(object, "model", what);
  result.model_hash = base::get<std::string>(object, "model_hash", what);
  result.objective = plan::read_enum<Objective::Kind>(object, "objective", 2, what);
  result.device_processor = base::get<std::string>(object, "device_processor", what);
  result.cloud_processor = base::get<std::string>(object, "cloud_processor", what);
  result.link = plan::link_from_json(base::get_object(object, "link", what), what + ": link");
  if (object.contains("cloud_wait")) result.cloud_wait = plan::wait_from_json(base::get_object(object, "cloud_wait", what), what + ": cloud_wait");
  result.layers = base::get<std::vector<std::string>>(object, "layers", what);
  for (const auto& [key, deployment] : plan::kDeployments)
    result.*deployment = plan::deployment_from_json(base::get_object(object, key, what), result.layers.size(), what + ": " + key);
  return result;
}

}  // namespace dnntune
