// SPDX-License-Identifier: Apache-2.0
// The least that a request and its answer can cost: as many bytes there and back, through plain blocking sockets.
#pragma once

#include <cstddef>
#include <string>
#include <thread>

namespace dnntune::overhead_bench {

/// Owns a descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) noexcept : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();
  int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

/// A connection to that port of 127.0.0.1, without Nagle's algorithm. Throws std::system_error.
Socket connect_here(int port);
/// All of the bytes. False when the connection has ended or broken.
bool send_all(int fd, const char* data, std::size_t size);
bool receive_all(int fd, char* data, std::size_t size);

/// A thread that reads `bytes` whole and writes them back, again and again, and a client of it.
class Echo {
 public:
  explicit Echo(std::size_t bytes);
  ~Echo();
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  /// Nanoseconds from the first byte sent to the last one back.
  double exchange_ns();

 private:
  std::string bytes_;
  Socket client_, server_;
  std::thread thread_;
};

}  // namespace dnntune::overhead_bench
