// SPDX-License-Identifier: Apache-2.0
#include "split/http_server.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>

#include <poll.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "split/http_exchange.h"
#include "split/poller.h"

namespace dnntune::split {
namespace {

constexpr double kIdleSeconds = 60.0;          // then a connection without requests is closed
constexpr std::size_t kMaxConnections = 1000;  // below the usual limit of 1024 descriptors
// Who is turned away unread gets this long to take the answer before the connection is closed under it.
constexpr double kRefusedSeconds = 1.0;
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: application/json\r\nContent-Length: 54\r\nConnection: close\r\n\r\n"
    R"({"error":"too many requests wait here to be read now"})";
constexpr auto kStopGrace = std::chrono::seconds(2);
constexpr auto kOutOfResources = std::chrono::milliseconds(20);
/// All threads being at work has to last for so long before another one is woken for what that leaves undone.
constexpr auto kMoment = std::chrono::milliseconds(1);

/// Then it looks whether a worker is free again: what expires while it stands in is late by that much at most.
constexpr double kStandInSeconds = 0.5;
/// Requests that are put in line before one that was sent together with the one before it.
constexpr int kHeardAtOnce = 64;
/// A client that asks again at once comes within that.
constexpr double kStaySeconds = 1e-3;

constexpr Poller::Name kWakeup = 0, kListener = 1, kFirstConnection = 2;

}  // namespace

struct HttpServer::Impl {
  struct Connection {
    Connection(Poller::Name its_name, Descriptor socket, const HttpServerOptions& options, BodyPool& bodies) : name(its_name), exchange(std::move(socket), options, bodies) {}
    const Poller::Name name;
    HttpExchange exchange;
    DeadlineNs idle_until = 0;
    bool refused = false;                 ///< Turned away; its bytes are dropped until it ends.
    std::atomic<bool> receiving = false;  ///< In a worker, and its request is not complete.
  };
  using Connections = std::list<Connection>;

  Impl(const std::string& host, int wanted_port, HttpServerOptions given, HttpHandler& its_handler)
      : options(std::move(given)), handler(its_handler), port(wanted_port), listener(listen_tcp(host, port)) {
    poller.add_for_all(wakeup.fd(), kWakeup);
    poller.add(listener.get(), kListener);
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
    watched.notify_all();
    if (watcher.joinable()) watcher.join();
    {
      std::unique_lock lock(mutex);
      all_done.wait_for(lock, kStopGrace, [this] { return busy.empty(); });
      for (Connection& connection : busy) ::shutdown(connection.exchange.fd(), SHUT_RDWR);
    }
    for (std::thread& worker : workers) worker.join();
  }

  bool drain(double timeout_s) {
    std::unique_lock lock(mutex);
    draining = true;
    listener = Descriptor();
    for (auto connection = idle.begin(); connection != idle.end();) {
      const auto current = connection++;
      if (current->refused || !readable_now(current->exchange.fd())) close(idle, current);  // else a thread is about to hear it
    }
    return all_done.wait_for(lock, std::chrono::duration<double>(timeout_s), [this] { return idle.empty() && busy.empty() && ready.empty(); });
  }

  // The workers. One that has nothing to do listens to all idle connections, and serves the first that it hears itself: no thread has to wake another.

