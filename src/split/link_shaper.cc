// SPDX-License-Identifier: Apache-2.0
// LinkShaper: a TCP relay on loopback that delays what passes. Each direction of a connection has a thread
// that reads small pieces and works out when the link would have delivered them, and a thread that writes
// them at that time. All connections share the link's rate, as they would on a radio.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "dnntune/split.h"
#include "split/url.h"

namespace dnntune {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPiece = 2048;           // 16 ms at 1 Mbit/s: fine enough to be smooth
constexpr std::size_t kQueueBytes = 64 << 10;  // then the sender is held back, as by a full radio buffer

Clock::duration seconds(double s) { return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s)); }

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return fd_; }
  void shut(int how = SHUT_RDWR) const { ::shutdown(fd_, how); }

 private:
  int fd_;
};

/// The two directions' rates and delay, shared by all connections.
class LinkState {
 public:
  explicit LinkState(const Link& link) { set(link); }

  void set(const Link& link) {
    if (!(link.bandwidth_up_bps > 0) || !(link.bandwidth_down_bps > 0) || !(link.round_trip_s >= 0))
      throw Error(ErrorCode::invalid_argument, fmt::format("link '{}': bandwidths must be positive and the round trip not negative", link.name));
    const std::lock_guard lock(mutex_);
    rate_bps_[0] = link.bandwidth_up_bps;
    rate_bps_[1] = link.bandwidth_down_bps;
    one_way_ = seconds(link.round_trip_s / 2);
  }

  /// When a piece of `bytes` that is ready now arrives at the other end of `direction` (0 up, 1 down).
  Clock::time_point arrival(int direction, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto start = std::max(Clock::now(), free_[direction]);
    free_[direction] = start + seconds(static_cast<double>(bytes) * 8.0 / rate_bps_[direction]);
    return free_[direction] + one_way_;
  }

 private:
  std::mutex mutex_;
  double rate_bps_[2] = {};
  Clock::duration one_way_{};
  Clock::time_point free_[2] = {};
};

/// One direction of one connection.
class Pump {
 public:
  Pump(LinkState& shape, int direction, int from, int to) : shape_(shape), direction_(direction), from_(from), to_(to) {
    reader_ = std::thread([this] { read(); });
    writer_ = std::thread([this] { write(); });
  }
  ~Pump() {
    reader_.join();
    writer_.join();
  }
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  bool finished() const { return finished_; }
  void abandon() {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    changed_.notify_all();
  }

 private:
  struct Piece {
    Clock::time_point arrival;
    std::vector<char> bytes;  ///< Empty: the sender has closed.
  };

  void push(Piece piece) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return queued_ < kQueueBytes || abandoned_; });
    queued_ += piece.bytes.size();
    queue_.push_back(std::move(piece));
    changed_.notify_all();
  }

  void read() {
    std::vector<char> buffer(kPiece);
    for (;;) {
      const ssize_t n = ::recv(from_, buffer.data(), buffer.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      push({shape_.arrival(direction_, static_cast<std::size_t>(n)), {buffer.begin(), buffer.begin() + n}});
    }
    push({shape_.arrival(direction_, 0), {}});
  }

  void write() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !queue_.empty() || abandoned_; });
      if (!abandoned_) changed_.wait_until(lock, queue_.front().arrival, [&] { return abandoned_; });
      if (abandoned_) break;
      const Piece piece = std::move(queue_.front());
      queue_.pop_front();
      queued_ -= piece.bytes.size();
      changed_.notify_all();
      lock.unlock();
      if (piece.bytes.empty() || !send_all(piece.bytes)) break;
    }
    ::shutdown(to_, SHUT_WR);
    // Nobody takes pieces any more: the reader must not wait for room, nor go on reading.
    ::shutdown(from_, SHUT_RD);
    abandon();
    finished_ = true;
  }

  bool send_all(const std::vector<char>& bytes) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::send(to_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      done += static_cast<std::size_t>(n);
    }
    return true;
  }

  LinkState& shape_;
  const int direction_, from_, to_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> queue_;
  std::size_t queued_ = 0;
  bool abandoned_ = false;
  std::atomic<bool> finished_ = false;
  std::thread reader_, writer_;
};

/// A client's connection and its twin to the target.
class Connection {
 public:
  Connection(LinkState& shape, int client, int target)
      : client_(client), target_(target), up_(shape, 0, client, target), down_(shape, 1, target, client) {}
  bool finished() const { return up_.finished() && down_.finished(); }
  void cut() {
    up_.abandon();
    down_.abandon();
    client_.shut();
    target_.shut();
  }

 private:
  Socket client_, target_;  // outlive the pumps below
  Pump up_, down_;
};

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// A connected socket or -1.
int connect_to(const split::Url& url) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found) != 0) return -1;
  int fd = -1;
  for (const addrinfo* address = found; address != nullptr && fd < 0; address = address->ai_next) {
    fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && ::connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
      ::close(fd);
      fd = -1;
    }
  }
  ::freeaddrinfo(found);
  if (fd >= 0) no_delay(fd);
  return fd;
}

}  // namespace

struct LinkShaper::Impl {
  Impl(const Link& link, const std::string& target_url)
      : shape(link), target(split::parse_url(target_url)), listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener.get() < 0 || ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener.get(), 64) != 0 ||
        ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw Error(ErrorCode::io, fmt::format("link shaper cannot listen: {}", std::strerror(errno)));
    port = ntohs(address.sin_port);
    acceptor = std::thread([this] { accept_all(); });
  }

  ~Impl() {
    stopping = true;
    listener.shut();  // wakes accept
    acceptor.join();
    cut_all();
  }

  void accept_all() {
    while (!stopping) {
      const int client = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (!stopping) std::this_thread::sleep_for(std::chrono::milliseconds(10));  // out of descriptors: wait for some
        continue;
      }
      const int server = down || stopping ? -1 : connect_to(target);
      const std::lock_guard lock(mutex);
      connections.remove_if([](const Connection& c) { return c.finished(); });
      if (server < 0 || down) {
        const linger reset{1, 0};
        ::setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        ::close(client);
        if (server >= 0) ::close(server);
        continue;
      }
      no_delay(client);
      connections.emplace_back(shape, client, server);
    }
  }

  void cut_all() {
    const std::lock_guard lock(mutex);
    for (Connection& connection : connections) connection.cut();
    connections.clear();
  }

  LinkState shape;
  const split::Url target;
  const Socket listener;
  int port = 0;
  std::atomic<bool> stopping = false, down = false;
  std::mutex mutex;
  std::list<Connection> connections;
  std::thread acceptor;
};

LinkShaper::LinkShaper(const Link& link, const std::string& target_url) : impl_(std::make_unique<Impl>(link, target_url)) {}
LinkShaper::~LinkShaper() = default;

std::string LinkShaper::url() const { return fmt::format("{}://127.0.0.1:{}", impl_->target.https ? "https" : "http", impl_->port); }
void LinkShaper::set_link(const Link& link) { impl_->shape.set(link); }

void LinkShaper::set_down(bool down) {
  impl_->down = down;
  if (down) impl_->cut_all();
}

}  // namespace dnntune
