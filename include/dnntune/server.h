// SPDX-License-Identifier: Apache-2.0
// Server: the cloud half, an HTTP server of the Open Inference Protocol (KServe V2) with binary tensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "dnntune/device.h"
#include "dnntune/export.h"
#include "dnntune/graph.h"

namespace dnntune {

struct ServerOptions {
  /// Listening beyond loopback needs a token, or `allow_unauthenticated`.
  std::string host = "127.0.0.1";
  int port = 0;                          ///< 0 = any free port; see Server::port.
  std::string bearer_token = {};         ///< Required of every request when not empty.
  bool allow_unauthenticated = false;
  std::filesystem::path certificate_file = {};  ///< PEM; with `key_file`, serves https.
  std::filesystem::path key_file = {};
  int connections = 16;                  ///< Requests handled at once; idle connections do not count.
  std::int64_t max_body_bytes = 256ll << 20;
  /// For a request's head, and for its body beyond what a sender of 2 kB/s needs.
  double read_timeout_s = 10.0;
  int max_suffixes = 32;                 ///< Prepared cuts kept; the least recently used one goes first.
};

/// Serves models and any suffix of them. All members are thread-safe.
class DNNTUNE_API Server {
 public:
  /// `processor` runs the models. Throws invalid_argument for unsafe options.
  Server(Processor processor, ServerOptions options = {});
  ~Server();  ///< Stops.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Serves `graph` under its name and, since exporters give many models the same name, under
  /// "name.89abcdef" with the start of its hash; devices ask for that. The plain name goes to the model added
  /// last. Throws invalid_argument for a graph without a name.
  void add_model(const Graph& graph);
  /// Binds and serves in threads of its own. Throws io when the address cannot be bound.
  void start();
  /// Finishes the requests in hand, then closes. Does nothing when it does not run; `start` starts it again.
  void stop();
  int port() const noexcept;
  std::string url() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dnntune
