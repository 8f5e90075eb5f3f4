// SPDX-License-Identifier: Apache-2.0
#include "device/processor_json.h"

#include <fmt/format.h>

#include "base/cores.h"

namespace dnntune::device {
namespace {

constexpr int kMaxThreads = 4096;

}  // namespace

using base::Json;

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
  for (const PowerPoint& point : processor.power_points) json["power_points"].push_back({{"mhz", point.mhz}, {"watt", point.watt}});
  if (!processor.power_points.empty()) json["power_source"] = processor.power_source;
  return json;
}

void check_cores(const std::vector<int>& cores, const std::string& what, const char* key) {
  for (const int core : cores) {
    if (core < 0) base::throw_json_field(what, key, "has a negative core");
    if (core >= base::kMaxCores) base::throw_json_field(what, key, fmt::format("has core {}; the last possible is {}", core, base::kMaxCores - 1).c_str());
  }
}

std::vector<int> cores_of(const Json& json, const std::string& what) {
  std::vector<int> cores = base::get_or<std::vector<int>>(json, "cores", {}, what);
  check_cores(cores, what, "cores");
  return cores;
}

Processor processor_from_json(const Json& json, const std::string& what) {
  Processor processor;
  processor.name = base::get<std::string>(json, "name", what);
  if (processor.name.empty()) base::throw_json_field(what, "name", "is empty");
  processor.backend = base::get<std::string>(json, "backend", what);
  processor.description = base::get_or<std::string>(json, "description", "", what);
  processor.threads = base::get<int>(json, "threads", what);
  if (processor.threads < 1 || processor.threads > kMaxThreads) base::throw_json_field(what, "threads", "is not in 1..4096");
  processor.cores = cores_of(json, what);
  if (json.contains("active_power_w")) {
    processor.active_power_w = base::get<double>(json, "active_power_w", what);
    if (processor.active_power_w < 0.0) base::throw_json_field(what, "active_power_w", "is negative");
    processor.power_source = base::get<std::string>(json, "power_source", what);
  }
  if (json.contains("power_points")) {
    for (const Json& entry : base::get_array(json, "power_points", what)) {
      const PowerPoint point = {base::get<double>(entry, "mhz", what), base::get<double>(entry, "watt", what)};
      if (!(point.mhz > 0.0) || !(point.watt > 0.0)) base::throw_json_field(what, "power_points", "has a frequency or power that is not above 0");
      processor.power_points.push_back(point);
    }
    processor.power_source = base::get<std::string>(json, "power_source", what);
  }
  return processor;
}

}  // namespace dnntune::device
