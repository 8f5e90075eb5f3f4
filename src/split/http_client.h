// SPDX-License-Identifier: Apache-2.0
// One kept-alive connection to a server of the Open Inference Protocol, with a deadline over each exchange
// as a whole: however slowly a peer trickles, the call returns. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "dnntune/split.h"
#include "split/deadline.h"
#include "split/request_id.h"
#include "split/trace.h"
#include "split/wire.h"

namespace dnntune::split {

class HttpClient {
 public:
  /// Throws invalid_argument for a malformed URL, a token that cannot be sent or certificates that cannot be
  /// read, unsupported for https in a build without TLS. Does not connect.
  HttpClient(const std::string& url, const ConnectOptions& options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  struct Reply {
    int status = 0;
    std::string body;             ///< Empty when a Response was read from it.
    std::int64_t body_bytes = 0;
    double retry_after_s = -1.0;  ///< What the server says; below 0 when it does not, or gives a date.
  };
  /// Any status is a reply. Throws network when there is none, timeout at the deadline. A kept connection
  /// that the server has closed meanwhile is replaced: the request is sent once more when nothing of an
  /// answer had come (all that we send may be repeated).
  Reply get(const std::string& path, DeadlineNs deadline);
  Reply post_json(const std::string& path, const base::Json& body, DeadlineNs deadline);

  /// What `infer` brings. `reply.status` other than 200: the server refused, and `response` is empty.
  struct Inference {
    Reply reply;
    Response response;
  };
  /// POST of an inference to `model`. An answer of more than `max_reply_bytes`, one that is no message of
  /// the protocol, or one with another request's id is a network error. Throws unsupported when the server takes only JSON and a tensor has no
  /// JSON form.
  Inference infer(const std::string& model, std::span<const NamedTensor> inputs, std::span<const std::string> outputs, std::size_t max_reply_bytes,
                  DeadlineNs deadline);
  /// Of the request that the exchanges to come belong to; its id becomes the inference's.
  void set_trace(Trace trace);
  /// Asks the server again what it can do: another may be at the address now.
  void forget_server() noexcept { binary_ = -1; }

  /// Of the last exchange; 0 when no whole answer came.
  int status() const noexcept;
  /// Bodies of the last `infer`, in bytes.
  std::int64_t bytes_up() const noexcept { return bytes_up_; }
  std::int64_t bytes_down() const noexcept { return bytes_down_; }
  /// Of the last answer to any request: from its request's first byte to its own last one, on a connection that was there.
  std::int64_t exchange_ns() const noexcept;

 private:
  struct Impl;
  /// From the server's metadata, asked once: without the extension tensors go as JSON.
  bool speaks_binary(DeadlineNs deadline);

  std::unique_ptr<Impl> impl_;
  int binary_ = -1;  ///< -1: not asked yet.
  std::int64_t bytes_up_ = 0, bytes_down_ = 0;
  RequestIds ids_;
};

/// The server's "error" text, or the start of its body, with the status.
std::string describe_failure(const HttpClient::Reply& reply);

}  // namespace dnntune::split
