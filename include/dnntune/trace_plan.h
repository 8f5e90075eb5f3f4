// SPDX-License-Identifier: Apache-2.0
// plan_for_trace: the one deployment that does best on a link that changes, and what planning anew for each request would gain.
#pragma once

#include <cstddef>
#include <string>

#include "dnntune/export.h"
#include "dnntune/plan.h"
#include "dnntune/trace.h"

namespace dnntune {

struct TraceOptions {
  int starts = 1000;        ///< Requests, at even distances over the trace's duration: 1 to 1'000'000.
  /// Of the requests' figures: 0 minimises the mean, else (below 1) what this share of the requests does not exceed.
  double percentile = 0.0;
  /// Partial placements that the search for candidates may keep; beyond, fewer candidates are tried and TracePlan::proven is false.
  std::size_t most_labels = 100'000;
};

/// One figure over all requests: nanoseconds or microjoules. Infinite where requests never end (the link stays dead).
struct TraceSpread {
  double mean = 0.0;
  double p50 = 0.0, p90 = 0.0;  ///< The least figure that this share of the requests does not exceed.
  double most = 0.0;
};

struct TraceFigures {
  TraceSpread latency_ns;
  TraceSpread energy_uj;         ///< Of the device, as PlanCost::energy_uj; all 0 when `energy_known` is false.
  bool energy_known = false;
  double objective = 0.0;        ///< What is minimised: the mean or the percentile of one of them.
};

/// A plain value.
struct DNNTUNE_API TracePlan {
  std::string trace;             ///< LinkTrace::name
  double duration_s = 0.0;
  int starts = 0;
  double percentile = 0.0;       ///< As TraceOptions.
  /// The deployment that is best over the trace, for SplitSession and for files; it costs what stands there on the link in the mean over
  /// time, `plan.link`. Its `mobile_only`, `cloud_only` and `best_split` are those below.
  Plan plan;
  TraceFigures chosen, mobile_only, cloud_only;  ///< All 0 where it cannot run.
  TraceFigures best_split;       ///< All 0 where Plan::best_split is not feasible.
  /// Another deployment for each request: the one that make_plan would choose for the link as it is when the request begins.
  TraceFigures replanned;
  /// And the one that turns out best for this request: what no way of planning can beat. Of all deployments when `proven`, else of
  /// those that were tried.
  TraceFigures clairvoyant;
  int replanned_deployments = 0;   ///< How many different ones `replanned` takes.
  std::size_t candidates = 0;      ///< Deployments tried on the whole trace.
  /// No deployment does better over these requests: so for latency, unless `most_labels` was too few.
  bool proven = false;

  /// For people, 80 columns.
  std::string explain() const;
  /// Schema "dnntune.trace_plan/1", with the plan in it.
  std::string to_json() const;
};

/// The deployment whose latency or energy, over requests that begin all along the trace, has the least mean or percentile.
///
/// One request: the device's layers from its start on; then the bytes up at the rates that the trace has from there on, outages
/// included; the round trip that the trace has when the request starts; the queue and the cloud's layers; the bytes down. The radio
/// draws its beta while it sends and receives, outages included, and its alpha for each bit. On a trace that never changes, this is
/// `evaluate`'s cost.
///
/// How it is found: a request that starts later, sends more or computes longer never ends earlier on any trace. So only
/// deployments count that no other beats in device time, cloud time, bytes up and bytes down at once; there are few, all are
/// tried. The same holds for the percentiles and for each request alone. For energy it does not, where a later start can miss an outage: there
/// the best of those that no other beats in energy too is taken.
///
/// `request.link` is not used, except for its radio where the trace has none. Throws invalid_argument as make_plan and
/// LinkTrace::check do, for options out of their range, and for a trace that never carries anything in one direction; unsupported as make_plan.
DNNTUNE_API TracePlan plan_for_trace(const PlanRequest& request, const LinkTrace& trace, const TraceOptions& options = {});

}  // namespace dnntune
