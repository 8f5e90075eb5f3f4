// SPDX-License-Identifier: Apache-2.0
// Reads the kernel's small files below any root, so that a recorded tree stands in for a machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dnntune::device {

/// "/proc" and "/sys" below a root folder. Nothing here throws for what a file is or holds: a file that is not
/// there has no value; one that is there and cannot be read, or holds something else, has none either and is
/// noted, the first few by name. Not for several threads at once.
class SystemFiles {
 public:
  /// `root` is "/" for this machine. `notes` must outlive the object.
  SystemFiles(std::filesystem::path root, std::vector<std::string>& notes) : root_(std::move(root)), notes_(notes) {}
  /// Notes how many more files could not be read than were named.
  ~SystemFiles();
  SystemFiles(const SystemFiles&) = delete;
  SystemFiles& operator=(const SystemFiles&) = delete;

  /// The file's bytes, at most 1 MiB of them, with NULs and blanks at the end removed.
  std::optional<std::string> text(std::string_view path);
  /// The first line.
  std::optional<std::string> line(std::string_view path);
  /// An integer of 0 to 2^53, decimal or, after "0x", hexadecimal. Empty files have none and are no error.
  std::optional<std::int64_t> number(std::string_view path);
  /// A core list, "0,2-3" or "0 2 3", ascending.
  std::optional<std::vector<int>> core_list(std::string_view path);
  /// Notes that the file holds something else than was expected.
  void unexpected(std::string_view path, std::string_view content);

 private:
  void problem(std::string note);

  std::filesystem::path root_;
  std::vector<std::string>& notes_;
  int problems_ = 0;
};

}  // namespace dnntune::device
