// SPDX-License-Identifier: Apache-2.0
#include "faults/resources.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/resource.h>

#include <fmt/format.h>

namespace dnntune::faults {

Held held_by(pid_t pid) {
  Held held;
  const std::filesystem::path folder = fmt::format("/proc/{}", pid);
  std::ifstream status(folder / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) held.resident_mb = std::stod(line.substr(6)) * 1024e-6;
    if (line.starts_with("Threads:")) held.threads = std::stoi(line.substr(8));
  }
  std::error_code failure;
  for (auto entry = std::filesystem::directory_iterator(folder / "fd", failure); !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure))
    ++held.descriptors;
  return held;
}

FullDisk::FullDisk() {
  std::signal(SIGXFSZ, SIG_IGN);  // writing fails, instead of ending the process
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  before_ = limit.rlim_cur;
  limit.rlim_cur = 0;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}
FullDisk::~FullDisk() {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = before_;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

double unserved_s() {
  std::ifstream file("/proc/thread-self/schedstat");
  double running_ns = 0.0, unserved_ns = 0.0;
  return file >> running_ns >> unserved_ns ? unserved_ns * 1e-9 : 0.0;
}

}  // namespace dnntune::faults
