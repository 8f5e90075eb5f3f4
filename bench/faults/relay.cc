// SPDX-License-Identifier: Apache-2.0
#include "faults/relay.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::faults {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

/// Owns a socket; all are non-blocking once they are connected.
class Socket {
 public:
  explicit Socket(int fd = -1) noexcept : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset_on_close() const noexcept {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  int fd_;
};

void send_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// Loopback answers at once, so connecting may block.
Socket connected_to(int port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (!socket || ::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return Socket();
  ::fcntl(socket.fd(), F_SETFL, O_NONBLOCK);
  send_at_once(socket.fd());
  return socket;
}

/// How long the HTTP message at the front of `text` is; 0 while it is not complete.
std::size_t message_bytes(std::string_view text) {
  static constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::size_t body = 0;
  if (const std::size_t at = text.substr(0, head).find(kLength); at != std::string_view::npos)
    std::from_chars(text.data() + at + kLength.size(), text.data() + head, body);
  const std::size_t whole = head + 4 + body;
  return text.size() >= whole ? whole : 0;
}

/// What has come one way and has not been passed on.
struct HeldBytes {
  std::string bytes;
  Clock::time_point since;
  bool ended = false, end_passed = false, blocked = false;
};

struct Connection {
  Socket client, server;
  HeldBytes held[2];
  bool dead = false;
  bool answering = true;    ///< Bytes of an answer were the last to pass: those that come up next begin a request.
  bool is_inference = false;

  const Socket& from(Way way) const { return way == Way::up ? client : server; }
  const Socket& to(Way way) const { return way == Way::up ? server : client; }
};

constexpr Way kWays[] = {Way::up, Way::down};
constexpr std::size_t index(Way way) { return static_cast<std::size_t>(way); }

}  // namespace

struct Relay::Impl {
  explicit Impl(int target_port) : target(target_port), listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (!listener || ::bind(listener.fd(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener.fd(), SOMAXCONN) != 0 ||
        ::getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0 || ::pipe2(wake_ends, O_CLOEXEC | O_NONBLOCK) != 0)
      throw Error(ErrorCode::io, fmt::format("relay: cannot listen: {}", std::strerror(errno)));
    port = ntohs(address.sin_port);
    mover = std::thread([this] { move_all(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake();
    mover.join();
    for (const int end : wake_ends) ::close(end);
  }

  void wake() const {
    [[maybe_unused]] const ssize_t full_is_fine = ::write(wake_ends[1], "", 1);
  }

  void begin(Spoil next) {
    const std::lock_guard lock(mutex);
    spoil = std::move(next);
    passed[0] = passed[1] = 0;
    using Kind = Spoil::Kind;
    if (spoil.kind == Kind::refuse || spoil.kind == Kind::ignore || spoil.kind == Kind::renew) kill_all();
    wake();
  }

  void end() {
    const std::lock_guard lock(mutex);
    if ((spoil.kind == Spoil::Kind::stall && !spoil.resume) || spoil.kind == Spoil::Kind::trickle || spoil.kind == Spoil::Kind::ignore) kill_all();
    spoil = {};
    wake();
  }

  // With the mutex held from here on.

  void kill_all() {
    for (Connection& connection : connections) kill(connection);
  }
  /// The mover, which may be polling its descriptors, drops it.
  static void kill(Connection& connection) {
    connection.dead = true;
    for (const Socket* socket : {&connection.client, &connection.server}) {
      if (!*socket) continue;
      socket->reset_on_close();
      ::shutdown(socket->fd(), SHUT_RDWR);
    }
  }

  /// How much of what is held may pass now.
  std::size_t allowed(Connection& connection, Way way) {
    HeldBytes& held = connection.held[index(way)];
    const bool here = way == spoil.way;
    const std::size_t left = spoil.after_bytes > passed[index(way)] ? spoil.after_bytes - passed[index(way)] : 0;
    switch (spoil.kind) {
      case Spoil::Kind::reset:
      case Spoil::Kind::close:
      case Spoil::Kind::stall:
        if (here) return std::min(left, held.bytes.size());
        break;
      case Spoil::Kind::trickle:
        if (!here) break;
        if (held.bytes.size() > left && left == 0) {
          const bool due = Clock::now() - held.since >= std::chrono::milliseconds(1);
          if (due) held.since = Clock::now();
          return due ? 1 : 0;
        }
        return std::min(left, held.bytes.size());
      case Spoil::Kind::slow:
        if (way == Way::down && Clock::now() - held.since < std::chrono::duration<double>(spoil.delay_s)) return 0;
        break;
      case Spoil::Kind::lie:
        if (way == Way::down && connection.is_inference) return lied(connection, held);
        break;
      default: break;
    }
    return held.bytes.size();
  }

  /// Once the answer is complete it is changed, and ends the connection.
  std::size_t lied(Connection& connection, HeldBytes& held) {
    const std::size_t whole = message_bytes(held.bytes);
    if (whole == 0) return 0;
    held.bytes = spoil.lie(held.bytes.substr(0, whole));
    held.ended = true;
    connection.is_inference = false;
    return held.bytes.size();
  }

  void note_request(Connection& connection, Way way, std::string_view bytes) {
    if (way == Way::down) {
      connection.answering = true;
    } else if (std::exchange(connection.answering, false)) {
      const std::string_view line = bytes.substr(0, bytes.find('\r'));
      connection.is_inference = line.starts_with("POST ") && line.find("/infer ") != std::string_view::npos;
    }
  }

  void pass(Connection& connection, Way way) {
    HeldBytes& held = connection.held[index(way)];
    const int to = connection.to(way).fd();
    const std::size_t count = allowed(connection, way);
    held.blocked = false;
    if (count > 0 && to >= 0) {
      const ssize_t sent = ::send(to, held.bytes.data(), count, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return kill(connection);
      held.blocked = sent < static_cast<ssize_t>(count);
      if (sent > 0) {
        passed[index(way)] += static_cast<std::size_t>(sent);
        held.bytes.erase(0, static_cast<std::size_t>(sent));
      }
    }
    const bool cuts = spoil.kind == Spoil::Kind::reset || spoil.kind == Spoil::Kind::close;
    if (cuts && way == spoil.way && passed[index(way)] >= spoil.after_bytes && !held.bytes.empty()) return cut(connection);
    if (held.ended && held.bytes.empty() && !held.end_passed && to >= 0) {
      held.end_passed = true;
      ::shutdown(to, SHUT_WR);
    }
  }

  void cut(Connection& connection) const {
    if (spoil.kind == Spoil::Kind::reset) return kill(connection);
    connection.dead = true;  // closed by the mover, in order
  }

  void take(Connection& connection, Way way) {
    char bytes[16 << 10];
    const ssize_t n = ::recv(connection.from(way).fd(), bytes, sizeof bytes, MSG_DONTWAIT);
    HeldBytes& held = connection.held[index(way)];
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) kill(connection);
    } else if (n == 0) {
      held.ended = true;
    } else if (!held.ended) {
      const std::string_view text(bytes, static_cast<std::size_t>(n));
      note_request(connection, way, text);
      if (held.bytes.empty()) held.since = Clock::now();
      held.bytes += text;
    }
  }

  void accept_one() {
    Socket client(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) return;
    send_at_once(client.fd());
    Connection connection;
    if (spoil.kind != Spoil::Kind::ignore) {
      if (spoil.kind != Spoil::Kind::refuse) connection.server = connected_to(target);
      if (!connection.server) return client.reset_on_close();
    }
    connection.client = std::move(client);
    connections.push_back(std::move(connection));
  }

  // The mover's thread.

  void move_all() {
    for (;;) {
      std::vector<pollfd> entries;
      int timeout = -1;
      {
        const std::lock_guard lock(mutex);
        if (stopping) return;
        plan(entries, timeout);
      }
      ::poll(entries.data(), entries.size(), timeout);
      const std::lock_guard lock(mutex);
      if (entries[0].revents != 0) drain_wakeups();
      if (entries[1].revents != 0) accept_one();
      for (Connection& connection : connections)
        for (const Way way : kWays) {
          if (!connection.dead && connection.from(way) && !connection.held[index(way)].ended) take(connection, way);
          if (!connection.dead) pass(connection, way);
        }
      connections.remove_if([](const Connection& c) { return c.dead || (c.held[0].end_passed && c.held[1].end_passed); });
    }
  }

  void plan(std::vector<pollfd>& entries, int& timeout) const {
    entries = {{wake_ends[0], POLLIN, 0}, {listener.fd(), POLLIN, 0}};
    for (const Connection& connection : connections)
      for (const Way way : kWays) {
        const HeldBytes& held = connection.held[index(way)];
        if (connection.from(way) && !held.ended) entries.push_back({connection.from(way).fd(), POLLIN, 0});
        if (held.blocked) entries.push_back({connection.to(way).fd(), POLLOUT, 0});
        const bool by_clock = spoil.kind == Spoil::Kind::slow || spoil.kind == Spoil::Kind::trickle;
        if (connection.dead || (by_clock && !held.bytes.empty())) timeout = connection.dead ? 0 : 1;
      }
  }

  void drain_wakeups() const {
    char bytes[64];
    while (::read(wake_ends[0], bytes, sizeof bytes) > 0) {}
  }

  std::mutex mutex;  ///< Over all that follows but the port and the descriptors of the wakeup.
  int port = 0, target;
  Socket listener;
  int wake_ends[2] = {-1, -1};
  bool stopping = false;
  Spoil spoil;
  std::size_t passed[2] = {0, 0};
  std::list<Connection> connections;
  std::thread mover;
};

Relay::Relay(int target_port) : impl_(std::make_unique<Impl>(target_port)) {}
Relay::~Relay() = default;
int Relay::port() const noexcept { return impl_->port; }
void Relay::set_target(int port) {
  const std::lock_guard lock(impl_->mutex);
  impl_->target = port;
}
void Relay::begin(Spoil spoil) { impl_->begin(std::move(spoil)); }
void Relay::end() { impl_->end(); }
std::size_t Relay::passed(Way way) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->passed[index(way)];
}

}  // namespace dnntune::faults
