// SPDX-License-Identifier: Apache-2.0
// Host names into addresses within a deadline. The system's resolver cannot be interrupted, so it works in
// a thread; a caller whose deadline passes leaves it working and finds its answer the next time.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "split/socket.h"

namespace dnntune::split {

class Resolver {
 public:
  Resolver(std::string host, int port) : host_(std::move(host)), port_(port) {}
  /// Waits for a resolution that is under way: up to the system resolver's own timeout.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// At least one address. Throws network for a host that is not known, timeout. One caller at a time.
  std::vector<Address> addresses(DeadlineNs deadline);

 private:
  const std::string host_;
  const int port_;
  std::mutex mutex_;
  std::condition_variable done_;
  bool working_ = false, ready_ = false;
  std::vector<Address> found_;
  std::thread thread_;
};

}  // namespace dnntune::split
