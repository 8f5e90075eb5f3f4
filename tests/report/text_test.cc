// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

using namespace dnntune::report;
using Json = nlohmann::json;

namespace {

Chart chart_of(std::string name, std::vector<double> values) {
  Chart chart;
  chart.title = name;
  chart.categories.assign(values.size(), name);
  chart.series.push_back({.name = name, .values = std::move(values)});
  return chart;
}

}  // namespace

TEST_CASE("what HTML would interpret is escaped") {
  CHECK(escaped("a<b>&\"c'") == "a&lt;b&gt;&amp;&quot;c&#39;");
  CHECK(escaped("&lt;") == "&amp;lt;");
  CHECK(escaped("line\n\ttab") == "line\n\ttab");
  CHECK(escaped(std::string_view("\0x\x1b\x7f", 4)) == "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(escaped("\xc2\xb5s, \xe6\xbc\xa2") == "\xc2\xb5s, \xe6\xbc\xa2");
  CHECK(escaped("").empty());
}

TEST_CASE("charts as JSON cannot leave their script element and read back") {
  const std::string hostile = "</script><script>alert('1')</script><!-- & \xe2\x80\xa8 \" \\";
  const std::vector<Chart> charts = {chart_of(hostile, {1.5})};
  const std::string json = charts_json(charts);
  for (const char c : json) {
    CHECK(static_cast<unsigned char>(c) < 0x80);
    CHECK(c != '<');
    CHECK(c != '>');
    CHECK(c != '&');
  }
  const Json read = Json::parse(json);
  CHECK(read.at("schema") == "dnntune.report/1");
  REQUIRE(read.at("charts").size() == 1);
  CHECK(read["charts"][0].at("title") == hostile);
  CHECK(read["charts"][0].at("categories")[0] == hostile);
  CHECK(read["charts"][0].at("series")[0].at("name") == hostile);
}

TEST_CASE("bytes that are no UTF-8 are replaced") {
  const std::vector<Chart> charts = {chart_of("a\xff" "b\xc3", {})};
  CHECK(Json::parse(charts_json(charts))["charts"][0]["title"] == "a\xef\xbf\xbd" "b\xef\xbf\xbd");
}

TEST_CASE("values that cannot be drawn are null") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<Chart> charts = {chart_of("x", {1.0, std::nan(""), infinity, -infinity, 0.0, -2.0})};
  CHECK(Json::parse(charts_json(charts))["charts"][0]["series"][0]["values"] == Json::parse("[1.0, null, null, null, 0.0, -2.0]"));
  charts[0].logarithmic = true;
  CHECK(Json::parse(charts_json(charts))["charts"][0]["series"][0]["values"] == Json::parse("[1.0, null, null, null, null, null]"));
}

TEST_CASE("every kind of chart has its name") {
  for (const auto& [kind, name] : {std::pair{ChartKind::bars, "bars"}, {ChartKind::stacked_bars, "stacked_bars"}, {ChartKind::lines, "lines"}, {ChartKind::scatter, "scatter"}, {ChartKind::spans, "spans"}}) {
    std::vector<Chart> charts(1);
    charts[0].kind = kind;
    const Json read = Json::parse(charts_json(charts))["charts"][0];
    CHECK(read["kind"] == name);
    CHECK(read["base"].is_null());
  }
}
