// SPDX-License-Identifier: Apache-2.0
// LinkShaper: a TCP relay on loopback that delays what passes. One thread moves every byte: it reads small
// pieces, works out when the link would have delivered them, and writes them at that time. All connections
// share the link's rate, as they would on a radio.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <poll.h>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "dnntune/split.h"
#include "split/socket.h"
#include "split/url.h"

namespace dnntune {
namespace {

using split::DeadlineNs;
using split::Descriptor;

constexpr std::size_t kPieceBytes = 2048;         // 16 ms at 1 Mbit/s: fine enough to be smooth
constexpr std::size_t kQueueBytes = 64 << 10;     // that wait to be sent; then the sender is held back, as by a full radio buffer
constexpr double kMostOnTheWay = 64 << 20;        // bytes that a connection may have sent and that have not arrived
constexpr std::size_t kMaxRelays = 400;           // two descriptors each, below the usual limit of 1024
constexpr DeadlineNs kForever = 1'000'000'000'000'000'000;
constexpr std::int64_t kOutOfDescriptorsNs = 20'000'000;

}  // namespace

struct LinkShaper::Impl {
  struct Piece {
    DeadlineNs arrival = 0;
    std::vector<char> bytes;  ///< Empty: the sender has ended.
    std::size_t written = 0;
  };

  /// One direction of one connection.
  struct Way {
    std::deque<Piece> queue;
    std::size_t queued = 0;  ///< Bytes, until they are written.
    bool read_ended = false;
    bool delivered_end = false;
    bool blocked = false;  ///< The receiver takes no more for now.
  };

  struct Relay {
    Descriptor client, target;
    bool connected = false;
    bool dead = false;
    Way ways[2];  ///< 0 up, 1 down.

    int from(int way) const { return way == 0 ? client.get() : target.get(); }
    int to(int way) const { return way == 0 ? target.get() : client.get(); }
  };

  Impl(const Link& link, const std::string& target_url) : target(split::parse_url(target_url)), listener(split::listen_tcp("127.0.0.1", port)) {
    take_link(link);
    const auto addresses = split::resolve(target.host, target.port, false);
    if (addresses.empty()) throw Error(ErrorCode::invalid_argument, fmt::format("link shaper: host '{}' is not known", target.host));
    target_address = addresses.front();
    try {
      mover = std::thread([this] { move_all(); });
    } catch (const std::system_error& e) {
      throw Error(ErrorCode::io, fmt::format("link shaper: cannot start its thread: {}", e.what()));
    }
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wakeup.wake();
    mover.join();
  }

  void take_link(const Link& link) {
    if (!(link.bandwidth_up_bps > 0) || !(link.bandwidth_down_bps > 0) || !(link.round_trip_s >= 0))
      throw Error(ErrorCode::invalid_argument, fmt::format("link '{}': bandwidths must be positive and the round trip not negative", link.name));
    rate_bps[0] = link.bandwidth_up_bps;
    rate_bps[1] = link.bandwidth_down_bps;
    one_way_ns = split::whole_ns(link.round_trip_s / 2);
    for (const int way : {0, 1})
      most_queued[way] = kQueueBytes + static_cast<std::size_t>(std::min(rate_bps[way] / 8.0 * link.round_trip_s / 2.0, kMostOnTheWay));
  }

  void set_link(const Link& link) {
    const std::lock_guard lock(mutex);
    take_link(link);
    for (const int way : {0, 1}) reschedule(way);
    wakeup.wake();
  }

  /// What is still on its way goes on under the link's new figures, in the old order.
  void reschedule(int way) {
    const DeadlineNs now = base::now_ns();
    std::vector<Piece*> pieces;
    for (Relay& relay : relays)
      for (Piece& piece : relay.ways[way].queue)
        if (piece.arrival > now) pieces.push_back(&piece);
    std::stable_sort(pieces.begin(), pieces.end(), [](const Piece* a, const Piece* b) { return a->arrival < b->arrival; });
    free_at[way] = now;
    for (Piece* piece : pieces) piece->arrival = arrival(way, piece->bytes.size());
  }

  /// When a piece that is ready now arrives at the other end. With the mutex held.
  DeadlineNs arrival(int way, std::size_t bytes) {
    const DeadlineNs now = base::now_ns();
    const std::int64_t taken = split::whole_ns(static_cast<double>(bytes) * 8.0 / rate_bps[way]);
    free_at[way] = std::min(std::max(now, free_at[way]) + taken, now + kForever);
    return free_at[way] + one_way_ns;
  }

  void set_down(bool is_down) {
    const std::lock_guard lock(mutex);
    down = is_down;
    if (!down) return;
    for (Relay& relay : relays) {
      relay.dead = true;  // and closed by the mover, which may be polling it
      ::shutdown(relay.client.get(), SHUT_RDWR);
      ::shutdown(relay.target.get(), SHUT_RDWR);
    }
    wakeup.wake();
  }

  // The mover's thread from here on.

  void move_all() noexcept {
    for (bool going = true; going;) {
      try {
        going = move_once();
      } catch (const std::exception&) {
        const std::lock_guard lock(mutex);  // out of memory: the connections give some back
        relays.clear();
      }
    }
  }

