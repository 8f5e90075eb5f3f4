// SPDX-License-Identifier: Apache-2.0
// LinkTrace from and to CSV and JSON.
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "dnntune/trace.h"
#include "plan/json_fields.h"

namespace dnntune {
namespace {

using plan::Json;

constexpr std::string_view kTraceSchema = "dnntune.trace/1";
constexpr std::string_view kHeader = "time_s,up_mbps,down_mbps,rtt_ms";
constexpr std::array<const char*, 4> kColumns = {"time_s", "up_mbps", "down_mbps", "rtt_ms"};

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

TracePoint row_from_csv(std::string_view row, const std::string& where) {
  std::array<double, 4> numbers{};
  for (std::size_t column = 0; column < numbers.size(); ++column) {
    const std::size_t comma = row.find(',');
    const bool last = column + 1 == numbers.size();
    if ((comma == std::string_view::npos) != last)
      throw Error(ErrorCode::invalid_argument, fmt::format("{}: {} columns are needed: {}", where, numbers.size(), kHeader));
    const std::string_view cell = trimmed(row.substr(0, comma));
    const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), numbers[column]);
    if (problem != std::errc{} || end != cell.data() + cell.size())
      throw Error(ErrorCode::invalid_argument, fmt::format("{}: {} '{}' is not a number", where, kColumns[column], cell));
    if (!std::isfinite(numbers[column]) || numbers[column] < 0.0)
      throw Error(ErrorCode::invalid_argument, fmt::format("{}: {} is {}, it must be finite and not negative", where, kColumns[column], cell));
    if (!last) row.remove_prefix(comma + 1);
  }
  return {numbers[0], numbers[1] * 1e6, numbers[2] * 1e6, numbers[3] * 1e-3};
}

}  // namespace

LinkTrace LinkTrace::from_csv(const std::string& csv, const std::string& name) {
  LinkTrace trace;
  trace.name = name;
  bool header = false;
  std::string_view rest = csv;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);  // the mark that some spreadsheets begin UTF-8 with
  for (int line = 1; !rest.empty(); ++line) {
    const std::size_t end = rest.find('\n');
    const std::string_view row = trimmed(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (row.empty() || row.front() == '#') continue;
    const std::string where = fmt::format("trace '{}': line {}", name, line);
    if (!header && row != kHeader)
      throw Error(ErrorCode::invalid_argument, fmt::format("{}: the header must be {}", where, kHeader));
    if (header) {
      const TracePoint point = row_from_csv(row, where);
      if (trace.points.empty() ? point.time_s != 0.0 : point.time_s <= trace.points.back().time_s)
        throw Error(ErrorCode::invalid_argument, trace.points.empty() ? fmt::format("{}: the first time_s is {}, it must be 0", where, point.time_s)
                                                                      : fmt::format("{}: time_s is {}, it must be above {}, that of the row before", where, point.time_s,
                                                                                    trace.points.back().time_s));
      trace.points.push_back(point);
    }
    header = true;
  }
  const std::size_t n = trace.points.size();
  if (n > 0)
    trace.duration_s = trace.points.back().time_s + (n > 1 ? trace.points[n - 1].time_s - trace.points[n - 2].time_s : 1.0);
  trace.check();
  return trace;
}

std::string LinkTrace::to_csv() const {
  std::string text = fmt::format("{}\n", kHeader);
  for (const TracePoint& point : points)
    text += fmt::format("{},{},{},{}\n", point.time_s, point.bandwidth_up_bps * 1e-6, point.bandwidth_down_bps * 1e-6,
                        point.round_trip_s * 1e3);
  return text;
}

LinkTrace LinkTrace::from_json(const std::string& json) {
  const Json object = base::parse_json(json, kTraceSchema);
  base::require_schema(object, kTraceSchema);
  LinkTrace trace;
  trace.name = base::get<std::string>(object, "name", kTraceSchema);
  trace.duration_s = plan::non_negative<double>(object, "duration_s", kTraceSchema);
  trace.source = base::get_or<std::string>(object, "source", "", kTraceSchema);
  for (const Json& row : base::get_array(object, "points", kTraceSchema)) {
    const std::string where = fmt::format("{}: points[{}]", kTraceSchema, trace.points.size());
    trace.points.push_back({plan::non_negative<double>(row, "time_s", where),
                            plan::non_negative<double>(row, "bandwidth_up_bps", where),
                            plan::non_negative<double>(row, "bandwidth_down_bps", where),
                            plan::non_negative<double>(row, "round_trip_s", where)});
  }
  trace.check();
  return trace;
}

std::string LinkTrace::to_json() const {
  Json object;
  object["schema"] = kTraceSchema;
  object["name"] = name;
  object["duration_s"] = duration_s;
  object["source"] = source;
  Json rows = Json::array();
  for (const TracePoint& point : points)
    rows.push_back({{"time_s", point.time_s},
                    {"bandwidth_up_bps", point.bandwidth_up_bps},
                    {"bandwidth_down_bps", point.bandwidth_down_bps},
                    {"round_trip_s", point.round_trip_s}});
  object["points"] = std::move(rows);
  return base::dump_json(object);
}

}  // namespace dnntune
