// SPDX-License-Identifier: Apache-2.0
// RadioModel as JSON, and the built-in table.
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dnntune/error.h"
#include "dnntune/radio.h"
#include "plan/json_fields.h"
#include "plan/radio_table.h"

namespace dnntune {
namespace plan {
namespace {

constexpr std::string_view kRadioSchema = "dnntune.radio/1";
constexpr std::string_view kRadioTableSchema = "dnntune.radios/1";

/// The numbers by name: one list for reading, writing and checking.
constexpr std::array<std::pair<const char*, double RadioModel::*>, 5> kModelNumbers = {{
    {"up_alpha_w_per_mbps", &RadioModel::up_alpha_w_per_mbps},
    {"down_alpha_w_per_mbps", &RadioModel::down_alpha_w_per_mbps},
    {"beta_w", &RadioModel::beta_w},
    {"promotion_s", &RadioModel::promotion_s},
    {"promotion_w", &RadioModel::promotion_w},
}};
constexpr std::array<std::pair<const char*, double RadioPhase::*>, 3> kTurns = {{
    {"cycle_s", &RadioPhase::cycle_s},
    {"on_s", &RadioPhase::on_s},
    {"on_w", &RadioPhase::on_w},
}};

RadioPhase phase_from_json(const Json& object, bool endless, std::string_view what) {
  RadioPhase phase;
  phase.name = base::get<std::string>(object, "name", what);
  phase.duration_s = endless ? std::numeric_limits<double>::infinity() : non_negative<double>(object, "duration_s", what);
  phase.power_w = non_negative<double>(object, "power_w", what);
  for (const auto& [field, member] : kTurns)
    if (object.contains(field)) phase.*member = non_negative<double>(object, field, what);
  if (phase.on_s > phase.cycle_s)
    base::throw_json_field(what, "on_s", fmt::format("is {}, more than its cycle_s of {}", phase.on_s, phase.cycle_s).c_str());
  return phase;
}

Json phase_to_json(const RadioPhase& phase) {
  Json object;
  object["name"] = phase.name;
  if (std::isfinite(phase.duration_s)) object["duration_s"] = phase.duration_s;
  object["power_w"] = phase.power_w;
  if (phase.cycle_s > 0.0)
    for (const auto& [field, member] : kTurns) object[field] = phase.*member;
  return object;
}

RadioModel radio_from_json(const Json& object, std::string_view what) {
  RadioModel radio;
  radio.name = base::get<std::string>(object, "name", what);
  const std::string where = fmt::format("{}: radio '{}'", what, radio.name);
  radio.technology = base::get<std::string>(object, "technology", where);
  radio.year = base::get_or<int>(object, "year", 0, where);
  for (const auto& [field, member] : kModelNumbers) radio.*member = non_negative<double>(object, field, where);
  if (object.contains("tail"))
    for (const Json& phase : base::get_array(object, "tail", where)) radio.tail.push_back(phase_from_json(phase, false, where + ": tail"));
  radio.idle = object.contains("idle") ? phase_from_json(base::get_object(object, "idle", where), true, where + ": idle")
                                       : RadioPhase{.name = "idle", .duration_s = std::numeric_limits<double>::infinity()};
  radio.source = base::get<std::string>(object, "source", where);
  return radio;
}

Json radio_to_json(const RadioModel& radio) {
  Json object;
  object["schema"] = kRadioSchema;
  object["name"] = radio.name;
  object["technology"] = radio.technology;
  object["year"] = radio.year;
  for (const auto& [field, member] : kModelNumbers) object[field] = radio.*member;
  Json tail = Json::array();
  for (const RadioPhase& phase : radio.tail) tail.push_back(phase_to_json(phase));
  object["tail"] = std::move(tail);
  object["idle"] = phase_to_json(radio.idle);
  object["source"] = radio.source;
  return object;
}

}  // namespace
}  // namespace plan

std::vector<RadioModel> RadioModel::all() {
  const plan::Json table = base::parse_json(plan::radio_table(), plan::kRadioTableSchema);
  base::require_schema(table, plan::kRadioTableSchema);
  std::vector<RadioModel> radios;
  for (const plan::Json& row : base::get_array(table, "radios", plan::kRadioTableSchema))
    radios.push_back(plan::radio_from_json(row, plan::kRadioTableSchema));
  return radios;
}

RadioModel RadioModel::named(const std::string& name) {
  std::vector<std::string> names;
  for (RadioModel& radio : all()) {
    if (radio.name == name) return std::move(radio);
    names.push_back(radio.name);
  }
  throw Error(ErrorCode::not_found, fmt::format("no radio is called '{}'; there are: {}", name, fmt::join(names, ", ")));
}

RadioModel RadioModel::from_json(const std::string& json) {
  const plan::Json object = base::parse_json(json, plan::kRadioSchema);
  base::require_schema(object, plan::kRadioSchema);
  return plan::radio_from_json(object, plan::kRadioSchema);
}

std::string RadioModel::to_json() const { return base::dump_json(plan::radio_to_json(*this)); }

}  // namespace dnntune
