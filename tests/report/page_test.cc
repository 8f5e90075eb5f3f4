// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <dnntune/error.h>

#include "report/chart_library.h"

using namespace dnntune::report;

namespace {

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

Chart bars() {
  Chart chart;
  chart.title = "Latency";
  chart.x_title = "network";
  chart.categories = {"lenet", "vgg16"};
  chart.series.push_back({.name = "cpu:all", .values = {0.25, std::nan("")}});
  return chart;
}

Chart points() {
  Chart chart;
  chart.title = "Roofline";
  chart.kind = ChartKind::scatter;
  chart.x_title = "FLOP/byte";
  chart.value_title = "GFLOP/s";
  chart.series.push_back({.name = "layers", .values = {10.0, 20.0}, .x = {1.0, 2.0}, .hover = {"conv1", "conv2"}});
  return chart;
}

constexpr std::string_view kLibrary = "var Chart = {};";
const std::string kHostile = "<img src=x onerror=alert(1)>";

}  // namespace

TEST_CASE("parts stand in the order in which they were added") {
  Page page("Title");
  page.heading("One").paragraph("Words.").chart(bars()).table({"Numbers", "", {{"a"}, {"b", true}}, {{"x", "1"}, {"y"}}}).heading("Two");
  const std::string html = page.html(kLibrary);
  std::size_t at = 0;
  for (const char* part : {"<h1>Title</h1>", "<h2>One</h2>", "<p>Words.</p>", "data-chart=\"0\"", "<figcaption>Latency</figcaption>", "<h3>Numbers</h3>",
                           "<td>x</td><td class=\"number\">1</td>", "<td>y</td><td class=\"number\"></td>", "<h2>Two</h2>"}) {
    CAPTURE(part);
    const std::size_t next = html.find(part, at);
    REQUIRE(next != std::string::npos);
    at = next;
  }
}

TEST_CASE("text is shown, never interpreted") {
  Chart chart = bars();
  chart.title = chart.note = chart.x_title = chart.value_title = chart.categories[0] = chart.series[0].name = kHostile;
  Page page(kHostile);
  page.fact(kHostile, kHostile).heading(kHostile).paragraph(kHostile).table({kHostile, kHostile, {{kHostile}}, {{kHostile}}}).chart(chart);
  CHECK(count(page.html(kLibrary), "<img") == 0);
  CHECK(count(page.html(""), "<img") == 0);
  CHECK(count(page.html(""), "&lt;img src=x onerror=alert(1)&gt;") >= 10);
}

TEST_CASE("the page names nothing that would be loaded") {
  Page page("Title");
  page.chart(bars()).chart(points());
  const std::string html = page.html(kLibrary);
  CHECK(count(html, "default-src 'none'") == 1);
  for (const char* part : {"src=\"", "@import", "url(", "<link rel=\"stylesheet\""}) CHECK(count(html, part) == 0);
  CHECK(count(html, "href=\"") == count(html, "href=\"data:,\""));
}

TEST_CASE("with the library each script element is closed once") {
  Page page("Title");
  page.chart(bars()).chart(points());
  for (const std::string_view library : {kLibrary, chart_library()}) {
    if (library.empty()) continue;  // this build has none
    const std::string html = page.html(library);
    CHECK(count(html, "<script") == 4);
    CHECK(count(html, "</script") == 4);
    CHECK(count(html, "The MIT License") == 1);
    CHECK(count(html, "<canvas") == 2);
  }
}

TEST_CASE("without the library charts are tables of their numbers") {
  Page page("Title");
  page.chart(bars()).chart(points());
  const std::string html = page.html("");
  CHECK(count(html, "libjs-chart.js") == 1);
  CHECK(count(html, "<canvas") == 0);
  CHECK(count(html, "<script") == 0);
  CHECK(count(html, "<td>lenet</td><td class=\"number\">0.25</td>") == 1);
  CHECK(count(html, "<td>vgg16</td><td class=\"number\"></td>") == 1);
  CHECK(count(html, "<td>layers</td><td class=\"number\">2</td><td class=\"number\">conv2</td>") == 1);
}

TEST_CASE("of a choice the first chart is shown and every one may be picked") {
  Page page("Title");
  Chart other = points();
  other.title = "Other <b>";
  other.note = "Its \"note\".";
  page.chart(bars()).choice("Which", {bars(), other});
  const std::string html = page.html(kLibrary);
  CHECK(count(html, "<canvas") == 2);
  CHECK(count(html, "<figure data-chart=\"1\">\n<figcaption>Which</figcaption>") == 1);
  CHECK(count(html, "<option value=\"1\" data-note=\"\">Latency</option>") == 1);
  CHECK(count(html, "<option value=\"2\" data-note=\"Its &quot;note&quot;.\">Other &lt;b&gt;</option>") == 1);
  CHECK(count(page.html(""), "<table") == 3);
  CHECK_THROWS_WITH_AS(page.choice("Which", {}), "choice 'Which': there is no chart to choose", dnntune::Error);
}

TEST_CASE("a page without charts carries no library") {
  Page page("Title");
  page.table({"Numbers", "", {{"a"}}, {{"x"}}});
  CHECK(count(page.html(kLibrary), "<script") == 0);
  CHECK(count(page.html(""), "libjs-chart.js") == 0);
}

TEST_CASE("series of another length than the chart are refused by name") {
  Page page("Title");
  Chart chart = bars();
  chart.series[0].values.push_back(1.0);
  CHECK_THROWS_WITH_AS(page.chart(chart), "chart 'Latency': series 'cpu:all' has 3 values where 2 are wanted", dnntune::Error);
  chart = bars();
  chart.series[0].hover = {"one"};
  CHECK_THROWS_WITH_AS(page.chart(chart), "chart 'Latency': series 'cpu:all' has 1 texts to hover where 2 are wanted", dnntune::Error);
  chart = points();
  chart.series[0].x.pop_back();
  CHECK_THROWS_WITH_AS(page.chart(chart), "chart 'Roofline': series 'layers' has 1 places on the x axis where 2 are wanted", dnntune::Error);
  CHECK(count(page.html(kLibrary), "<canvas") == 0);
}
