// SPDX-License-Identifier: Apache-2.0
// TCP sockets that never block for longer than a deadline. All descriptors here are non-blocking.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "split/deadline.h"

namespace dnntune::split {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept;

 private:
  int fd_ = -1;
};

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

/// The addresses of `host`. Empty when there are none. With `numeric_only` never asks a name server, else
/// it may block for as long as the system's resolver does.
std::vector<Address> resolve(const std::string& host, int port, bool numeric_only);

/// 127.0.0.0/8 and ::1.
bool is_loopback(const Address& address);

/// Waits until one of the poll events is there; false when the time has come.
bool wait_for(int fd, short events, const Until& until);
/// Bytes that were written and that the peer's system has not taken yet.
std::uint64_t untaken_bytes(int fd) noexcept;
/// True when a read would return at once: bytes, the end, or an error.
bool readable_now(int fd);

/// A connection, or throws network or timeout.
Descriptor connect_tcp(const Address& address, DeadlineNs deadline);
/// Connects without waiting: the descriptor becomes writable when it has, or an error. Empty when it failed at once.
Descriptor begin_connect(const Address& address);
/// Listens; `port` 0 takes any free one and receives it. Throws io.
Descriptor listen_tcp(const std::string& host, int& port);
/// The next waiting connection, or an empty descriptor.
Descriptor accept_tcp(int listener);

/// The peer's address without its port; "" when it has none.
std::string peer_address(int fd);

/// Closing will tell the peer at once that the connection is gone, dropping what is on its way.
void reset_on_close(int fd);

/// Wakes a thread that polls `fd()`, from any thread.
class Wakeup {
 public:
  Wakeup();
  int fd() const noexcept { return read_end_.get(); }
  void wake() noexcept;
  void clear() noexcept;

 private:
  Descriptor read_end_, write_end_;
};

}  // namespace dnntune::split
