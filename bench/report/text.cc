// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace dnntune::report {
namespace {

using Json = nlohmann::ordered_json;

const char* kind_name(ChartKind kind) {
  switch (kind) {
    case ChartKind::bars: return "bars";
    case ChartKind::stacked_bars: return "stacked_bars";
    case ChartKind::lines: return "lines";
    case ChartKind::scatter: return "scatter";
    case ChartKind::spans: return "spans";
  }
  return "";
}

Json numbers(const std::vector<double>& values, bool positive_only) {
  Json list = Json::array();
  for (const double value : values) list.push_back(std::isfinite(value) && (!positive_only || value > 0.0) ? Json(value) : Json());
  return list;
}

Json to_json(const Chart& chart) {
  Json series = Json::array();
  for (const Series& one : chart.series)
    series.push_back({{"name", one.name}, {"values", numbers(one.values, chart.logarithmic)}, {"x", numbers(one.x, chart.x_logarithmic)},
                      {"from", numbers(one.from, chart.logarithmic)}, {"hover", one.hover}, {"stack", one.stack}});
  return {{"title", chart.title}, {"kind", kind_name(chart.kind)}, {"categories", chart.categories}, {"series", series},
          {"value_title", chart.value_title}, {"x_title", chart.x_title}, {"logarithmic", chart.logarithmic},
          {"x_logarithmic", chart.x_logarithmic}, {"horizontal", chart.horizontal || chart.kind == ChartKind::spans},
          {"marked", chart.marked ? Json(*chart.marked) : Json()}, {"marked_text", chart.marked_text},
          {"most", chart.most ? Json(*chart.most) : Json()}, {"base", chart.base ? Json(*chart.base) : Json()}};
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\'') out += "&#39;";
    else if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) out += "\xef\xbf\xbd";
    else out += c;
  }
  return out;
}

std::string charts_json(std::span<const Chart> charts) {
  Json list = Json::array();
  for (const Chart& chart : charts) list.push_back(to_json(chart));
  const Json all = {{"schema", "dnntune.report/1"}, {"charts", list}};
  std::string out;
  for (const char c : all.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<') out += "\\u003c";  // only strings have these, where such an escape means the same
    else if (c == '>') out += "\\u003e";
    else if (c == '&') out += "\\u0026";
    else out += c;
  }
  return out;
}

}  // namespace dnntune::report
