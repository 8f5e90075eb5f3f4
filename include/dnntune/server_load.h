// SPDX-License-Identifier: Apache-2.0
// ServerLoad: how busy a server is, as it measured itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/export.h"

namespace dnntune {

/// Mean and standard deviation of something that differs from request to request, in seconds.
struct Moments {
  double mean_s = 0.0;
  double deviation_s = 0.0;
  double samples = 0.0;  ///< As many as the forgetting leaves: (sum of weights)^2 / sum of squared weights. 0: nothing is known.
};

/// A plain value. Rates, means and shares forget exponentially: what was `window_s` ago counts 1/e. A server counts a request from the
/// moment its body has arrived to the moment its outputs are there.
struct DNNTUNE_API ServerLoad {
  std::string date;               ///< When it was asked: UTC, ISO 8601, by the server's clock.
  double window_s = 0.0;
  double observed_s = 0.0;        ///< Since the server started; what is shorter than the window knows less.
  std::int64_t requests = 0;      ///< Answered since then.
  int servers = 1;                ///< Requests that compute at a time; others wait for their turn.
  int connections = 0;            ///< Requests that it takes in at a time; others wait before they are counted.
  // At this moment.
  int computing = 0;
  int waiting = 0;                ///< For their turn.
  int unread = 0;                 ///< Connections with a request that no thread has taken up yet.
  // Of late.
  double arrivals_per_s = 0.0;
  double arrival_samples = 0.0;   ///< Arrivals behind that, as in Moments::samples.
  double arrival_scv = 1.0;       ///< Squared coefficient of variation of the times between arrivals; 1: as a Poisson process.
  Moments service_s;              ///< Computing, alone.
  Moments wait_s;                 ///< From arrival to the start of computing.
  double busy = 0.0;              ///< Share of the time in which a server computes, mean over servers.
  double mean_waiting = 0.0;      ///< Mean number of requests that wait.

  /// JSON of schema "dnntune.server_load/1". `from_json` throws invalid_argument naming the field.
  std::string to_json() const;
  static ServerLoad from_json(const std::string& json);
};

}  // namespace dnntune
