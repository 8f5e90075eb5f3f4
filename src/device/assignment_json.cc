// SPDX-License-Identifier: Apache-2.0
// Assignments: JSON of schema "dnntune.assignment/1".
#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "device/processor_json.h"
#include "dnntune/assignment.h"

namespace dnntune {
namespace {

constexpr const char* kAssignmentSchema = "dnntune.assignment/1";

}  // namespace

std::string Assignment::to_json() const {
  base::Json json = {{"schema", kAssignmentSchema}, {"processors", base::Json::array()}, {"layers", base::Json::object()}};
  for (const Processor& processor : processors) json["processors"].push_back(device::processor_to_json(processor));
  for (const auto& [layer, choice] : layers) json["layers"][layer] = {{"processor", choice.processor}, {"kernel", choice.kernel}, {"in_turns", choice.in_turns}};
  return base::dump_json(json);
}

Assignment Assignment::from_json(const std::string& text) {
  const base::Json json = base::parse_json(text, "assignment");
  base::require_schema(json, kAssignmentSchema);
  Assignment assignment;
  const base::Json& processors = base::get_array(json, "processors", kAssignmentSchema);
  for (std::size_t i = 0; i < processors.size(); ++i)
    assignment.processors.push_back(device::processor_from_json(processors[i], fmt::format("{}: processors[{}]", kAssignmentSchema, i)));
  for (std::size_t i = 0; i < assignment.processors.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (assignment.processors[i].name == assignment.processors[j].name)
        base::throw_json_field(kAssignmentSchema, "processors", fmt::format("has '{}' twice", assignment.processors[i].name).c_str());
  const base::Json layers = base::get<base::Json>(json, "layers", kAssignmentSchema);
  if (!layers.is_object()) base::throw_json_field(kAssignmentSchema, "layers", "is not an object");
  for (const auto& [layer, entry] : layers.items()) {
    const std::string what = fmt::format("{}: layer '{}'", kAssignmentSchema, layer);
    LayerChoice choice = {base::get<std::string>(entry, "processor", what), base::get_or<std::string>(entry, "kernel", "", what),
                          base::get_or<bool>(entry, "in_turns", true, what)};
    const auto named = [&](const Processor& processor) { return processor.name == choice.processor; };
    if (!choice.processor.empty() && std::none_of(assignment.processors.begin(), assignment.processors.end(), named))
      base::throw_json_field(what, "processor", fmt::format("'{}' is not among the processors", choice.processor).c_str());
    assignment.layers.emplace(layer, std::move(choice));
  }
  return assignment;
}

}  // namespace dnntune
