// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

#include <fmt/format.h>

namespace dnntune::cli {
namespace {

constexpr auto kShowAfter = std::chrono::seconds(2);
constexpr auto kRedrawEvery = std::chrono::milliseconds(200);
constexpr std::size_t kGap = 2;

/// Columns that a UTF-8 text takes: its code points.
std::size_t columns(const std::string& text) {
  const auto starts_a_point = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_a_point));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t have = columns(text);
  if (have > width) return text.substr(0, width < 2 ? width : width - 2) + "..";
  const std::string space(width - have, ' ');
  return right ? space + text : text + space;
}

std::string scaled(double value, const char* unit) {
  static constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T"};
  int step = 0;
  while (value >= 999.5 && step < 4) {
    value /= 1000.0;
    ++step;
  }
  return step == 0 ? fmt::format("{:.0f} {}", value, unit) : fmt::format("{:.2f} {}{}", value, kPrefixes[step], unit);
}

}  // namespace

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {
  for (std::string& title : titles_) {
    right_.push_back(title.starts_with('>'));
    if (right_.back()) title.erase(0, 1);
  }
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(titles_.size());
  rows_.push_back(std::move(cells));
}

void Table::rule() { rows_.emplace_back(); }

std::string Table::text(std::size_t width) const {
  std::vector<std::size_t> widths;
  for (const std::string& title : titles_) widths.push_back(columns(title));
  for (const auto& cells : rows_)
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], columns(cells[i]));

  std::size_t total = kGap * (widths.size() - 1);
  for (const std::size_t w : widths) total += w;
  while (total > width) {
    std::size_t widest = titles_.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (!right_[i] && widths[i] > 8 && (widest == titles_.size() || widths[i] > widths[widest])) widest = i;
    if (widest == titles_.size()) break;
    --widths[widest];
    --total;
  }

  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) text += (i > 0 ? std::string(kGap, ' ') : "") + padded(cells[i], widths[i], right_[i]);
    while (text.ends_with(' ')) text.pop_back();
    out += text + '\n';
  };
  line(titles_);
  out += std::string(total, '-') + '\n';
  for (const auto& cells : rows_) {
    if (cells.empty()) out += std::string(total, '-') + '\n';
    else line(cells);
  }
  return out;
}

Progress::Progress(std::string what)
    : what_(std::move(what)), start_(std::chrono::steady_clock::now()), last_(start_), terminal_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::update(double share, const std::string& detail) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - start_ < kShowAfter || now - last_ < kRedrawEvery) return;
  last_ = now;
  shown_ = true;
  const std::string text = fmt::format("{} {:3.0f} % {}", what_, 100.0 * std::clamp(share, 0.0, 1.0), detail);
  fmt::print(stderr, "\r\033[K{}", text.substr(0, 78));
  std::fflush(stderr);
}

std::string wrapped(std::string line, std::size_t indent, std::size_t width) {
  std::string text;
  while (line.size() > width) {
    const std::size_t space = line.rfind(' ', width);
    if (space == std::string::npos || space <= indent) break;
    text += line.substr(0, space) + '\n';
    line = std::string(indent, ' ') + line.substr(space + 1);
  }
  return text + line + '\n';
}

std::string bytes_text(double bytes) { return scaled(bytes, "B"); }

std::string count_text(double count) {
  std::string text = scaled(count, "");
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

std::string ms_text(double nanoseconds) {
  const double ms = nanoseconds / 1e6;
  return ms < 10 ? fmt::format("{:.3f}", ms) : ms < 1000 ? fmt::format("{:.2f}", ms) : fmt::format("{:.0f}", ms);
}

}  // namespace dnntune::cli
