// SPDX-License-Identifier: Apache-2.0
#include "dnntune/link.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dnntune/error.h"
#include "dnntune/radio.h"
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

namespace {

struct TableRow {
  Link link;
  std::string alias;  ///< Its year's name, such as "lte2012"; "" for none.
};

/// The built-in links. Their radios are rows of the table of radios, so that each figure stands once.
std::vector<TableRow> read_table() {
  const Json table = base::parse_json(link_table(), kTableSchema);
  base::require_schema(table, kTableSchema);
  const std::vector<RadioModel> radios = RadioModel::all();
  std::vector<TableRow> rows;
  for (Json row : base::get_array(table, "links", kTableSchema)) {
    const auto radio = base::get_or<std::string>(row, "radio", "", kTableSchema);
    row.erase("radio");
    rows.push_back({link_from_json(row, kTableSchema), base::get_or<std::string>(row, "alias", "", kTableSchema)});
    if (radio.empty()) continue;
    const auto found = std::find_if(radios.begin(), radios.end(), [&](const RadioModel& model) { return model.name == radio; });
    if (found == radios.end()) throw Error(ErrorCode::internal, fmt::format("links.json: radio '{}' is not in radios.json", radio));
    rows.back().link.radio = found->flat();
  }
  return rows;
}

}  // namespace
}  // namespace plan

std::vector<Link> Link::all() {
  std::vector<Link> links;
  for (plan::TableRow& row : plan::read_table()) links.push_back(std::move(row.link));
  return links;
}

Link Link::named(const std::string& name) {
  std::vector<std::string> names;
  for (plan::TableRow& row : plan::read_table()) {
    if (row.link.name == name || (!name.empty() && row.alias == name)) return std::move(row.link);
    names.push_back(row.alias.empty() ? row.link.name : fmt::format("{} ({})", row.link.name, row.alias));
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
