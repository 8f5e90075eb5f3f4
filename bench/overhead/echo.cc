// SPDX-License-Identifier: Apache-2.0
#include "overhead/echo.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dnntune::overhead_bench {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Socket connect_here(int port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (socket.get() < 0 || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
  no_delay(socket.get());
  return socket;
}

bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool receive_all(int fd, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::recv(fd, data, size, 0);
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

Echo::Echo(std::size_t bytes) : bytes_(bytes, 'e') {
  const Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (listener.get() < 0 || ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    fail("cannot listen");
  client_ = connect_here(ntohs(address.sin_port));
  server_ = Socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (server_.get() < 0) fail("cannot accept");
  no_delay(server_.get());
  thread_ = std::thread([fd = server_.get(), bytes] {
    std::string buffer(bytes, '\0');
    while (receive_all(fd, buffer.data(), buffer.size()) && send_all(fd, buffer.data(), buffer.size())) {
    }
  });
}

Echo::~Echo() {
  ::shutdown(client_.get(), SHUT_RDWR);
  thread_.join();
}

double Echo::exchange_ns() {
  const auto start = std::chrono::steady_clock::now();
  if (!send_all(client_.get(), bytes_.data(), bytes_.size()) || !receive_all(client_.get(), bytes_.data(), bytes_.size())) fail("the echo has ended");
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace dnntune::overhead_bench
