// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <cmath>
#include <span>

#include <dnntune/error.h>
#include <fmt/format.h>

#include "report/chart_library.h"
#include "report/text.h"

namespace dnntune::report {
namespace {

// The page may run what is in it and load nothing: a mistake here cannot make it call home.
constexpr std::string_view kPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

// A script that fails says so in the page, and in an attribute that tests read.
constexpr std::string_view kErrorScript =
    "addEventListener('error', function (event) {\n"
    "  const page = document.documentElement;\n"
    "  page.dataset.errors = (page.dataset.errors || '') + event.message + '\\n';\n"
    "  const line = document.createElement('p');\n"
    "  line.className = 'missing';\n"
    "  line.textContent = 'A chart cannot be drawn: ' + event.message;\n"
    "  document.body.appendChild(line);\n"
    "});";

void check_count(const Chart& chart, const Series& series, const char* what, std::size_t have, std::size_t want) {
  if (have == want) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("chart '{}': series '{}' has {} {} where {} are wanted", chart.title, series.name, have, what, want));
}

std::string note_html(const std::string& note) { return note.empty() ? "" : fmt::format("<p class=\"note\">{}</p>\n", escaped(note)); }

std::string table_html(const Table& table) {
  std::string html = fmt::format("<section>\n<h3>{}</h3>\n{}<div class=\"wide\"><table>\n<thead><tr>", escaped(table.title), note_html(table.note));
  for (const Column& column : table.columns) html += fmt::format("<th{}>{}</th>", column.number ? " class=\"number\"" : "", escaped(column.title));
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : table.rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      html += fmt::format("<td{}>{}</td>", table.columns[i].number ? " class=\"number\"" : "", i < row.size() ? escaped(row[i]) : "");
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table></div>\n</section>\n";
}

std::string shown(const Series& series, std::size_t i) {
  if (i >= series.values.size() || !std::isfinite(series.values[i])) return "";
  if (!series.hover.empty()) return series.hover[i];
  return series.from.empty() ? fmt::format("{:.4g}", series.values[i]) : fmt::format("{:.4g} to {:.4g}", series.from[i], series.values[i]);
}

/// What a chart would draw, where no library draws it.
Table numbers_of(const Chart& chart) {
  Table table;
  table.title = chart.title;
  table.note = chart.note;
  if (!chart.categories.empty()) {
    table.columns = {{chart.x_title}};
    for (const Series& series : chart.series) table.columns.push_back({series.name, true});
    for (std::size_t i = 0; i < chart.categories.size(); ++i) {
      std::vector<std::string> row = {chart.categories[i]};
      for (const Series& series : chart.series) row.push_back(shown(series, i));
      table.rows.push_back(std::move(row));
    }
    return table;
  }
  table.columns = {{""}, {chart.x_title, true}, {chart.value_title, true}};
  for (const Series& series : chart.series)
    for (std::size_t i = 0; i < series.values.size(); ++i) table.rows.push_back({series.name, fmt::format("{:.4g}", series.x[i]), shown(series, i)});
  return table;
}

std::string chart_html(const Chart& chart, std::size_t index) {
  return fmt::format("<figure data-chart=\"{}\">\n<figcaption>{}</figcaption>\n{}<div class=\"plot\"><canvas role=\"img\" aria-label=\"{}\"></canvas></div>\n</figure>\n",
                     index, escaped(chart.title), note_html(chart.note), escaped(chart.title));
}

std::string choice_html(const std::string& title, std::span<const Chart> charts, std::size_t first) {
  std::string options;
  for (std::size_t i = 0; i < charts.size(); ++i)
    options += fmt::format("<option value=\"{}\" data-note=\"{}\">{}</option>\n", first + i, escaped(charts[i].note), escaped(charts[i].title));
  return fmt::format("<figure data-chart=\"{}\">\n<figcaption>{}</figcaption>\n<select aria-label=\"{}\" autocomplete=\"off\">\n{}</select>\n<p class=\"note\">{}</p>\n"
                     "<div class=\"plot\"><canvas role=\"img\" aria-label=\"{}\"></canvas></div>\n</figure>\n",
                     first, escaped(title), escaped(title), options, escaped(charts.front().note), escaped(charts.front().title));
}

}  // namespace

