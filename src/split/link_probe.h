// SPDX-License-Identifier: Apache-2.0
// Asks a server how the way to it is: on a connection and a thread of its own.
#pragma once

#include <cstdint>
#include <future>
#include <optional>
#include <string>

#include "split/http_client.h"

namespace dnntune::split {

/// One probe at a time; one thread uses it.
class LinkProbe {
 public:
  struct Outcome {
    std::string failure;  ///< "" when the server answered.
    bool silent = false;  ///< When it failed: no answer came at all.
    double round_trip_s = 0.0;  ///< The shorter of two requests without a body.
    double padded_s = 0.0;      ///< A request with a body; 0 when the server does not know it.
    std::int64_t bytes_up = 0;  ///< Of that,
    std::int64_t bytes_down = 0;  ///< and of its answer.
  };

  /// Throws as HttpClient.
  LinkProbe(const std::string& url, const ConnectOptions& options) : client_(url, options) {}
  /// Waits for a probe that runs: at most its timeouts.
  ~LinkProbe() = default;

  bool running() const { return outcome_.valid(); }
  /// With a body of about `bytes`; 0: the round trip alone. Each of the three requests may take `timeout_s`. None may be running().
  void start(std::int64_t bytes, double timeout_s);
  /// Once, when a probe has ended.
  std::optional<Outcome> take();

 private:
  Outcome probe(std::int64_t bytes, double timeout_s);

  HttpClient client_;
  std::future<Outcome> outcome_;  ///< Last: its thread uses the client, and destroying it waits.
};

}  // namespace dnntune::split
