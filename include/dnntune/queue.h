// SPDX-License-Identifier: Apache-2.0
// QueueModel: how long a request waits at a server that others use too.
#pragma once

#include "dnntune/export.h"
#include "dnntune/route.h"
#include "dnntune/server_load.h"
#include "dnntune/waiting_time.h"

namespace dnntune {

/// The probability that all of `servers` are busy when `erlangs` of work arrive by chance (Erlang's C formula); 1 from
/// `erlangs` = `servers` on. Throws invalid_argument when servers is not 1 to 1,000,000, or erlangs is negative or not finite.
DNNTUNE_API double erlang_c(int servers, double erlangs);

/// A queue of one line and several servers, first come first served, fitted from what the server measured of itself:
///
///   mean wait = C(c, a) / (c / s - l) x V,  V = (arrival scv + service scv) / 2
///
/// (Allen and Cunneen; Allen, Probability, Statistics and Queueing Theory, 1990, section 5.4), with l arrivals a second of mean
/// service time s, a = l s, and Erlang's C. Exact for M/M/c and for M/G/1. Where waits of at least 30 requests were measured, V is
/// what makes the formula give their mean: that also holds for clients that each wait for their answer, which no open queue
/// describes. Spreads follow from the standard errors of rate, service and waits, as if requests were independent: where the load
/// changes they are too small.
class DNNTUNE_API QueueModel {
 public:
  /// Throws invalid_argument naming a figure that is negative or not finite, and for a server without servers.
  explicit QueueModel(ServerLoad load);

  /// For one more request that takes `service_s` to compute and comes `requests_per_s` times a second; 0: now and then, so that it
  /// does not load the server itself. Throws invalid_argument for a figure that is negative or not finite.
  WaitingTime waiting(double service_s = 0.0, double requests_per_s = 0.0) const;

  const ServerLoad& load() const noexcept { return load_; }

 private:
  ServerLoad load_;
};

/// A hop to a stop with a queue, for Planner: the mean wait is paid with the round trip, once when a layer lies beyond. Throws
/// unsupported for a saturated server, saying so, and invalid_argument for a memory hop.
DNNTUNE_API RouteHop with_queue(RouteHop hop, const WaitingTime& wait);

}  // namespace dnntune