Page::Page(std::string title) : title_(std::move(title)) {}

Page& Page::fact(std::string name, std::string text) {
  facts_.emplace_back(std::move(name), std::move(text));
  return *this;
}

Page& Page::heading(std::string text) {
  parts_.push_back({Kind::heading, std::move(text)});
  return *this;
}

Page& Page::paragraph(std::string text) {
  parts_.push_back({Kind::paragraph, std::move(text)});
  return *this;
}

Page& Page::table(Table table) {
  parts_.push_back({Kind::table, "", tables_.size()});
  tables_.push_back(std::move(table));
  return *this;
}

void Page::add(Chart chart) {
  const bool points = chart.kind == ChartKind::lines || chart.kind == ChartKind::scatter;
  for (const Series& series : chart.series) {
    if (points) check_count(chart, series, "places on the x axis", series.x.size(), series.values.size());
    else check_count(chart, series, "values", series.values.size(), chart.categories.size());
    if (chart.kind == ChartKind::spans) check_count(chart, series, "begins", series.from.size(), series.values.size());
    if (!series.hover.empty()) check_count(chart, series, "texts to hover", series.hover.size(), series.values.size());
  }
  charts_.push_back(std::move(chart));
}

Page& Page::chart(Chart chart) {
  add(std::move(chart));
  parts_.push_back({Kind::chart, "", charts_.size() - 1});
  return *this;
}

Page& Page::choice(std::string title, std::vector<Chart> charts) {
  if (charts.empty()) throw Error(ErrorCode::invalid_argument, fmt::format("choice '{}': there is no chart to choose", title));
  const std::size_t first = charts_.size();
  for (Chart& chart : charts) add(std::move(chart));
  parts_.push_back({Kind::choice, std::move(title), first, charts.size()});
  return *this;
}

std::string Page::html() const { return html(chart_library()); }

std::string Page::html(std::string_view library) const {
  const bool draws = !library.empty() && !charts_.empty();
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<h1>{}</h1>\n",
      kPolicy, escaped(title_), page_style(), escaped(title_));
  if (!facts_.empty()) {
    html += "<dl>\n";
    for (const auto& [name, text] : facts_) html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(text));
    html += "</dl>\n";
  }
  if (library.empty() && !charts_.empty())
    html += "<p class=\"missing\">The program that wrote this page was built without the chart library (Debian and Ubuntu: "
            "libjs-chart.js). Charts are tables of their numbers.</p>\n";
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Kind::heading: html += fmt::format("<h2>{}</h2>\n", escaped(part.text)); break;
      case Kind::paragraph: html += fmt::format("<p>{}</p>\n", escaped(part.text)); break;
      case Kind::table: html += table_html(tables_[part.index]); break;
      case Kind::chart: html += draws ? chart_html(charts_[part.index], part.index) : table_html(numbers_of(charts_[part.index])); break;
      case Kind::choice: {
        const std::span<const Chart> charts = std::span(charts_).subspan(part.index, part.count);
        if (draws) html += choice_html(part.text, charts, part.index);
        else for (const Chart& chart : charts) html += table_html(numbers_of(chart));
        break;
      }
    }
  }
  if (draws) {
    html += fmt::format("<footer>Charts by Chart.js, MIT licence, included in this file.</footer>\n<script>\n{}\n</script>\n", kErrorScript);
    html += fmt::format("<script type=\"application/json\" id=\"data\">{}</script>\n", charts_json(charts_));
    html += fmt::format("<script>\n/*\n{}*/\n", chart_library_licence());
    html += library;
    html += fmt::format("\n</script>\n<script>\n{}</script>\n", page_script());
  }
  return html + "</body>\n</html>\n";
}

}  // namespace dnntune::report
