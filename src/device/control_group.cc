// SPDX-License-Identifier: Apache-2.0
#include "device/control_group.h"

#include <charconv>
#include <optional>
#include <string>

#include "device/system_files.h"

namespace dnntune::device {
namespace {

constexpr const char* kMount = "/sys/fs/cgroup";
// Version 1 says "no limit" by the largest multiple of the page size.
constexpr std::int64_t kNoMemoryLimit = std::int64_t{1} << 52;

/// `value` into `least`, where 0 stands for no limit.
template <typename T>
void lower(T& least, T value) {
  if (value > T{} && (least == T{} || value < least)) least = value;
}

std::int64_t bytes_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value < static_cast<std::uint64_t>(kNoMemoryLimit) ? static_cast<std::int64_t>(value) : 0;
}

/// Calls `visit` with the folder of a group and of those above it, up to the mount.
template <typename Visit>
void for_each_above(const std::string& mount, std::string group, Visit&& visit) {
  if (group.find("..") != std::string::npos) group.clear();  // of a group that a container cannot see
  while (true) {
    while (group.ends_with('/')) group.pop_back();
    visit(mount + group + '/');
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) return;
    group.resize(slash);
  }
}

bool has_controller(std::string_view list, std::string_view name) {
  return (',' + std::string(list) + ',').find(',' + std::string(name) + ',') != std::string::npos;
}

void read_version_2(SystemFiles& files, const std::string& group, ControlGroup& limits) {
  for (const char* mount : {"", "/unified"})
    for_each_above(std::string(kMount) + mount, group, [&](const std::string& folder) {
      lower(limits.cores, quota_in_cores(files.line(folder + "cpu.max").value_or("")));
      lower(limits.memory_bytes, bytes_of(files.line(folder + "memory.max").value_or("")));
    });
}

void read_version_1(SystemFiles& files, const std::string& controllers, const std::string& group, ControlGroup& limits) {
  const std::string mount = std::string(kMount) + '/' + controllers;
  if (has_controller(controllers, "cpu"))
    for_each_above(mount, group, [&](const std::string& folder) {
      const std::string quota = files.line(folder + "cpu.cfs_quota_us").value_or("");
      if (!quota.empty()) lower(limits.cores, quota_in_cores(quota + ' ' + files.line(folder + "cpu.cfs_period_us").value_or("")));
    });
  if (has_controller(controllers, "memory"))
    for_each_above(mount, group, [&](const std::string& folder) {
      lower(limits.memory_bytes, bytes_of(files.line(folder + "memory.limit_in_bytes").value_or("")));
    });
}

}  // namespace

double quota_in_cores(std::string_view cpu_max) {
  const std::size_t blank = cpu_max.find(' ');
  if (blank == std::string_view::npos) return 0.0;
  const auto number = [](std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value > 0 ? static_cast<double>(value) : 0.0;
  };
  const double quota = number(cpu_max.substr(0, blank)), period = number(cpu_max.substr(blank + 1));
  return period > 0.0 ? quota / period : 0.0;
}

ControlGroup read_control_group(SystemFiles& files) {
  ControlGroup limits;
  std::string text = files.text("/proc/self/cgroup").value_or("0::/");
  text += '\n';
  // Lines of "number:controllers:group".
  for (std::size_t start = 0, end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    const std::string line = text.substr(start, end - start);
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (!group.starts_with('/') || line.size() > 4096 || controllers.find('/') != std::string::npos) continue;
    if (controllers.empty()) read_version_2(files, group, limits);
    else read_version_1(files, controllers, group, limits);
  }
  return limits;
}

}  // namespace dnntune::device
