// SPDX-License-Identifier: Apache-2.0
// AdaptiveSession: several prepared plans of one network, and the one that the link of the moment asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/plan.h"
#include "dnntune/split.h"

namespace dnntune {

struct AdaptiveOptions {
  /// Of every prepared plan. `retry_after_s` and `longest_retry_after_s` hold for all of them together: a cloud that failed one is left alone
  /// by all, and is asked again by a probe in the background, whose requests wait `probe_timeout_s`. After a silence, as of a link that is down, probes
  /// are `retry_after_s` apart, longer only once the silence is longer than sixty times that. `hedge_after_s` is the most that `hedge_deviations` may make of it.
  SplitOptions split = {};
  /// Cuts that are prepared beside device only and cloud only, 0 to 16. Each holds its prefix's weights.
  int most_cuts = 3;
  /// A switch wants another plan that is predicted to cost less by more than this share of its own cost (0.05: 5 %) ...
  double margin = 0.05;
  /// ... for so long that what is lost beyond the margin, added up from request to request without a break, reaches this share of one request's
  /// cost. A plan that costs twice as much is left at once, one that costs 10 % more at the sixth request.
  double patience = 0.3;
  /// A session that has not used the network for this long asks it how it is, beside a request that runs on the device: two requests
  /// without a body and one of at most `most_probe_bytes`. One that uses it asks the two without a body, that often at most, after an answer.
  /// Infinite: never, and a cloud that failed is not asked again either. Nothing else is sent while nobody runs.
  double probe_after_s = 2.0;
  std::int64_t most_probe_bytes = 16 << 10;
  /// The device begins on the cloud's layers when the answer is later than predicted by this many standard deviations of the prediction's logarithm
  /// (about 0.35 a second after the last exchange: then 2 is twice the time). Costs energy where it happens. Infinite: never.
  double hedge_deviations = 2.0;
  /// Seconds, of any clock that does not go back; for replays. Empty: a steady clock. Deadlines and pauses within a run are always real time.
  std::function<double()> clock_s = {};
};

/// What a session believes of the way to the cloud, and of the cloud.
struct LinkEstimate {
  double bandwidth_up_bps = 0.0, bandwidth_down_bps = 0.0;
  double round_trip_s = 0.0;
  double wait_s = 0.0;         ///< In the server's queue.
  double cloud_factor = 1.0;   ///< What the cloud's layers take, relative to its profile.
  double device_factor = 1.0;  ///< What the device's layers take, relative to its profile.
  bool cloud_doubtful = false;  ///< It failed or was late, and nothing was heard of it since.
  std::int64_t exchanges = 0;  ///< That the estimate was made of, probes included.
};

/// One answer, with how it came about.
struct AdaptiveResult {
  SplitResult run;
  std::size_t plan = 0;       ///< Into AdaptiveSession::plans.
  bool switched = false;      ///< The request before took another plan.
  double predicted_ns = 0.0;  ///< Latency, before the run.
  /// Of the device, modelled from what was measured: its layers at the mean power that the profile gives them, its radio for the bytes and
  /// the time of their transfer. Unknown where the profile's power is, or the radio's and something was sent.
  Cost energy_uj;
  LinkEstimate estimate;      ///< That the plan was chosen by.
};

/// Since the session was made.
struct AdaptiveCounters {
  std::int64_t requests = 0;
  std::int64_t on_device = 0, split = 0, in_cloud = 0, fallbacks = 0;  ///< By path.
  std::int64_t switches = 0;
  std::int64_t probes = 0, probes_failed = 0;
  std::int64_t probe_bytes_up = 0, probe_bytes_down = 0;  ///< Bodies.
};

/// The deployments that do well on links from 0.1 Mbit/s to 1 Gbit/s up, with the request's round trip, and its download rate in proportion: device only
/// and cloud only where they can run, and then up to `most_cuts` cuts, of make_plan's for each rate those that bring the mean over
/// rates closest to what all of them together could do. Throws as make_plan, and invalid_argument for most_cuts beyond 0 to 16.
DNNTUNE_API std::vector<Plan> plans_for_links(const PlanRequest& request, int most_cuts);

/// Holds prepared plans and runs each request by the one that is predicted to cost least, in the request's objective, on the link as it is
/// now. What it knows of the link comes from its own requests: bytes and times of each exchange, what the server says of its computing and its queue; and from
/// a probe when it has not used the network for long. A request is never dropped: a plan is chosen before it begins, and a cloud
/// that fails or is late costs a fallback, after which requests run on the device until a probe is answered.
///
/// One `run` at a time per object.
class DNNTUNE_API AdaptiveSession {
 public:
  /// Prepares plans_for_links. The request's link is what is expected at first. Throws as make_plan and SplitSession's constructor, and invalid_argument
  /// naming an option out of its range.
  AdaptiveSession(const PlanRequest& request, const std::string& url, AdaptiveOptions options = {});
  /// Prepares these plans' chosen deployments; the first plan's link and objective hold.
  AdaptiveSession(const Graph& graph, const std::vector<Plan>& plans, const std::string& url, AdaptiveOptions options = {});
  ~AdaptiveSession();
  AdaptiveSession(AdaptiveSession&&) noexcept;
  AdaptiveSession& operator=(AdaptiveSession&&) noexcept;

  /// Runs every plan once, so that connections, the server's suffixes and the device's memory are there when a switch wants them. Throws as
  /// `run`; a cloud that is not there is no error.
  void warm_up(const Tensors& inputs);
  /// As SplitSession::run.
  AdaptiveResult run(const Tensors& inputs);

  /// The prepared plans; `chosen` of each is what it stands for.
  const std::vector<Plan>& plans() const noexcept;
  LinkEstimate estimate() const;
  AdaptiveCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dnntune
