// SPDX-License-Identifier: Apache-2.0
// Device files: JSON of schema "dnntune.device/1". What describes cores, caches and memory may be missing.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/cores.h"
#include "base/json.h"
#include "device/processor_json.h"
#include "dnntune/device.h"
#include "dnntune/error.h"

namespace dnntune {
namespace {

using base::Json;

constexpr const char* kDeviceSchema = "dnntune.device/1";
constexpr std::size_t kMaxEntries = 1024;       // of processors, clusters, nodes
constexpr std::size_t kMaxCaches = 16 * 8192;   // 16 a core

Json to_json(const Processor& processor) { return device::processor_to_json(processor); }

Json to_json(const Cluster& cluster) {
  return {{"name", cluster.name},
          {"core", cluster.core},
          {"cores", cluster.cores},
          {"physical_cores", cluster.physical_cores},
          {"max_frequency_hz", cluster.max_frequency_hz},
          {"speed", cluster.speed}};
}

Json to_json(const Cache& cache) {
  return {{"level", cache.level}, {"type", cache.type}, {"size_bytes", cache.size_bytes}, {"cores", cache.cores}};
}

Json to_json(const NumaNode& node) { return {{"id", node.id}, {"cores", node.cores}, {"memory_bytes", node.memory_bytes}}; }

Json to_json(const StoredCostModel& stored) {
  return {{"processor", stored.processor}, {"date", stored.date}, {"library_version", stored.library_version},
          {"model", base::parse_json(stored.json, "cost model")}};
}

/// Nothing is written for an empty list: readers take a missing one as empty.
template <typename T>
void put_list(Json& json, const char* key, const std::vector<T>& list) {
  if (list.empty()) return;
  json[key] = Json::array();
  for (const T& entry : list) json[key].push_back(to_json(entry));
}

std::int64_t bytes_of(const Json& json, const char* key, std::string_view what) {
  const auto bytes = base::get_or<std::int64_t>(json, key, 0, what);
  if (bytes < 0) base::throw_json_field(what, key, "is negative");
  return bytes;
}

double positive_of(const Json& json, const char* key, const std::string& what) {
  const double value = base::get_or<double>(json, key, 0.0, what);
  if (!(value >= 0.0 && std::isfinite(value))) base::throw_json_field(what, key, "is negative or not finite");
  return value;
}

std::string name_of(const Json& json, const std::string& what) {
  auto name = base::get<std::string>(json, "name", what);
  if (name.empty() || name.find(' ') != std::string::npos) base::throw_json_field(what, "name", "is empty or has a blank");
  return name;
}

void read(Processor& processor, const Json& json, const std::string& what) {
  processor = device::processor_from_json(json, what);
  processor.name = name_of(json, what);
}

void read(Cluster& cluster, const Json& json, const std::string& what) {
  cluster.name = name_of(json, what);
  cluster.core = base::get_or<std::string>(json, "core", "", what);
  cluster.cores = device::cores_of(json, what);
  cluster.physical_cores = base::get_or<int>(json, "physical_cores", static_cast<int>(cluster.cores.size()), what);
  if (cluster.physical_cores < 0 || cluster.physical_cores > base::kMaxCores) base::throw_json_field(what, "physical_cores", "is not in 0..8192");
  cluster.max_frequency_hz = positive_of(json, "max_frequency_hz", what);
  cluster.speed = positive_of(json, "speed", what);
  if (cluster.speed > 1.0) base::throw_json_field(what, "speed", "is more than 1");
}

void read(Cache& cache, const Json& json, const std::string& what) {
  cache.level = base::get<int>(json, "level", what);
  if (cache.level < 1 || cache.level > 9) base::throw_json_field(what, "level", "is not in 1..9");
  cache.type = base::get<std::string>(json, "type", what);
  if (cache.type != "data" && cache.type != "instruction" && cache.type != "unified")
    base::throw_json_field(what, "type", "is not data, instruction or unified");
  cache.size_bytes = bytes_of(json, "size_bytes", what);
  cache.cores = device::cores_of(json, what);
}

void read(NumaNode& node, const Json& json, const std::string& what) {
  node.id = base::get<int>(json, "id", what);
  if (node.id < 0) base::throw_json_field(what, "id", "is negative");
  node.cores = device::cores_of(json, what);
  std::sort(node.cores.begin(), node.cores.end());
  node.memory_bytes = bytes_of(json, "memory_bytes", what);
}

void read(StoredCostModel& stored, const Json& json, const std::string& what) {
  stored.processor = base::get<std::string>(json, "processor", what);
  stored.date = base::get_or<std::string>(json, "date", "", what);
  stored.library_version = base::get_or<std::string>(json, "library_version", "", what);
  stored.json = base::dump_json(base::get_object(json, "model", what));
}

template <typename T>
std::vector<T> list_of(const Json& json, const char* key, std::size_t most) {
  std::vector<T> list;
  if (!json.contains(key)) return list;
  const Json& entries = base::get_array(json, key, kDeviceSchema);
  if (entries.size() > most) base::throw_json_field(kDeviceSchema, key, fmt::format("has more than {} entries", most).c_str());
  for (std::size_t i = 0; i < entries.size(); ++i) read(list.emplace_back(), entries[i], fmt::format("{}: {}[{}]", kDeviceSchema, key, i));
  return list;
}

}  // namespace

std::string Device::to_json() const {
  Json json = {{"schema", kDeviceSchema}, {"name", name}, {"os", os}, {"memory_bytes", memory_bytes}, {"simd", simd}, {"notes", notes}};
  if (quota_cores > 0.0) json["quota_cores"] = quota_cores;
  json["processors"] = Json::array();
  for (const Processor& processor : processors) json["processors"].push_back(dnntune::to_json(processor));
  put_list(json, "clusters", clusters);
  put_list(json, "caches", caches);
  put_list(json, "numa_nodes", numa_nodes);
  put_list(json, "cost_models", cost_models);
  if (!smt_siblings.empty()) json["smt_siblings"] = smt_siblings;
  return base::dump_json(json);
}

Device Device::from_json(const std::string& text) {
  const Json json = base::parse_json(text, "device file");
  base::require_schema(json, kDeviceSchema);
  Device device;
  device.name = base::get<std::string>(json, "name", kDeviceSchema);
  device.os = base::get_or<std::string>(json, "os", "", kDeviceSchema);
  device.memory_bytes = bytes_of(json, "memory_bytes", kDeviceSchema);
  device.quota_cores = positive_of(json, "quota_cores", kDeviceSchema);
  device.simd = base::get_or<std::string>(json, "simd", "", kDeviceSchema);
  device.notes = base::get_or<std::vector<std::string>>(json, "notes", {}, kDeviceSchema);
  base::get_array(json, "processors", kDeviceSchema);
  device.processors = list_of<Processor>(json, "processors", kMaxEntries);
  for (std::size_t i = 0; i < device.processors.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (device.processors[j].name == device.processors[i].name)
        base::throw_json_field(kDeviceSchema, "processors", fmt::format("has '{}' twice", device.processors[i].name).c_str());
  device.clusters = list_of<Cluster>(json, "clusters", kMaxEntries);
  device.caches = list_of<Cache>(json, "caches", kMaxCaches);
  device.numa_nodes = list_of<NumaNode>(json, "numa_nodes", kMaxEntries);
  device.cost_models = list_of<StoredCostModel>(json, "cost_models", kMaxEntries);
  for (std::size_t i = 0; i < device.cost_models.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (device.cost_models[j].processor == device.cost_models[i].processor)
        base::throw_json_field(kDeviceSchema, "cost_models", fmt::format("has '{}' twice", device.cost_models[i].processor).c_str());
  device.smt_siblings = base::get_or<std::vector<std::vector<int>>>(json, "smt_siblings", {}, kDeviceSchema);
  for (const std::vector<int>& siblings : device.smt_siblings) device::check_cores(siblings, kDeviceSchema, "smt_siblings");
  return device;
}

}  // namespace dnntune
