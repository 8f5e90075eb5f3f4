// SPDX-License-Identifier: Apache-2.0
// WaitingTime: what a request waits at a server; see queue.h for where it comes from.
#pragma once

#include <string>

#include "dnntune/export.h"
#include "dnntune/profile.h"

namespace dnntune {

/// How long a request waits before it is computed. A plain value; as it is made, a server that nobody else uses.
struct DNNTUNE_API WaitingTime {
  /// True when the mean wait is infinite, and percentiles with it: more work arrives than the server can do, and requests wait longer
  /// and longer; or their times vary beyond what has a finite mean.
  bool saturated = false;
  std::string why;             ///< In words: what the figure was made of, or why the server counts as saturated. "": nobody was asked.
  Cost mean_ns{0.0, 0.0, Provenance::predicted};  ///< Expected; `spread` is what the statistics leave uncertain of it.
  double wait_probability = 0.0;  ///< That it has to wait at all.
  double utilisation = 0.0;    ///< Share of its time that the server computes, this request's own share included. May exceed 1.

  /// The waiting time that a share `p` (0 to 1, excluded) of requests does not exceed: 0 for those that find a free server, and
  /// beyond those as an exponential distribution, which is exact for M/M/c. Throws invalid_argument for another p.
  double percentile_ns(double p) const;
};

}  // namespace dnntune
