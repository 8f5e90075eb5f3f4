// SPDX-License-Identifier: Apache-2.0
#include "split/http_server.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "split/http_exchange.h"

namespace dnntune::split {
namespace {

constexpr double kIdleSeconds = 60.0;          // then a connection without requests is closed
constexpr std::size_t kMaxConnections = 1000;  // below the usual limit of 1024 descriptors
// Who is turned away unread gets this long to take the answer before the connection is closed under it.
constexpr double kRefusedSeconds = 1.0;
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: application/json\r\nContent-Length: 54\r\nConnection: close\r\n\r\n"
    R"({"error":"too many requests wait here to be read now"})";
/// A client that asks again at once finds its worker waiting for it, which spares two changes of threads.
constexpr double kStaySeconds = 1e-3;
constexpr auto kStopGrace = std::chrono::seconds(2);
constexpr auto kOutOfResources = std::chrono::milliseconds(20);

struct Connection {
  Connection(Descriptor socket, const HttpServerOptions& options, BodyPool& bodies) : exchange(std::move(socket), options, bodies) {}
  HttpExchange exchange;
  DeadlineNs idle_until = 0;
  bool refused = false;    ///< Turned away; its bytes are dropped until it ends. Of the watcher alone.
  bool receiving = false;  ///< In a worker, and its request is not complete. Under Impl::mutex.
};

}  // namespace

struct HttpServer::Impl {
  using Connections = std::list<Connection>;

