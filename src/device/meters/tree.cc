// SPDX-License-Identifier: Apache-2.0
#include "device/meters/tree.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <locale>
#include <sstream>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "dnntune/error.h"

namespace dnntune::device {
namespace {

constexpr std::size_t kMostFileBytes = 65536;
/// What is shown of a text that is no number.
constexpr std::size_t kShownFileColumns = 40;

/// 0 or errno. Never blocks: what was put in the place of a kernel's file may be a pipe.
int read_file(const std::filesystem::path& path, std::string& text) {
  text.clear();
  const int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return errno;
  int error = 0;
  char buffer[4096];
  while (text.size() < kMostFileBytes) {
    const ssize_t got = ::read(file, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  close(file);
  return error;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks(" \t\r\n\0", 5);
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Digits within names count as numbers: "hwmon2" comes before "hwmon10".
bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      std::size_t ie = i, je = j;
      while (ie < a.size() && digit(a[ie])) ++ie;
      while (je < b.size() && digit(b[je])) ++je;
      if (ie - i != je - j) return ie - i < je - j;
      if (const int order = a.compare(i, ie - i, b, j, je - j); order != 0) return order < 0;
      i = ie, j = je;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  text = trimmed(text);
  std::istringstream stream{std::string(text)};
  stream.imbue(std::locale::classic());  // "0.5" is a half whatever the user's language
  double value = 0.0;
  if (!(stream >> value) || stream.peek() != std::istringstream::traits_type::eof() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::vector<std::string> Tree::list(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(root_ / folder, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

bool Tree::exists(const std::string& path) const {
  std::error_code error;
  return std::filesystem::exists(root_ / path, error);
}

int Tree::read_error(const std::string& path) const {
  std::string text;
  return read_file(root_ / path, text);
}

std::string Tree::text(const std::string& path) const {
  std::string text;
  if (const int error = read_file(root_ / path, text); error != 0)
    throw Error(ErrorCode::io, fmt::format("cannot read '{}': {}", shown(path), std::strerror(error)));
  return std::string(trimmed(text));
}

std::string Tree::text_or_empty(const std::string& path) const {
  std::string text;
  return read_file(root_ / path, text) == 0 ? std::string(trimmed(text)) : std::string();
}

double Tree::number(const std::string& path) const {
  const std::string read = text(path);
  const std::optional<double> value = parse_number(read);
  if (!value)
    throw Error(ErrorCode::io, fmt::format("'{}' has no number but '{}'", shown(path), base::shortened(base::printable(read), kShownFileColumns)));
  return *value;
}

std::optional<double> Tree::number_if_any(const std::string& path) const {
  std::string text;
  return read_file(root_ / path, text) == 0 ? parse_number(text) : std::nullopt;
}

}  // namespace dnntune::device
