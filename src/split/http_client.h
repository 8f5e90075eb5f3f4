// SPDX-License-Identifier: Apache-2.0
// One kept-alive connection to a server of the Open Inference Protocol, with a deadline over each exchange
// as a whole: however slowly a peer trickles, the call returns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "dnntune/split.h"
#include "split/wire.h"

namespace dnntune::split {

/// Monotonic, in base::now_ns's time.
using DeadlineNs = std::int64_t;

class HttpClient {
 public:
  /// Throws invalid_argument for a malformed URL, unsupported for https in a build without TLS.
  HttpClient(const std::string& url, const ConnectOptions& options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  struct Reply {
    int status = 0;
    std::string body;
    std::string header_length;  ///< Value of kHeaderLength, "" when absent.
  };
  /// Any status is a reply. Throws network when there is none, timeout at the deadline.
  Reply get(const std::string& path, DeadlineNs deadline);
  Reply post_json(const std::string& path, const base::Json& body, DeadlineNs deadline);
  /// POST of an inference to `model`; throws network with the server's own words for any status but 200.
  Response infer(const std::string& model, std::span<const NamedTensor> inputs, std::span<const std::string> outputs, DeadlineNs deadline);

  /// Bodies of the last `infer`, in bytes.
  std::int64_t bytes_up() const noexcept { return bytes_up_; }
  std::int64_t bytes_down() const noexcept { return bytes_down_; }

 private:
  struct Impl;
  /// From the server's metadata, asked once: without the extension tensors go as JSON.
  bool speaks_binary(DeadlineNs deadline);

  std::unique_ptr<Impl> impl_;
  int binary_ = -1;  ///< -1: not asked yet.
  std::int64_t bytes_up_ = 0, bytes_down_ = 0;
};

/// The server's "error" text, or the start of its body, with the status.
std::string describe_failure(const HttpClient::Reply& reply);

}  // namespace dnntune::split
