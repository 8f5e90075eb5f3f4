// SPDX-License-Identifier: Apache-2.0
// A `dnntune serve` in a process of its own: the cloud of the demo and of the faults.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace dnntune::demo {

class ServerProcess {
 public:
  /// Starts `command serve arguments...` and waits until it says where it listens. Throws Error(io) when
  /// it cannot be started, Error(network) when it ends first.
  ServerProcess(const std::string& command, const std::vector<std::string>& arguments);
  ~ServerProcess();  ///< Kills it.
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& url() const { return url_; }
  pid_t pid() const noexcept { return pid_; }
  /// As a crash would: no goodbye to the clients.
  void kill();
  /// Stands still, with its connections open, until `thaw`.
  void freeze() const;
  void thaw() const;

 private:
  pid_t pid_ = -1;
  std::string url_;
};

}  // namespace dnntune::demo
