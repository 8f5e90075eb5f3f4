// SPDX-License-Identifier: Apache-2.0
// Many descriptors watched by many threads, through epoll: whoever is free hears the next one that has something to say.
#pragma once

#include <cstdint>
#include <optional>

#include "split/socket.h"

namespace dnntune::split {

/// Thread-safe. A descriptor that is closed is forgotten.
class Poller {
 public:
  using Name = std::uint64_t;

  /// Throws io.
  Poller();
  /// From now on `fd` is heard once, by one thread: it has bytes, has ended, or has a connection to accept. Then not until it is armed again.
  /// Throws io.
  void add(int fd, Name name);
  /// What it has to say already counts too.
  void arm(int fd, Name name) noexcept;
  /// As long as `fd` is readable, all threads hear it at once. Throws io.
  void add_for_all(int fd, Name name);
  /// The next that is heard; nothing when the time has come. Of several threads that wait the one that came last hears it: its memory is in the caches.
  std::optional<Name> wait(DeadlineNs until) const noexcept;

 private:
  void control(int operation, int fd, std::uint32_t events, Name name) const;
  Descriptor epoll_;
};

}  // namespace dnntune::split
