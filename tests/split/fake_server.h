// SPDX-License-Identifier: Apache-2.0
// Peers that misbehave on purpose: a server that plays a script on a raw socket, and a client that sends
// any bytes.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "split/http_message.h"
#include "split/socket.h"

namespace dnntune::test {

/// One connection, read and written with a deadline that only a hanging test reaches.
class FakeConnection {
 public:
  explicit FakeConnection(split::Descriptor socket) : transport_(split::plain_transport(std::move(socket))), reader_(*transport_) {}

  /// The next request: its request line, a blank line and its body; "" when the client has left.
  std::string read_request() {
    try {
      const auto head = reader_.read_head(split::deadline_in(kSeconds));
      if (!head) return "";
      split::Patience patience(split::deadline_in(kSeconds));
      return head->start_line + "\n\n" + reader_.read_body(*head, std::size_t{1} << 28, split::Unannounced::no_body, patience);
    } catch (const Error&) {
      return "";
    }
  }
  /// False when the client has left.
  bool send(std::string_view bytes) {
    try {
      transport_->write(bytes, split::deadline_in(kSeconds));
      return true;
    } catch (const Error&) {
      return false;
    }
  }
  void finish_sending() { transport_->finish(); }
  /// Everything up to the peer's end.
  std::string read_to_end() {
    std::string text;
    try {
      char bytes[4096];
      for (std::size_t n; (n = transport_->read(bytes, sizeof bytes, split::deadline_in(kSeconds))) > 0;) text.append(bytes, n);
    } catch (const Error&) {
      // A reset is an end too.
    }
    return text;
  }
  int fd() const { return transport_->fd(); }

 private:
  static constexpr double kSeconds = 60.0;
  std::unique_ptr<split::Transport> transport_;
  split::HttpReader reader_;
};

/// Plays `script` on one connection after the other.
class FakeServer {
 public:
  using Script = std::function<void(FakeConnection&)>;

  explicit FakeServer(Script script) : script_(std::move(script)), listener_(split::listen_tcp("127.0.0.1", port_)), thread_([this] { serve(); }) {}
  ~FakeServer() {
    stopping_ = true;
    wakeup_.wake();
    {
      const std::lock_guard lock(mutex_);
      if (current_ >= 0) ::shutdown(current_, SHUT_RDWR);
    }
    thread_.join();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  int port() const { return port_; }
  int connections() const { return connections_; }
  bool stopping() const { return stopping_; }

  /// A server that answers each request with what `answer` makes of it, until that is "".
  static Script answering(std::function<std::string(const std::string& request)> answer) {
    return [answer = std::move(answer)](FakeConnection& connection) {
      for (std::string request; !(request = connection.read_request()).empty();) {
        const std::string reply = answer(request);
        if (reply.empty() || !connection.send(reply)) return;
      }
    };
  }

 private:
  void serve() {
    while (!stopping_) {
      split::Descriptor socket = split::accept_tcp(listener_.get());
      if (!socket) {
        pollfd entries[] = {{listener_.get(), POLLIN, 0}, {wakeup_.fd(), POLLIN, 0}};
        ::poll(entries, 2, -1);
        continue;
      }
      ++connections_;
      {
        const std::lock_guard lock(mutex_);
        current_ = socket.get();
        if (stopping_) ::shutdown(current_, SHUT_RDWR);
      }
      FakeConnection connection(std::move(socket));
      script_(connection);
      const std::lock_guard lock(mutex_);
      current_ = -1;
    }
  }

  const Script script_;
  int port_ = 0;
  const split::Descriptor listener_;
  split::Wakeup wakeup_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  int current_ = -1;
  std::thread thread_;
};

inline std::string http_reply(int status, std::string_view body, std::string_view headers = "") {
  return fmt::format("HTTP/1.1 {} Said\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers, body);
}

/// A connection to a server on loopback.
inline FakeConnection raw_client(int port) {
  return FakeConnection(split::connect_tcp(split::resolve("127.0.0.1", port, true).at(0), split::deadline_in(60.0)));
}

/// What a real server on loopback answers to a request as `read_request` gives it; it closes the connection then.
inline std::string relayed(const std::string& request, int port) {
  const std::size_t line_end = request.find("\n\n");
  const std::string body = request.substr(line_end + 2);
  // The header that says where the JSON ends was dropped: it is found again from the '}' that closes it.
  std::size_t json_end = 0;
  for (int depth = 0; json_end < body.size();) {
    depth += body[json_end] == '{' ? 1 : body[json_end] == '}' ? -1 : 0;
    ++json_end;
    if (depth == 0) break;
  }
  FakeConnection onward = raw_client(port);
  onward.send(fmt::format("{}\r\nConnection: close\r\nContent-Length: {}\r\nInference-Header-Content-Length: {}\r\n\r\n{}", request.substr(0, line_end), body.size(),
                          json_end, body));
  return onward.read_to_end();
}

}  // namespace dnntune::test
