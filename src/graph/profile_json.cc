// SPDX-License-Identifier: Apache-2.0
// Profiles as JSON of schema "dnntune.profile/1".
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/json.h"
#include "dnntune/error.h"
#include "dnntune/profile.h"

namespace dnntune {
namespace {

using base::Json;

constexpr const char* kSchema = "dnntune.profile/1";

Json to_json_value(const Cost& cost) {
  return {{"value", cost.value}, {"spread", cost.spread}, {"provenance", to_string(cost.provenance)}};
}

Json to_json_value(const LayerProfile& layer) {
  Json json = {{"name", layer.name},
               {"op", layer.op},
               {"inputs", layer.inputs},
               {"outputs", layer.outputs},
               {"kernel", layer.kernel},
               {"latency_ns", to_json_value(layer.latency_ns)},
               {"conversion_ns", to_json_value(layer.conversion_ns)},
               {"energy_uj", to_json_value(layer.energy_uj)},
               {"flops", layer.flops},
               {"input_bytes", layer.input_bytes},
               {"output_bytes", layer.output_bytes},
               {"weight_bytes", layer.weight_bytes},
               {"memory_bytes", layer.memory_bytes},
               {"samples", layer.samples},
          {"repeats", layer.repeats}};
  if (!layer.processor.empty()) json["processor"] = layer.processor;
  if (layer.enqueue_ns.provenance != Provenance::unknown) json["enqueue_ns"] = to_json_value(layer.enqueue_ns);
  return json;
}

Json to_json_value(const Conditions& conditions) {
  Json json = Json::object();
  if (conditions.temperature_c) json["temperature_c"] = *conditions.temperature_c;
  if (!conditions.sensor.empty()) json["sensor"] = conditions.sensor;
  if (conditions.frequency_mhz) json["frequency_mhz"] = *conditions.frequency_mhz;
  return json;
}

Json to_json_value(const EventCounts& counts) {
  Json json = Json::object();
  if (counts.cycles) json["cycles"] = *counts.cycles;
  if (counts.instructions) json["instructions"] = *counts.instructions;
  if (counts.llc_misses) json["llc_misses"] = *counts.llc_misses;
  return json;
}

/// What profiles of older versions lack, and what is not known: left out.
void add_if_known(Json& json, const Profile& profile) {
  if (profile.run_energy_uj.provenance != Provenance::unknown) json["run_energy_uj"] = to_json_value(profile.run_energy_uj);
  if (!profile.energy_source.empty()) json["energy_source"] = profile.energy_source;
  if (profile.memory_source != MemorySource::unknown) json["memory_source"] = to_string(profile.memory_source);
  if (Json before = to_json_value(profile.before); !before.empty()) json["before"] = std::move(before);
  if (Json after = to_json_value(profile.after); !after.empty()) json["after"] = std::move(after);
  if (Json counts = to_json_value(profile.counts); !counts.empty()) json["counts"] = std::move(counts);
}

std::optional<Provenance> provenance_of(const std::string& name) {
  for (const Provenance p : {Provenance::measured, Provenance::predicted, Provenance::published, Provenance::unknown})
    if (name == to_string(p)) return p;
  return std::nullopt;
}

MemorySource memory_source_of(const std::string& name) {
  for (const MemorySource s : {MemorySource::lower_bound, MemorySource::planned, MemorySource::session})
    if (name == to_string(s)) return s;
  base::throw_json_field(kSchema, "memory_source", fmt::format("has the unknown value '{}'", name).c_str());
}

/// Reads the members of one JSON object; `what` names the object in errors.
class Reader {
 public:
  Reader(const Json& object, std::string what) : object_(object), what_(std::move(what)) {}

  std::string text(const char* key) const { return base::get<std::string>(object_, key, what_); }
  std::vector<std::string> texts(const char* key) const { return base::get<std::vector<std::string>>(object_, key, what_); }

  /// An integer of at least `least`.
  template <typename T>
  T integer(const char* key, T least) const {
    const T value = base::get<T>(object_, key, what_);
    if (value < least) base::throw_json_field(what_, key, fmt::format("is {}, less than {}", value, least).c_str());
    return value;
  }

  bool has(const char* key) const { return object_.is_object() && object_.contains(key); }
  /// A finite number of at least `least`, if it is there.
  std::optional<double> number_if_any(const char* key, double least) const {
    if (!has(key)) return std::nullopt;
    const double value = base::get<double>(object_, key, what_);
    if (!std::isfinite(value) || value < least) base::throw_json_field(what_, key, fmt::format("is {}, less than {}", value, least).c_str());
    return value;
  }

  Conditions conditions(const char* key) const {
    if (!has(key)) return {};
    const Reader inner(base::get_object(object_, key, what_), fmt::format("{}: {}", what_, key));
    return {inner.number_if_any("temperature_c", -273.15), inner.has("sensor") ? inner.text("sensor") : "", inner.number_if_any("frequency_mhz", 0.0)};
  }