  bool move_once() {
    std::vector<pollfd> entries;
    DeadlineNs next = kForever;
    {
      const std::lock_guard lock(mutex);
      if (stopping) return false;
      next = plan_polls(entries);
    }
    wait(entries, next);
    wakeup.clear();
    const std::lock_guard lock(mutex);
    for (Relay& relay : relays) {
      if (!relay.connected) finish_connect(relay);
      for (const int way : {0, 1}) {
        if (relay.connected && !relay.dead) read_piece(relay, way);
        if (relay.connected && !relay.dead) deliver(relay, way);
      }
    }
    relays.remove_if([](const Relay& relay) {
      const bool over = relay.dead || (relay.ways[0].delivered_end && relay.ways[1].delivered_end);
      if (relay.dead) split::reset_on_close(relay.client.get());
      return over;
    });
    accept_all();
    return !stopping;
  }

  /// What to wait for; returns when the next piece is due. With the mutex held.
  DeadlineNs plan_polls(std::vector<pollfd>& entries) const {
    DeadlineNs next = kForever;
    entries.push_back({wakeup.fd(), POLLIN, 0});
    if (base::now_ns() >= accept_after) entries.push_back({listener.get(), POLLIN, 0});
    else next = accept_after;
    for (const Relay& relay : relays) {
      if (!relay.connected) {
        entries.push_back({relay.target.get(), POLLOUT, 0});
        continue;
      }
      for (const int way : {0, 1}) {
        const Way& state = relay.ways[way];
        if (!state.read_ended && state.queued < most_queued[way]) entries.push_back({relay.from(way), POLLIN, 0});
        if (state.queue.empty()) continue;
        if (state.blocked) entries.push_back({relay.to(way), POLLOUT, 0});
        else next = std::min(next, state.queue.front().arrival);
      }
    }
    return next;
  }

  static void wait(std::vector<pollfd>& entries, DeadlineNs next) {
    const std::int64_t left = std::max<std::int64_t>(next - base::now_ns(), 0);
    const timespec timeout{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    ::ppoll(entries.data(), entries.size(), &timeout, nullptr);
  }

  static void finish_connect(Relay& relay) {
    pollfd entry{relay.target.get(), POLLOUT, 0};
    if (::poll(&entry, 1, 0) <= 0) return;
    int problem = 0;
    socklen_t size = sizeof problem;
    relay.connected = ::getsockopt(relay.target.get(), SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
    relay.dead = !relay.connected;
  }

  static bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

  /// One piece a turn, so that connections share the link evenly.
  void read_piece(Relay& relay, int way) {
    Way& state = relay.ways[way];
    if (state.read_ended || state.queued >= most_queued[way]) return;
    Piece piece;
    piece.bytes.resize(kPieceBytes);
    const ssize_t n = ::recv(relay.from(way), piece.bytes.data(), piece.bytes.size(), 0);
    if (n < 0) {
      relay.dead = !would_block();
      return;
    }
    piece.bytes.resize(static_cast<std::size_t>(n));
    piece.arrival = arrival(way, piece.bytes.size());
    state.read_ended = n == 0;
    state.queued += piece.bytes.size();
    state.queue.push_back(std::move(piece));
  }

  /// Writes all that has arrived by now.
  void deliver(Relay& relay, int way) {
    Way& state = relay.ways[way];
    state.blocked = false;
    while (!state.queue.empty() && state.queue.front().arrival <= base::now_ns()) {
      Piece& piece = state.queue.front();
      if (piece.bytes.empty()) {
        ::shutdown(relay.to(way), SHUT_WR);
        state.delivered_end = true;
      } else {
        const ssize_t n = ::send(relay.to(way), piece.bytes.data() + piece.written, piece.bytes.size() - piece.written, MSG_NOSIGNAL);
        if (n < 0) {
          state.blocked = would_block();
          relay.dead = !state.blocked;
          return;
        }
        piece.written += static_cast<std::size_t>(n);
        if (piece.written < piece.bytes.size()) continue;
        state.queued -= piece.bytes.size();
      }
      state.queue.pop_front();
    }
  }

  void accept_all() {
    for (;;) {
      Descriptor client = split::accept_tcp(listener.get());
      if (!client) {
        const bool no_descriptors = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        if (no_descriptors) accept_after = base::now_ns() + kOutOfDescriptorsNs;
        return;
      }
      Relay relay;
      if (!down && relays.size() < kMaxRelays) relay.target = split::begin_connect(target_address);
      if (!relay.target) {
        split::reset_on_close(client.get());
        continue;
      }
      relay.client = std::move(client);
      relays.push_back(std::move(relay));
    }
  }

  const split::Url target;
  int port = 0;
  const Descriptor listener;
  split::Address target_address;
  split::Wakeup wakeup;
  std::mutex mutex;  ///< Over all below.
  bool stopping = false, down = false;
  double rate_bps[2] = {};
  std::int64_t one_way_ns = 0;
  std::size_t most_queued[2] = {};  ///< Of a connection, in bytes: beside what waits, what a full link holds.
  DeadlineNs free_at[2] = {};  ///< When each direction has sent all that it was given.
  DeadlineNs accept_after = 0;
  std::list<Relay> relays;
  std::thread mover;
};

LinkShaper::LinkShaper(const Link& link, const std::string& target_url) : impl_(std::make_unique<Impl>(link, target_url)) {}
LinkShaper::~LinkShaper() = default;

std::string LinkShaper::url() const { return fmt::format("{}://127.0.0.1:{}", impl_->target.https ? "https" : "http", impl_->port); }
void LinkShaper::set_link(const Link& link) { impl_->set_link(link); }
void LinkShaper::set_down(bool down) { impl_->set_down(down); }

}  // namespace dnntune
