// SPDX-License-Identifier: Apache-2.0
// Device files: JSON of schema "dnntune.device/1".
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "dnntune/device.h"
#include "dnntune/error.h"

namespace dnntune {
namespace {

using base::Json;

constexpr const char* kSchema = "dnntune.device/1";
constexpr int kMaxThreads = 4096;
constexpr std::size_t kMaxProcessors = 1024;

Json processor_to_json(const Processor& processor) {
  Json json = {{"name", processor.name},
               {"backend", processor.backend},
               {"cores", processor.cores},
               {"threads", processor.threads}};
  if (!processor.description.empty()) json["description"] = processor.description;
  if (processor.active_power_w >= 0.0) {
    json["active_power_w"] = processor.active_power_w;
    json["power_source"] = processor.power_source;
  }
  return json;
}

Processor processor_from_json(const Json& json, std::size_t index) {
  const std::string what = fmt::format("{}: processors[{}]", kSchema, index);
  Processor processor;
  processor.name = base::get<std::string>(json, "name", what);
  if (processor.name.empty() || processor.name.find(' ') != std::string::npos)
    base::throw_json_field(what, "name", "is empty or has a blank");
  processor.backend = base::get<std::string>(json, "backend", what);
  processor.description = base::get_or<std::string>(json, "description", "", what);
  processor.threads = base::get<int>(json, "threads", what);
  if (processor.threads < 1 || processor.threads > kMaxThreads) base::throw_json_field(what, "threads", "is not in 1..4096");
  processor.cores = base::get_or<std::vector<int>>(json, "cores", {}, what);
  for (const int core : processor.cores)
    if (core < 0) base::throw_json_field(what, "cores", "has a negative core");
  if (json.contains("active_power_w")) {
    processor.active_power_w = base::get<double>(json, "active_power_w", what);
    if (processor.active_power_w < 0.0) base::throw_json_field(what, "active_power_w", "is negative");
    processor.power_source = base::get<std::string>(json, "power_source", what);
  }
  return processor;
}

}  // namespace

std::string Device::to_json() const {
  Json json = {{"schema", kSchema}, {"name", name}, {"os", os}, {"memory_bytes", memory_bytes}, {"simd", simd}, {"notes", notes}};
  json["processors"] = Json::array();
  for (const Processor& processor : processors) json["processors"].push_back(processor_to_json(processor));
  return base::dump_json(json);
}

Device Device::from_json(const std::string& text) {
  const Json json = base::parse_json(text, "device file");
  base::require_schema(json, kSchema);
  Device device;
  device.name = base::get<std::string>(json, "name", kSchema);
  device.os = base::get_or<std::string>(json, "os", "", kSchema);
  device.memory_bytes = base::get_or<std::int64_t>(json, "memory_bytes", 0, kSchema);
  if (device.memory_bytes < 0) base::throw_json_field(kSchema, "memory_bytes", "is negative");
  device.simd = base::get_or<std::string>(json, "simd", "", kSchema);
  device.notes = base::get_or<std::vector<std::string>>(json, "notes", {}, kSchema);
  const Json& processors = base::get_array(json, "processors", kSchema);
  if (processors.size() > kMaxProcessors) base::throw_json_field(kSchema, "processors", "has more than 1024 entries");
  for (std::size_t i = 0; i < processors.size(); ++i) {
    device.processors.push_back(processor_from_json(processors[i], i));
    for (std::size_t j = 0; j < i; ++j)
      if (device.processors[j].name == device.processors[i].name)
        base::throw_json_field(kSchema, "processors", fmt::format("has '{}' twice", device.processors[i].name).c_str());
  }
  return device;
}

}  // namespace dnntune
