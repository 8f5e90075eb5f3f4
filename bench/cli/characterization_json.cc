// SPDX-License-Identifier: Apache-2.0
// A characterization as JSON, and back, so that a run goes on where another ended.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/characterization.h"
#include "cli/operator_class.h"

namespace dnntune::cli {
namespace {

constexpr const char* kSchema = "dnntune.characterization/2";

using Json = nlohmann::ordered_json;

Json to_json(const Cost& cost) { return {{"value", cost.value}, {"spread", cost.spread}, {"provenance", to_string(cost.provenance)}}; }

Json to_json(const Pair& pair) {
  Json json = {{"network", pair.network}, {"processor", pair.processor.name}, {"backend", pair.processor.backend}, {"threads", pair.processor.threads}};
  if (!pair.error.empty()) {
    json["error"] = pair.error;
    return json;
  }
  const Profile& profile = pair.profile;
  json["model_hash"] = profile.model_hash;
  json["prepare_s"] = pair.prepare_s;
  json["run_ns"] = to_json(profile.run_ns);
  json["gflops_per_s"] = pair.gflops_per_s();
  json["arena_bytes"] = profile.arena_bytes;
  json["weight_bytes"] = profile.weight_bytes;
  if (pair.power_w() >= 0.0) {
    json["run_energy_uj"] = to_json(profile.run_energy_uj);
    json["power_w"] = pair.power_w();
    json["energy_source"] = profile.energy_source;
  }
  for (const ClassTime& time : time_by_class(profile)) {
    if (time.ns > 0.0) json["class_ns"][std::string(time.name)] = time.ns;
  }
  if (pair.has_queue()) {
    double enqueue_ns = 0.0;
    for (const LayerProfile& layer : profile.layers) enqueue_ns += layer.enqueue_ns.value;
    json["enqueue_ns"] = enqueue_ns;
  }
  json["notes"] = profile.notes;
  json["profile"] = Json::parse(profile.to_json());
  return json;
}

Pair pair_from(const Json& json) {
  Pair pair;
  pair.network = json.at("network").get<std::string>();
  pair.processor.name = json.at("processor").get<std::string>();
  pair.processor.backend = json.at("backend").get<std::string>();
  pair.processor.threads = json.at("threads").get<int>();
  if (json.contains("error")) {
    pair.error = json["error"].get<std::string>();
    return pair;
  }
  pair.prepare_s = json.at("prepare_s").get<double>();
  pair.profile = Profile::from_json(json.at("profile").dump());
  return pair;
}


}  // namespace

std::string Characterization::to_json() const {
  Json results = Json::array();
  for (const Pair& pair : pairs) results.push_back(cli::to_json(pair));
  const Json json = {{"schema", kSchema}, {"library_version", library_version}, {"date", date}, {"device", Json::parse(device.to_json())},
                     {"seconds_a_pair", seconds_a_pair}, {"networks", networks}, {"processors", processors}, {"results", results}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Characterization Characterization::from_json(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("schema") != kSchema) throw Error(ErrorCode::invalid_argument, fmt::format("schema {}, not \"{}\"", json["schema"].dump(), kSchema));
    Characterization all;
    all.device = Device::from_json(json.at("device").dump());
    all.library_version = json.at("library_version").get<std::string>();
    all.date = json.at("date").get<std::string>();
    all.seconds_a_pair = json.at("seconds_a_pair").get<double>();
    all.networks = json.at("networks").get<std::vector<std::string>>();
    all.processors = json.at("processors").get<std::vector<std::string>>();
    for (const Json& result : json.at("results")) all.pairs.push_back(pair_from(result));
    return all;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::invalid_argument, fmt::format("no characterization: {}", error.what()));
  }
}

}  // namespace dnntune::cli