  void work() noexcept {
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (ready.empty()) {
        listen(lock);
        continue;
      }
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

  /// Stays with a connection for a moment, where others listen and few are at work: true when its next request comes. To arm and to hear it would
  /// cost two more calls of the system, and often wake another thread for it.
  bool asks_again(Connection& connection, std::unique_lock<std::mutex>& lock) {
    if (stopping || draining || listening == 0 || busy.size() > few || connection.exchange.buffered()) return false;
    connection.receiving = true;  // to be woken by `stop`
    lock.unlock();
    const bool heard = wait_for(connection.exchange.fd(), POLLIN, deadline_in(kStaySeconds));
    lock.lock();
    return heard && !stopping;  // what has begun to arrive is answered while the server drains
  }

  void listen(std::unique_lock<std::mutex>& lock) {
    ++listening;
    lock.unlock();
    const auto heard = poller.wait(deadline_in(kForeverSeconds));
    lock.lock();
    if (--listening == 0) watched.notify_one();
    if (heard) hear(*heard);
  }

  bool serve(Connection& connection) noexcept {
    try {
      return connection.exchange.serve(
          handler, [&connection] { connection.receiving = false; }, [this] { return !draining && !stopping; });
    } catch (const std::exception&) {
      return false;  // out of memory for the request itself
    }
  }

  // All below with the mutex held.

  void finish(Connections::iterator connection, bool keep) {
    connection->receiving = false;
    if (!keep || stopping || draining) {
      close(busy, connection);
    } else if (connection->exchange.buffered()) {
      if (listening == 0) hear_all();
      ready.splice(ready.end(), busy, connection);  // behind the others: one client cannot keep a worker
      tell_unread();
    } else {
      idle.splice(idle.end(), busy, connection);
      rest_until(*connection, base::now_ns() + whole_ns(kIdleSeconds));
      poller.arm(connection->exchange.fd(), connection->name);
    }
    if (busy.empty()) all_done.notify_all();
  }

  /// All that have something to say by now, so that they stand in line.
  void hear_all() {
    for (int i = 0; i < kHeardAtOnce; ++i) {
      const auto heard = poller.wait(0);
      if (!heard) return;
      hear(*heard);
    }
  }

  void hear(Poller::Name name) {
    const DeadlineNs now = base::now_ns();
    if (name == kListener && !draining) {
      accept_all(now);
      poller.arm(listener.get(), kListener);
    }
    const auto known = connections.find(name);
    if (known == connections.end()) return;  // it was closed meanwhile
    const auto connection = known->second;
    if (connection->refused) {
      if (drop_bytes(connection->exchange.fd())) poller.arm(connection->exchange.fd(), name);
      else close(idle, connection);
    } else if (ready.size() >= options.max_unread) {
      turn_away(connection, now);
    } else {
      ready.splice(ready.end(), idle, connection);
      tell_unread();
    }
  }

  /// Closing at once would reset the connection, and the client might not see the answer. Over TLS there is none without a worker's time.
  void turn_away(Connections::iterator connection, DeadlineNs now) {
    const int fd = connection->exchange.fd();
    if (options.tls || ::send(fd, kBusy.data(), kBusy.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      close(idle, connection);
      return;
    }
    ::shutdown(fd, SHUT_WR);
    connection->refused = true;
    rest_until(*connection, now + whole_ns(kRefusedSeconds));
    poller.arm(fd, connection->name);
  }

  /// False when the peer has ended. One piece at a time: a fast sender cannot keep the thread.
  static bool drop_bytes(int fd) {
    char bytes[16 << 10];
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
  }

  void accept_all(DeadlineNs now) {
    for (;;) {
      Descriptor socket = accept_tcp(listener.get());
      if (!socket) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) make_room();
        return;
      }
      // The longest idle one makes room; when all are at work, the newcomer has to come again.
      if (connections.size() >= kMaxConnections) {
        if (idle.empty()) continue;
        close(idle, longest_idle());
      }
      try {
        keep(std::move(socket), now);
      } catch (const std::exception&) {
        // No memory for it: it has to come again.
      }
    }
  }

  void keep(Descriptor socket, DeadlineNs now) {
    const int fd = socket.get();
    idle.emplace_back(++last_name, std::move(socket), options, *bodies);
    const auto connection = std::prev(idle.end());
    try {
      connections.emplace(connection->name, connection);
      poller.add(fd, connection->name);
    } catch (const std::exception&) {
      close(idle, connection);
      throw;
    }
    rest_until(*connection, now + std::min(whole_ns(options.read_timeout_s), whole_ns(kIdleSeconds)));
  }

