// SPDX-License-Identifier: Apache-2.0
// Cells, tables and remarks of a reproduction, for people (80 columns) and as JSON.
#pragma once

#include <string>
#include <vector>

namespace dnntune::reproduce {

/// A published figure beside ours.
struct Cell {
  enum class Verdict { agrees, misprint, differs, no_data };

  std::string row, column;
  std::string published, ours, difference;
  Verdict verdict = Verdict::differs;
  std::string note;
};
const char* to_string(Cell::Verdict verdict) noexcept;

/// A number: agrees within `tolerance`; else it is a misprint where `misprint` says why, or differs.
Cell compare(std::string row, std::string column, double published, double ours, double tolerance, int digits,
             const std::string& misprint = "");
/// A choice: agrees when the same.
Cell compare(std::string row, std::string column, const std::string& published, const std::string& ours,
             const std::string& misprint = "");

struct Section {
  std::string id = {}, title = {};
  std::vector<std::string> remarks = {};  ///< Before the rows: what it is and how ours came about.
  std::vector<Cell> cells = {};
  std::vector<std::string> head = {};               ///< Of a plain table; ">" flush right.
  std::vector<std::vector<std::string>> rows = {};  ///< One cell alone heads the rows that follow; none is a rule.
  std::vector<std::string> findings = {};           ///< After the rows.

  int count(Cell::Verdict verdict) const noexcept;
};

struct Report {
  std::string title = {};
  std::vector<Section> sections = {};

  int count(Cell::Verdict verdict) const noexcept;
  std::string text() const;
  std::string json() const;
};

}  // namespace dnntune::reproduce
