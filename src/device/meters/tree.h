// SPDX-License-Identifier: Apache-2.0
// The small files in which a kernel publishes figures, below a root that tests and containers choose. What is in
// them is not trusted: a number is a number or an error that names the file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dnntune::device {

class Tree {
 public:
  explicit Tree(std::filesystem::path root) : root_(std::move(root)) {}

  /// Names in a folder, "hwmon2" before "hwmon10"; none when it cannot be read.
  std::vector<std::string> list(const std::string& folder) const;
  bool exists(const std::string& path) const;
  /// 0, or the errno with which reading the file ends.
  int read_error(const std::string& path) const;

  /// The text of a file (at most 64 KiB) without blanks around it. Throws Error io naming the file.
  std::string text(const std::string& path) const;
  /// The same; "" when it cannot be read.
  std::string text_or_empty(const std::string& path) const;
  /// A file that has one finite number and nothing else. Throws Error io naming the file and its text.
  double number(const std::string& path) const;
  /// The same; nothing when it cannot be read or is no number.
  std::optional<double> number_if_any(const std::string& path) const;

  /// The path as the user knows it, for messages.
  std::string shown(const std::string& path) const { return (root_ / path).string(); }

 private:
  std::filesystem::path root_;
};

/// `text` as one finite number; nothing when it is anything else.
std::optional<double> parse_number(std::string_view text);

}  // namespace dnntune::device
