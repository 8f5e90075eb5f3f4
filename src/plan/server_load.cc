// SPDX-License-Identifier: Apache-2.0
// ServerLoad as JSON, schema "dnntune.server_load/1".
#include "dnntune/server_load.h"

#include <array>
#include <string_view>
#include <utility>

#include "plan/json_fields.h"

namespace dnntune {
namespace {

using base::Json;
using plan::non_negative;

constexpr std::string_view kLoadSchema = "dnntune.server_load/1";

constexpr std::array<std::pair<const char*, double ServerLoad::*>, 7> kLoadNumbers = {{
    {"window_s", &ServerLoad::window_s},
    {"observed_s", &ServerLoad::observed_s},
    {"arrivals_per_s", &ServerLoad::arrivals_per_s},
    {"arrival_samples", &ServerLoad::arrival_samples},
    {"arrival_scv", &ServerLoad::arrival_scv},
    {"busy", &ServerLoad::busy},
    {"mean_waiting", &ServerLoad::mean_waiting},
}};
constexpr std::array<std::pair<const char*, int ServerLoad::*>, 5> kCounts = {{
    {"servers", &ServerLoad::servers},
    {"connections", &ServerLoad::connections},
    {"computing", &ServerLoad::computing},
    {"waiting", &ServerLoad::waiting},
    {"unread", &ServerLoad::unread},
}};
constexpr std::array<std::pair<const char*, Moments ServerLoad::*>, 2> kMoments = {{
    {"service", &ServerLoad::service_s},
    {"wait", &ServerLoad::wait_s},
}};

}  // namespace

std::string ServerLoad::to_json() const {
  Json json = {{"schema", kLoadSchema}, {"date", date}, {"requests", requests}};
  for (const auto& [key, member] : kCounts) json[key] = this->*member;
  for (const auto& [key, member] : kLoadNumbers) json[key] = this->*member;
  for (const auto& [key, member] : kMoments) {
    const Moments& of = this->*member;
    json[key] = {{"mean_s", of.mean_s}, {"deviation_s", of.deviation_s}, {"samples", of.samples}};
  }
  return base::dump_json(json);
}

ServerLoad ServerLoad::from_json(const std::string& text) {
  const Json json = base::parse_json(text, kLoadSchema);
  base::require_schema(json, kLoadSchema);
  ServerLoad load;
  load.date = base::get<std::string>(json, "date", kLoadSchema);
  load.requests = non_negative<std::int64_t>(json, "requests", kLoadSchema);
  for (const auto& [key, member] : kCounts) load.*member = non_negative<int>(json, key, kLoadSchema);
  if (load.servers < 1) base::throw_json_field(kLoadSchema, "servers", "is less than 1");
  for (const auto& [key, member] : kLoadNumbers) load.*member = non_negative<double>(json, key, kLoadSchema);
  for (const auto& [key, member] : kMoments) {
    const Json& of = base::get_object(json, key, kLoadSchema);
    const std::string what = std::string(kLoadSchema) + ": " + key;
    load.*member = {non_negative<double>(of, "mean_s", what), non_negative<double>(of, "deviation_s", what), non_negative<double>(of, "samples", what)};
  }
  return load;
}

}  // namespace dnntune
