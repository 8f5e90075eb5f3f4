// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server for one handler. A fixed number of workers each read, answer and write one request at a time; those that are free listen to the
// listener and to all idle connections, and whoever hears a request serves it. So an idle client holds no worker, no request is handed from thread to
// thread, and stopping does not wait for anyone's keep-alive. One more thread closes what was idle for too long, and while all workers
// are at work puts requests in line for them or turns them away.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dnntune/tensor.h"
#include "split/arrivals.h"
#include "split/http_message.h"

namespace dnntune::split {

struct HttpRequest {
  std::string method;
  std::vector<std::string> path;  ///< Segments, with %XX decoded; "/v2/models/a%2Fb" is {"v2", "models", "a/b"}.
  Head head;
  std::string_view body = {};     ///< Content-Encoding is undone.
  std::shared_ptr<const void> body_owner = {};  ///< Of the body's memory.
  std::string client;             ///< The address it came from.
  std::int64_t began_ns = 0, received_ns = 0;  ///< A worker took it up; it was complete. Of base::now_ns.
  Arrivals::One* arrival = nullptr;            ///< Ends with the answer, unless it is ended before.
};

struct HttpReply {
  int status = 200;
  std::string body;
  std::vector<Tensor> tail;       ///< Whose bytes follow.
  std::string content_type = "application/json";
  std::vector<Header> headers;
  std::function<void(std::int64_t start_ns)> sent = {};  ///< If set: called once it has been sent, or could not be, with the time at which sending began.
};

/// {"error": message}, as the Open Inference Protocol has it.
HttpReply error_reply(int status, const std::string& message);

/// Called from several threads at once; must not throw.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// Refuses a request by its head, before its body is read; nothing when it is welcome.
  virtual std::optional<HttpReply> refuse(const HttpRequest& request) const = 0;
  virtual HttpReply answer(const HttpRequest& request) = 0;
};

struct HttpServerOptions {
  int workers = 16;
  std::size_t max_body_bytes = 0;
  double read_timeout_s = 10.0;
  std::size_t max_unread = 256;  ///< Requests that may wait for a worker; more are answered 503 unread.
  std::shared_ptr<const Tls> tls;  ///< Null: plain.
  /// If set: kept at the number of connections with a request that no worker has taken up. Outlives the server.
  std::atomic<int>* unread = nullptr;
  Arrivals* arrivals = nullptr;    ///< If set: counts requests that a worker has taken up. Outlives the server.
};

class HttpServer {
 public:
  /// Listens at once. Throws io.
  HttpServer(const std::string& host, int port, HttpServerOptions options, HttpHandler& handler);
  /// Finishes the requests in hand, drops every other connection. A client that does not take its answer
  /// is given up after a short grace.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const noexcept;
  /// Stops listening, closes idle connections, and finishes all requests whose first byte is here. True when none is left, false after `timeout_s`:
  /// then the destructor ends the rest.
  bool drain(double timeout_s);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dnntune::split
