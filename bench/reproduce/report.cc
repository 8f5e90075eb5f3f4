// SPDX-License-Identifier: Apache-2.0
#include "reproduce/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/output.h"

namespace dnntune::reproduce {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::array<Cell::Verdict, 4> kVerdicts = {Cell::Verdict::agrees, Cell::Verdict::misprint, Cell::Verdict::differs,
                                                    Cell::Verdict::no_data};

std::string wrapped(const std::string& line) { return cli::wrapped(line, 0); }

std::string tally(const Section& section) {
  std::string text;
  for (const Cell::Verdict verdict : kVerdicts)
    if (const int n = section.count(verdict)) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, to_string(verdict));
  return text;
}

/// A table with lines of its own between the rows: `headings` by the row that follows them.
std::string with_headings(const std::string& table, const std::vector<std::pair<std::size_t, std::string>>& headings) {
  std::string text;
  std::size_t at = 0, heading = 0;
  for (std::size_t line = 0; at < table.size(); ++line) {
    for (; line >= 2 && heading < headings.size() && headings[heading].first == line - 2; ++heading)
      text += headings[heading].second + "\n";
    const std::size_t end = table.find('\n', at) + 1;
    text += table.substr(at, end - at);
    at = end;
  }
  return text;
}

std::string cells_text(const Section& section) {
  cli::Table table({"", ">published", ">ours", ">difference", ""});
  std::vector<std::pair<std::size_t, std::string>> headings;
  std::vector<std::string> notes;
  std::string last;
  for (std::size_t i = 0; i < section.cells.size(); ++i) {
    const Cell& cell = section.cells[i];
    std::string mark = cell.verdict == Cell::Verdict::agrees ? "" : to_string(cell.verdict);
    if (!cell.note.empty()) {
      const auto same = std::find(notes.begin(), notes.end(), cell.note);
      mark += fmt::format("{}({})", mark.empty() ? "" : " ", same - notes.begin() + 1);
      if (same == notes.end()) notes.push_back(cell.note);
    }
    if (!cell.column.empty() && cell.row != last) headings.emplace_back(i, cell.row);
    last = cell.row;
    table.row({cell.column.empty() ? cell.row : "  " + cell.column, cell.published, cell.ours, cell.difference, mark});
  }
  std::string text = with_headings(table.text(), headings);
  for (std::size_t i = 0; i < notes.size(); ++i) text += cli::wrapped(fmt::format("({}) {}", i + 1, notes[i]), 4);
  return text + wrapped(fmt::format("{} cells: {}", section.cells.size(), tally(section)));
}

std::string rows_text(const Section& section) {
  cli::Table table(section.head);
  std::vector<std::pair<std::size_t, std::string>> headings;
  std::size_t line = 0;
  for (const auto& row : section.rows) {
    if (row.size() == 1) {
      headings.emplace_back(line, row.front());
      continue;
    }
    if (row.empty())
      table.rule();
    else
      table.row(row);
    ++line;
  }
  return with_headings(table.text(), headings);
}

}  // namespace

const char* to_string(Cell::Verdict verdict) noexcept {
  switch (verdict) {
    case Cell::Verdict::agrees:
      return "agree";
    case Cell::Verdict::misprint:
      return "misprint";
    case Cell::Verdict::differs:
      return "differ";
    case Cell::Verdict::no_data:
      return "no data";
  }
  return "?";
}

Cell compare(std::string row, std::string column, double published, double ours, double tolerance, int digits,
             const std::string& misprint) {
  Cell cell{std::move(row),
            std::move(column),
            fmt::format("{:.{}f}", published, digits),
            fmt::format("{:.{}f}", ours, digits),
            fmt::format("{:+.{}f}", ours - published, digits),
            Cell::Verdict::agrees,
            ""};
  if (std::abs(ours - published) <= tolerance + 1e-9) return cell;
  cell.verdict = misprint.empty() ? Cell::Verdict::differs : Cell::Verdict::misprint;
  cell.note = misprint;
  return cell;
}

Cell compare(std::string row, std::string column, const std::string& published, const std::string& ours,
             const std::string& misprint) {
  Cell cell{std::move(row), std::move(column), published, ours, "", Cell::Verdict::agrees, ""};
  if (published == ours) return cell;
  cell.verdict = misprint.empty() ? Cell::Verdict::differs : Cell::Verdict::misprint;
  cell.note = misprint;
  return cell;
}

int Section::count(Cell::Verdict verdict) const noexcept {
  return static_cast<int>(
      std::count_if(cells.begin(), cells.end(), [&](const Cell& cell) { return cell.verdict == verdict; }));
}

int Report::count(Cell::Verdict verdict) const noexcept {
  int sum = 0;
  for (const Section& section : sections) sum += section.count(verdict);
  return sum;
}

std::string Report::text() const {
  std::string text = wrapped(title);
  for (const Section& section : sections) {
    text += fmt::format("\n{}\n{}\n", section.title, std::string(section.title.size(), '-'));
    for (const std::string& remark : section.remarks) text += wrapped(remark);
    if (!section.cells.empty()) text += "\n" + cells_text(section);
    if (!section.rows.empty()) text += "\n" + rows_text(section);
    for (const std::string& finding : section.findings) text += cli::wrapped("- " + finding, 2);
  }
  int cells = 0;
  for (const Section& section : sections) cells += static_cast<int>(section.cells.size());
  if (cells == 0) return text;
  text += fmt::format("\n{} cells:", cells);
  for (const Cell::Verdict verdict : kVerdicts)
    text += fmt::format(" {} {}{}", count(verdict), to_string(verdict), verdict == kVerdicts.back() ? "\n" : ",");
  return text;
}

std::string Report::json() const {
  Json all;
  all["schema"] = "dnntune.reproduction/1";
  all["title"] = title;
  Json counts;
  for (const Cell::Verdict verdict : kVerdicts) counts[to_string(verdict)] = count(verdict);
  all["counts"] = std::move(counts);
  Json list = Json::array();
  for (const Section& section : sections) {
    Json one;
    one["id"] = section.id;
    one["title"] = section.title;
    one["remarks"] = section.remarks;
    Json cells = Json::array();
    for (const Cell& cell : section.cells) {
      Json row = {{"row", cell.row},
                  {"column", cell.column},
                  {"published", cell.published},
                  {"ours", cell.ours},
                  {"verdict", to_string(cell.verdict)}};
      if (!cell.difference.empty()) row["difference"] = cell.difference;
      if (!cell.note.empty()) row["note"] = cell.note;
      cells.push_back(std::move(row));
    }
    one["cells"] = std::move(cells);
    Json rows = Json::array();
    std::string group;
    for (const auto& row : section.rows) {
      if (row.size() == 1) group = row.front();
      if (row.size() <= 1) continue;
      Json object;
      if (!group.empty()) object["group"] = group;
      for (std::size_t i = 0; i < row.size(); ++i)
        object[section.head[i].starts_with('>') ? section.head[i].substr(1) : section.head[i]] = row[i];
      rows.push_back(std::move(object));
    }
    one["rows"] = std::move(rows);
    one["findings"] = section.findings;
    list.push_back(std::move(one));
  }
  all["sections"] = std::move(list);
  return all.dump(2);
}

}  // namespace dnntune::reproduce