  EventCounts counts(const char* key) const {
    if (!has(key)) return {};
    const Reader inner(base::get_object(object_, key, what_), fmt::format("{}: {}", what_, key));
    return {inner.number_if_any("cycles", 0.0), inner.number_if_any("instructions", 0.0), inner.number_if_any("llc_misses", 0.0)};
  }

  Cost cost(const char* key) const {
    const Json& json = base::get_object(object_, key, what_);
    const std::string inner = fmt::format("{}: {}", what_, key);
    Cost cost;
    cost.value = base::get<double>(json, "value", inner);
    if (cost.value < 0.0) base::throw_json_field(inner, "value", "is negative");
    cost.spread = base::get<double>(json, "spread", inner);
    if (cost.spread < 0.0) base::throw_json_field(inner, "spread", "is negative");
    const std::optional<Provenance> provenance = provenance_of(base::get<std::string>(json, "provenance", inner));
    if (!provenance) base::throw_json_field(inner, "provenance", "is not measured, predicted, published or unknown");
    cost.provenance = *provenance;
    return cost;
  }

 private:
  const Json& object_;
  std::string what_;
};

LayerProfile layer_from_json(const Json& json, std::size_t index) {
  const Reader reader(json, fmt::format("{}: layers[{}]", kSchema, index));
  LayerProfile layer;
  layer.name = reader.text("name");
  layer.op = reader.text("op");
  layer.inputs = reader.texts("inputs");
  layer.outputs = reader.texts("outputs");
  layer.kernel = reader.text("kernel");
  layer.latency_ns = reader.cost("latency_ns");
  layer.conversion_ns = reader.cost("conversion_ns");
  layer.processor = base::get_or<std::string>(json, "processor", "", kSchema);
  if (json.contains("enqueue_ns")) layer.enqueue_ns = reader.cost("enqueue_ns");
  layer.energy_uj = reader.cost("energy_uj");
  layer.flops = reader.integer<std::int64_t>("flops", 0);
  layer.input_bytes = reader.integer<std::int64_t>("input_bytes", 0);
  layer.output_bytes = reader.integer<std::int64_t>("output_bytes", 0);
  layer.weight_bytes = reader.integer<std::int64_t>("weight_bytes", 0);
  layer.memory_bytes = reader.integer<std::int64_t>("memory_bytes", 0);
  layer.samples = reader.integer<int>("samples", 0);
  layer.repeats = reader.integer<int>("repeats", 1);
  return layer;
}

}  // namespace

std::string Profile::to_json() const {
  Json json = {{"schema", kSchema},
               {"model", model},
               {"model_hash", model_hash},
               {"device", device},
               {"processor", processor},
               {"threads", threads},
               {"library_version", library_version},
               {"date", date},
               {"notes", notes},
               {"run_ns", to_json_value(run_ns)},
               {"profiled_run_ns", to_json_value(profiled_run_ns)},
               {"input_output_ns", to_json_value(input_output_ns)},
               {"arena_bytes", arena_bytes},
               {"weight_bytes", weight_bytes}};
  add_if_known(json, *this);
  json["layers"] = Json::array();
  for (const LayerProfile& layer : layers) json["layers"].push_back(to_json_value(layer));
  return base::dump_json(json);
}

Profile Profile::from_json(const std::string& text) {
  const Json json = base::parse_json(text, "profile");
  base::require_schema(json, kSchema);
  const Reader reader(json, kSchema);
  Profile profile;
  profile.model = reader.text("model");
  profile.model_hash = reader.text("model_hash");
  profile.device = reader.text("device");
  profile.processor = reader.text("processor");
  profile.threads = reader.integer<int>("threads", 1);
  profile.library_version = reader.text("library_version");
  profile.date = reader.text("date");
  profile.notes = reader.texts("notes");
  profile.run_ns = reader.cost("run_ns");
  profile.profiled_run_ns = reader.cost("profiled_run_ns");
  profile.input_output_ns = reader.cost("input_output_ns");
  profile.arena_bytes = reader.integer<std::int64_t>("arena_bytes", 0);
  profile.weight_bytes = reader.integer<std::int64_t>("weight_bytes", 0);
  if (reader.has("run_energy_uj")) profile.run_energy_uj = reader.cost("run_energy_uj");
  if (reader.has("energy_source")) profile.energy_source = reader.text("energy_source");
  if (reader.has("memory_source")) profile.memory_source = memory_source_of(reader.text("memory_source"));
  profile.before = reader.conditions("before");
  profile.after = reader.conditions("after");
  profile.counts = reader.counts("counts");
  const Json& layers = base::get_array(json, "layers", kSchema);
  profile.layers.reserve(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) profile.layers.push_back(layer_from_json(layers[i], i));
  return profile;
}

}  // namespace dnntune
