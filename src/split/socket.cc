// SPDX-License-Identifier: Apache-2.0
#include "split/socket.h"

#include <cerrno>
#include <climits>
#include <cstring>

#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::split {
namespace {

constexpr int kBacklog = 512;

/// A request or an answer is complete when it is written: waiting for more only adds delay.
void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int port_of(const Address& address) {
  if (address.bytes.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address.bytes).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address.bytes).sin_port);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int Descriptor::release() noexcept {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

std::vector<Address> resolve(const std::string& host, int port, bool numeric_only) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (numeric_only ? AI_NUMERICHOST : 0);
  std::vector<Address> addresses;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    Address address;
    std::memcpy(&address.bytes, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

bool is_loopback(const Address& address) {
  if (address.bytes.ss_family == AF_INET) return (ntohl(reinterpret_cast<const sockaddr_in&>(address.bytes).sin_addr.s_addr) >> 24) == 127;
  return address.bytes.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address.bytes).sin6_addr);
}

bool wait_for(int fd, short events, const Until& until) {
  for (;;) {
    const std::int64_t left_ns = until() - base::now_ns();
    if (left_ns <= 0) return false;
    // Rounded up: poll must not return a moment before the deadline and spin.
    const auto left_ms = std::min<std::int64_t>((left_ns + 999'999) / 1'000'000, INT_MAX);
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left_ms));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // the read or write that follows says what is wrong
  }
}

std::uint64_t untaken_bytes(int fd) noexcept {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

bool readable_now(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) != 0;
}

Descriptor begin_connect(const Address& address) {
  Descriptor socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return socket;
  no_delay(socket.get());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0 && errno != EINPROGRESS) return {};
  return socket;
}

Descriptor connect_tcp(const Address& address, DeadlineNs deadline) {
  const auto fail = [](int number) { return Error(ErrorCode::network, fmt::format("cannot connect: {}", std::strerror(number))); };
  Descriptor socket = begin_connect(address);
  if (!socket) throw fail(errno);
  if (!wait_for(socket.get(), POLLOUT, deadline)) throw Error(ErrorCode::timeout, "no connection in time");
  int problem = 0;
  socklen_t size = sizeof problem;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
  if (problem != 0) throw fail(problem);
  return socket;
}

Descriptor listen_tcp(const std::string& host, int& port) {
  const auto fail = [&](const char* problem) { return Error(ErrorCode::io, fmt::format("cannot listen on {} port {}: {}", host, port, problem)); };
  const std::vector<Address> addresses = resolve(host, port, false);
  if (addresses.empty()) throw fail("the host is not known");
  int problem = 0;
  for (const Address& address : addresses) {
    Descriptor socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    Address bound = address;
    if (socket && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0 && ::listen(socket.get(), kBacklog) == 0 &&
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound.bytes), &bound.size) == 0) {
      port = port_of(bound);
      return socket;
    }
    problem = errno;
  }
  throw fail(std::strerror(problem));
}

Descriptor accept_tcp(int listener) {
  Descriptor socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket) no_delay(socket.get());
  return socket;
}

std::string peer_address(int fd) {
  Address address;
  address.size = sizeof address.bytes;
  char text[NI_MAXHOST];
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address.bytes), &address.size) != 0) return "";
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address.bytes), address.size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return "";
  return text;
}

void reset_on_close(int fd) {
  const linger reset{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

Wakeup::Wakeup() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw Error(ErrorCode::io, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  read_end_ = Descriptor(ends[0]);
  write_end_ = Descriptor(ends[1]);
}

void Wakeup::wake() noexcept {
  const char byte = 0;
  // A full pipe wakes just as well.
  [[maybe_unused]] const ssize_t written = ::write(write_end_.get(), &byte, 1);
}

void Wakeup::clear() noexcept {
  char bytes[64];
  while (::read(read_end_.get(), bytes, sizeof bytes) > 0) {
  }
}

}  // namespace dnntune::split