  Impl(const std::string& host, int wanted_port, HttpServerOptions given, HttpHandler& its_handler)
      : options(std::move(given)), handler(its_handler), port(wanted_port), listener(listen_tcp(host, port)) {
    try {
      for (int i = 0; i < options.workers; ++i) workers.emplace_back([this] { work(); });
      watcher = std::thread([this] { watch(); });
    } catch (const std::system_error& e) {
      stop();
      throw Error(ErrorCode::io, fmt::format("cannot start a server's threads: {}", e.what()));
    }
  }
  ~Impl() { stop(); }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      for (Connection& connection : busy)
        if (connection.receiving) ::shutdown(connection.exchange.fd(), SHUT_RD);  // its worker sees the end
    }
    wakeup.wake();
    work_to_do.notify_all();
    if (watcher.joinable()) watcher.join();
    {
      std::unique_lock lock(mutex);
      all_done.wait_for(lock, kStopGrace, [this] { return busy.empty(); });
      for (Connection& connection : busy) ::shutdown(connection.exchange.fd(), SHUT_RDWR);
    }
    for (std::thread& worker : workers) worker.join();
  }

  bool drain(double timeout_s) {
    {
      const std::lock_guard lock(mutex);
      draining = true;
    }
    wakeup.wake();
    std::unique_lock lock(mutex);
    return all_done.wait_for(lock, std::chrono::duration<double>(timeout_s), [this] { return watcher_left && busy.empty() && ready.empty(); });
  }

  // The watcher: accepts, and notices which idle connection speaks up.

  void watch() noexcept {
    for (bool going = true; going;) {
      try {
        going = watch_once();
      } catch (const std::exception&) {
        std::this_thread::sleep_for(kOutOfResources);  // no memory: others may give some back
      }
    }
  }

  /// False when the server stops or drains: nobody new is wanted.
  bool watch_once() {
    std::vector<pollfd> entries = {{wakeup.fd(), POLLIN, 0}, {listener.get(), POLLIN, 0}};
    for (Connection& connection : idle) entries.push_back({connection.exchange.fd(), POLLIN, 0});
    ::poll(entries.data(), entries.size(), milliseconds_to_next_expiry());
    wakeup.clear();

    const DeadlineNs now = base::now_ns();
    const std::lock_guard lock(mutex);
    auto connection = idle.begin();
    for (std::size_t i = 2; i < entries.size(); ++i) {
      const auto current = connection++;
      if (entries[i].revents != 0) heard(current, now);
      else if (current->idle_until <= now) idle.erase(current);
    }
    if (stopping || draining) {
      listener = Descriptor();
      idle.clear();
      returned.clear();
      watcher_left = true;
      all_done.notify_all();
      return false;
    }
    for (Connection& back : returned) back.idle_until = now + whole_ns(kIdleSeconds);
    idle.splice(idle.end(), returned);
    if (entries[1].revents != 0) accept_all(now);
    return true;
  }

  int milliseconds_to_next_expiry() const {
    if (idle.empty()) return -1;
    DeadlineNs first = idle.front().idle_until;
    for (const Connection& connection : idle) first = std::min(first, connection.idle_until);
    return static_cast<int>(std::max<std::int64_t>((first - base::now_ns()) / 1'000'000 + 1, 0));
  }

  /// With the mutex held, whenever `ready` has changed.
  void tell_unread() {
    if (options.unread != nullptr) options.unread->store(static_cast<int>(ready.size()), std::memory_order_relaxed);
  }

  /// With the mutex held: an idle connection has bytes, or has ended.
  void heard(Connections::iterator connection, DeadlineNs now) {
    if (connection->refused) {
      if (!drop_bytes(connection->exchange.fd())) idle.erase(connection);
    } else if (ready.size() >= options.max_unread) {
      turn_away(connection, now);
    } else {
      ready.splice(ready.end(), idle, connection);
      tell_unread();
      work_to_do.notify_one();
    }
  }

  /// Closing at once would reset the connection, and the client might not see the answer. Over TLS there is none without a worker's time.
  void turn_away(Connections::iterator connection, DeadlineNs now) {
    const int fd = connection->exchange.fd();
    if (options.tls || ::send(fd, kBusy.data(), kBusy.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      idle.erase(connection);
      return;
    }
    ::shutdown(fd, SHUT_WR);
    connection->refused = true;
    connection->idle_until = now + whole_ns(kRefusedSeconds);
  }

  /// False when the peer has ended. One piece at a time: a fast sender cannot keep the watcher.
  static bool drop_bytes(int fd) {
    char bytes[16 << 10];
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
  }

  /// With the mutex held.
  void accept_all(DeadlineNs now) {
    for (;;) {
      Descriptor socket = accept_tcp(listener.get());
      if (!socket) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) make_room();
        return;
      }
      // The longest idle one makes room; when all are at work, the newcomer has to come again.
      if (idle.size() + busy.size() + ready.size() + returned.size() >= kMaxConnections) {
        if (idle.empty()) continue;
        idle.pop_front();
      }
      idle.emplace_back(std::move(socket), options, *bodies);
      idle.back().idle_until = now + std::min(whole_ns(options.read_timeout_s), whole_ns(kIdleSeconds));
    }
  }

  /// The process is out of descriptors: the waiting client stays in the queue, so poll would return at once.
  void make_room() {
    if (!idle.empty()) idle.pop_front();
    else std::this_thread::sleep_for(kOutOfResources);
  }

  // The workers.

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      ++free_workers;
      work_to_do.wait(lock, [this] { return stopping || !ready.empty(); });
      --free_workers;
      if (stopping) return;
      const auto connection = ready.begin();
      busy.splice(busy.end(), ready, connection);
      tell_unread();
      bool keep = false;
      do {
        connection->receiving = true;
        lock.unlock();
        keep = serve(*connection);
        lock.lock();
      } while (keep && asks_again(*connection, lock));
      finish(connection, keep);
    }
  }

  /// Stays with a connection for a moment, as long as that keeps nobody waiting: true when its next request comes.
  bool asks_again(Connection& connection, std::unique_lock<std::mutex>& lock) {
    const auto may_stay = [this] { return !stopping && !draining && ready.empty() && free_workers > 0; };
    if (!may_stay() || connection.exchange.buffered()) return false;
    connection.receiving = true;  // to be woken by `stop`
    lock.unlock();
    const bool heard = wait_for(connection.exchange.fd(), POLLIN, deadline_in(kStaySeconds));
    lock.lock();
    // What has begun to arrive is answered while the server drains.
    return heard && !stopping && (draining || may_stay());
  }

  bool serve(Connection& connection) noexcept {
    try {
      const auto received = [&] {
        const std::lock_guard lock(mutex);
        connection.receiving = false;
      };
      const auto may_keep = [&] {
        const std::lock_guard lock(mutex);
        return !draining && !stopping;
      };
      return connection.exchange.serve(handler, received, may_keep);
    } catch (const std::exception&) {
      return false;  // out of memory for the request itself
    }
  }

  /// With the mutex held.
  void finish(Connections::iterator connection, bool keep) {
    connection->receiving = false;
    if (!keep || stopping || draining) {
      busy.erase(connection);
    } else if (connection->exchange.buffered()) {
      ready.splice(ready.end(), busy, connection);  // behind the others: one client cannot keep a worker
      tell_unread();
      work_to_do.notify_one();
    } else {
      returned.splice(returned.end(), busy, connection);
      wakeup.wake();
    }
    if (busy.empty()) all_done.notify_all();
  }

  const HttpServerOptions options;
  HttpHandler& handler;
  const std::shared_ptr<BodyPool> bodies = BodyPool::make();
  int port;
  Descriptor listener;  ///< Of the watcher, once it runs.
  Wakeup wakeup;
  std::mutex mutex;
  std::condition_variable work_to_do, all_done;
  bool stopping = false, draining = false, watcher_left = false;
  int free_workers = 0;  ///< That wait for `ready`.
  Connections ready, busy, returned;
  Connections idle;  ///< Changed by the watcher alone, with the mutex held.
  std::vector<std::thread> workers;
  std::thread watcher;
};

HttpServer::HttpServer(const std::string& host, int port, HttpServerOptions options, HttpHandler& handler)
    : impl_(std::make_unique<Impl>(host, port, std::move(options), handler)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const noexcept { return impl_->port; }
bool HttpServer::drain(double timeout_s) { return impl_->drain(timeout_s); }

}  // namespace dnntune::split
