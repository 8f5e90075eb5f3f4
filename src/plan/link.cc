// SPDX-License-Identifier: Apache-2.0
#include "dnntune/link.h"

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dnntune/error.h"
#include "plan/link_json.h"
#include "plan/link_table.h"

namespace dnntune {
namespace plan {
namespace {

constexpr std::string_view kLinkSchema = "dnntune.link/1";
constexpr std::string_view kTableSchema = "dnntune.links/1";

/// The numbers of a radio by name: one list for reading, writing and checking.
constexpr std::array<std::pair<const char*, double Radio::*>, 7> kRadioNumbers = {{
    {"up_alpha_w_per_mbps", &Radio::up_alpha_w_per_mbps},
    {"down_alpha_w_per_mbps", &Radio::down_alpha_w_per_mbps},
    {"beta_w", &Radio::beta_w},
    {"promotion_s", &Radio::promotion_s},
    {"promotion_w", &Radio::promotion_w},
    {"tail_s", &Radio::tail_s},
    {"tail_w", &Radio::tail_w},
}};

void check_number(const Link& link, const char* field, double value, bool may_be_zero) {
  if (std::isfinite(value) && (value > 0.0 || (may_be_zero && value == 0.0))) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("link '{}': {} is {}, it must be finite and {}", link.name, field, value,
                                                       may_be_zero ? "not negative" : "positive"));
}

}  // namespace

void check_link(const Link& link) {
  check_number(link, "bandwidth_up_bps", link.bandwidth_up_bps, false);
  check_number(link, "bandwidth_down_bps", link.bandwidth_down_bps, false);
  check_number(link, "round_trip_s", link.round_trip_s, true);
  for (const auto& [field, member] : kRadioNumbers) check_number(link, field, link.radio.*member, true);
}

Json link_to_json(const Link& link) {
  Json object;
  object["name"] = link.name;
  object["bandwidth_up_bps"] = link.bandwidth_up_bps;
  object["bandwidth_down_bps"] = link.bandwidth_down_bps;
  object["round_trip_s"] = link.round_trip_s;
  object["source"] = link.source;
  if (!link.radio.name.empty()) {
    Json& radio = object["radio"];
    radio["name"] = link.radio.name;
    for (const auto& [field, member] : kRadioNumbers) radio[field] = link.radio.*member;
    radio["source"] = link.radio.source;
  }
  return object;
}

Link link_from_json(const Json& object, std::string_view what) {
  Link link;
  link.name = base::get<std::string>(object, "name", what);
  link.bandwidth_up_bps = non_negative<double>(object, "bandwidth_up_bps", what);
  link.bandwidth_down_bps = non_negative<double>(object, "bandwidth_down_bps", what);
  link.round_trip_s = non_negative<double>(object, "round_trip_s", what);
  link.source = base::get_or<std::string>(object, "source", "", what);
  if (object.contains("radio")) {
    const Json& radio = base::get_object(object, "radio", what);
    const std::string radio_what = fmt::format("{}: radio", what);
    link.radio.name = base::get<std::string>(radio, "name", radio_what);
    for (const auto& [field, member] : kRadioNumbers)
      if (radio.contains(field)) link.radio.*member = non_negative<double>(radio, field, radio_what);
    link.radio.source = base::get_or<std::string>(radio, "source", "", radio_what);
  }
  check_link(link);
  return link;
}

}  // namespace plan

std::vector<Link> Link::all() {
  const plan::Json table = base::parse_json(plan::link_table(), plan::kTableSchema);
  base::require_schema(table, plan::kTableSchema);
  std::vector<Link> links;
  for (const plan::Json& row : base::get_array(table, "links", plan::kTableSchema))
    links.push_back(plan::link_from_json(row, plan::kTableSchema));
  return links;
}

Link Link::named(const std::string& name) {
  std::vector<std::string> names;
  for (Link& link : all()) {
    if (link.name == name) return std::move(link);
    names.push_back(link.name);
  }
  throw Error(ErrorCode::not_found, fmt::format("no link is called '{}'; there are: {}", name, fmt::join(names, ", ")));
}

Link Link::from_json(const std::string& json) {
  const plan::Json object = base::parse_json(json, plan::kLinkSchema);
  base::require_schema(object, plan::kLinkSchema);
  return plan::link_from_json(object, plan::kLinkSchema);
}

std::string Link::to_json() const {
  plan::Json object;
  object["schema"] = plan::kLinkSchema;
  object.update(plan::link_to_json(*this));
  return base::dump_json(object);
}

}  // namespace dnntune