  /// The process is out of descriptors: the waiting client stays in the queue, so it is heard again at once.
  void make_room() {
    if (!idle.empty()) close(idle, longest_idle());
    else std::this_thread::sleep_for(kOutOfResources);
  }

  /// Rather one that has not just spoken up.
  Connections::iterator longest_idle() {
    const auto silent = std::find_if(idle.begin(), idle.end(), [](const Connection& connection) { return !readable_now(connection.exchange.fd()); });
    return silent != idle.end() ? silent : idle.begin();
  }

  void close(Connections& list, Connections::iterator connection) {
    connections.erase(connection->name);
    list.erase(connection);
    if (draining) all_done.notify_all();
  }

  /// Whenever `ready` has changed.
  void tell_unread() {
    if (options.unread != nullptr) options.unread->store(static_cast<int>(ready.size()), std::memory_order_relaxed);
  }

  // The watcher. It closes connections that were idle for too long, and stands in for the workers when all of them are at work: then it puts what it
  // hears in line for them, and turns away what is too much.

  void watch() noexcept {
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (listening > 0) watched.wait_until(lock, time_of(look_again_at));  // which may become earlier meanwhile: see rest_until
      if (!stopping && listening == 0) watched.wait_for(lock, kMoment, [this] { return stopping.load(); });
      if (!stopping && listening == 0) stand_in(lock);
      if (!stopping && base::now_ns() >= look_again_at) close_expired();
    }
  }

  void stand_in(std::unique_lock<std::mutex>& lock) {
    const DeadlineNs until = std::min(look_again_at, deadline_in(kStandInSeconds));
    lock.unlock();
    const auto heard = poller.wait(until);
    lock.lock();
    if (!heard) return;
    const auto known = connections.find(*heard);
    // A worker listens again: it is for it.
    if (listening > 0 && known != connections.end()) poller.arm(known->second->exchange.fd(), *heard);
    else hear(*heard);
  }

  void close_expired() {
    const DeadlineNs now = base::now_ns();
    look_again_at = now + whole_ns(kIdleSeconds);
    for (auto connection = idle.begin(); connection != idle.end();) {
      const auto current = connection++;
      if (current->idle_until > now) look_again_at = std::min(look_again_at, current->idle_until);
      else if (current->refused || !readable_now(current->exchange.fd())) close(idle, current);  // else a thread is about to hear it
    }
  }

  void rest_until(Connection& connection, DeadlineNs until) {
    connection.idle_until = until;
    if (until >= look_again_at) return;
    look_again_at = until;
    watched.notify_one();
  }

  static std::chrono::steady_clock::time_point time_of(DeadlineNs ns) { return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(ns)); }

  const HttpServerOptions options;
  const std::size_t few = 2 * std::max(1u, std::thread::hardware_concurrency());  ///< Requests at work with which cores are not short.
  HttpHandler& handler;
  const std::shared_ptr<BodyPool> bodies = BodyPool::make();
  int port;
  Wakeup wakeup;
  Poller poller;
  std::atomic<bool> stopping = false, draining = false;  ///< Set with the mutex held.
  std::mutex mutex;  ///< Over all below.
  std::condition_variable watched, all_done;
  Descriptor listener;
  int listening = 0;  ///< Workers with nothing else to do.
  DeadlineNs look_again_at = base::now_ns() + whole_ns(kIdleSeconds);  ///< No idle connection expires before that.
  Poller::Name last_name = kFirstConnection;
  Connections idle, ready, busy;  ///< Armed in the poller; with a request that waits for a worker; in a worker.
  std::unordered_map<Poller::Name, Connections::iterator> connections;  ///< All of them.
  std::vector<std::thread> workers;
  std::thread watcher;
};

HttpServer::HttpServer(const std::string& host, int port, HttpServerOptions options, HttpHandler& handler)
    : impl_(std::make_unique<Impl>(host, port, std::move(options), handler)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const noexcept { return impl_->port; }
bool HttpServer::drain(double timeout_s) { return impl_->drain(timeout_s); }

}  // namespace dnntune::split
