// SPDX-License-Identifier: Apache-2.0
// What the command prints: tables for people, a progress line, sizes and times in plain units.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace dnntune::cli {

/// Rows of text in aligned columns. A column whose title starts with '>' is flush right. When the table
/// is wider than `width`, the widest left-flush column is cut with "..".
class Table {
 public:
  explicit Table(std::vector<std::string> titles);
  void row(std::vector<std::string> cells);
  /// A line across the table before the next row.
  void rule();
  std::string text(std::size_t width = 80) const;

 private:
  std::vector<std::string> titles_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  ///< An empty row is a rule.
};

/// One line on standard error that is rewritten in place, shown once the work has taken two seconds and
/// only on a terminal; removed at the end.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// `share` from 0 to 1; `detail` names the current item.
  void update(double share, const std::string& detail = "");

 private:
  std::string what_;
  std::chrono::steady_clock::time_point start_, last_;
  bool shown_ = false;
  bool terminal_ = false;
};

/// `line` in lines of at most `width` bytes, broken at blanks; those after the first start with `indent` blanks.
std::string wrapped(std::string line, std::size_t indent, std::size_t width = 80);

std::string bytes_text(double bytes);     ///< "1.50 MB" (1 MB = 1e6 bytes)
std::string count_text(double count);     ///< "3.86 G", "25.56 M"
std::string ms_text(double nanoseconds);  ///< "12.34"

}  // namespace dnntune::cli
