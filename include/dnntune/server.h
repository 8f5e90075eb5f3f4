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
#include "dnntune/timeline.h"

namespace dnntune {

struct ServerOptions {
  /// Listening beyond loopback needs a token, or `allow_unauthenticated`.
  std::string host = "127.0.0.1";
  int port = 0;                          ///< 0 = any free port; see Server::port.
  std::string bearer_token = {};         ///< Required of every request when not empty.
  bool allow_unauthenticated = false;
  std::filesystem::path certificate_file = {};  ///< PEM; with `key_file`, serves https.
  std::filesystem::path key_file = {};
  int connections = 16;                  ///< Requests handled at once, each by a thread; idle connections do not count.
  /// Inferences that may wait while one computes; more are answered 503 with Retry-After. Kept below `connections` so that some thread
  /// is free to say so, and for health and metadata.
  int max_waiting = 12;
  int max_unread = 256;                  ///< Requests that may wait for a thread; more are answered 503 unread.
  std::int64_t max_body_bytes = 256ll << 20;
  /// For a request's head; for silence within its body, or of a client that takes no more of its answer. Over all both have to keep up 2 kB/s.
  double read_timeout_s = 10.0;
  /// Requests for one network that wait at the same time are run together, up to this many rows of their inputs' first dimension: more answers a
  /// second. 1: none are. It is done only where that dimension is open in the model and each row of the outputs is known to follow from the
  /// same row of the inputs alone; suffixes whose values cross as int8 are never joined, as each request has a scale of its own. Answers may differ
  /// from those of a request alone in their last bits, as kernels are chosen by shape. At most 1024.
  int max_batch = 1;
  /// How long, in seconds, the first request of such a run waits for others before it stands in line, 0 to 10; no longer than another request is on
  /// its way into the server. 0: not at all; then those are joined that wait for their turn anyhow.
  double batch_delay_s = 0.0;
  int max_suffixes = 32;                 ///< Prepared cuts kept; the least recently used one goes first.
  /// Collects the steps of every inference, if set, under the identifier that the client gave it: that of a traceparent header, else the request's id.
  std::shared_ptr<Timeline> timeline = {};
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
  /// Withdraws the model of that hash and all suffixes of it; requests in hand are answered still. False when it is not served.
  bool remove_model(const Graph& graph);
  /// Binds and serves in threads of its own. Throws io when the address cannot be bound.
  void start();
  /// Stops listening, answers every request that has begun to arrive, then stops; after `timeout_s` at the latest. Clients are told to close
  /// their connections. True when no request was cut off. Throws invalid_argument for a negative or endless time.
  bool drain(double timeout_s);
  /// Finishes the requests in hand, then closes; one that takes longer than 2 s loses its client. Does nothing when it does not run; `start` starts it again.
  void stop();
  int port() const noexcept;
  std::string url() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dnntune
