// SPDX-License-Identifier: Apache-2.0
#include "device/system_files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/cores.h"
#include "base/text.h"

namespace dnntune::device {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20;
constexpr std::int64_t kMostNumber = std::int64_t{1} << 53;
constexpr int kMostProblems = 8;
constexpr std::size_t kShownColumns = 32;

/// Reads up to kMostBytes; the result is 0 or an error number. Sizes are not asked for: the kernel's files have none.
int read_some(int file, std::string& bytes) {
  char buffer[4096];
  while (bytes.size() < kMostBytes) {
    const ssize_t got = ::read(file, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
  return 0;
}

}  // namespace

SystemFiles::~SystemFiles() {
  if (problems_ > kMostProblems) notes_.push_back(fmt::format("{} more files of the system could not be read", problems_ - kMostProblems));
}

void SystemFiles::problem(std::string note) {
  if (++problems_ <= kMostProblems) notes_.push_back(std::move(note));
}

void SystemFiles::unexpected(std::string_view path, std::string_view content) {
  problem(fmt::format("{} holds '{}', which is not what it should", path, base::shortened(base::printable(content.substr(0, 4 * kShownColumns)), kShownColumns)));
}

std::optional<std::string> SystemFiles::text(std::string_view path) {
  const std::string full = (root_ / path.substr(path.starts_with('/') ? 1 : 0)).string();
  const int file = ::open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);  // a FIFO must not block
  std::string bytes;
  int error = file < 0 ? errno : 0;
  if (file >= 0) {
    struct stat info {};
    if (::fstat(file, &info) != 0) error = errno;
    else if (!S_ISREG(info.st_mode)) error = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    else error = read_some(file, bytes);
    ::close(file);
  }
  // Cores that are offline answer ENXIO or ENODEV, files of drivers without a value the like.
  const bool absent = error == ENOENT || error == ENOTDIR || error == ENXIO || error == ENODEV || error == EOPNOTSUPP;
  if (error != 0 && !absent) problem(fmt::format("{} cannot be read: {}", path, std::strerror(error)));
  if (error != 0) return std::nullopt;
  const std::size_t last = bytes.find_last_not_of(std::string_view("\0 \t\r\n", 5));
  bytes.resize(last == std::string::npos ? 0 : last + 1);
  return bytes;
}

std::optional<std::string> SystemFiles::line(std::string_view path) {
  std::optional<std::string> all = text(path);
  if (all) all->resize(std::min(all->find('\n'), all->size()));
  return all;
}

std::optional<std::int64_t> SystemFiles::number(std::string_view path) {
  const std::optional<std::string> found = text(path);
  if (!found || found->empty()) return std::nullopt;
  const bool hex = found->starts_with("0x");
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(found->data() + (hex ? 2 : 0), found->data() + found->size(), value, hex ? 16 : 10);
  if (error == std::errc{} && end == found->data() + found->size() && value >= 0 && value <= kMostNumber) return value;
  unexpected(path, *found);
  return std::nullopt;
}

std::optional<std::vector<int>> SystemFiles::core_list(std::string_view path) {
  const std::optional<std::string> found = text(path);
  if (!found) return std::nullopt;
  std::string list = *found;
  std::replace(list.begin(), list.end(), ' ', ',');  // cpufreq writes "0 1 2"
  std::optional<std::vector<int>> cores = base::parse_core_list(list);
  if (!cores) unexpected(path, *found);
  else std::sort(cores->begin(), cores->end());
  return cores;
}

}  // namespace dnntune::device
