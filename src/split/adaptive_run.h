// SPDX-License-Identifier: Apache-2.0
// AdaptiveSession's run in its steps: choose a plan, run its prefix, ask the cloud. A stream does other things between them.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "dnntune/adaptive.h"
#include "split/cloud_breaker.h"
#include "split/link_probe.h"
#include "split/plan_forecast.h"
#include "split/split_run.h"
#include "split/switch_rule.h"

namespace dnntune::split {

/// One request on its way.
struct AdaptiveJob {
  AdaptiveResult result;  ///< What was decided; its run is set by `finish`.
  double hedge_after_s = 0.0;
  Begun begun;
};

/// `begin` may run on one thread while `choose` or `finish` of other requests run on others, one of each at a time.
class AdaptiveRun {
 public:
  AdaptiveRun(const Graph& graph, const std::vector<Plan>& plans, const std::string& url, AdaptiveOptions options);

  /// Throws invalid_argument for inputs that the plans are not for.
  void check(const Tensors& inputs) const;
  AdaptiveJob choose();
  /// The same, but this plan, and the cloud gets all the time of the deadline.
  AdaptiveJob choose(std::size_t plan);
  /// The prefix of the job's plan reads this input.
  bool prefix_takes(const AdaptiveJob& job, const std::string& input) const { return plans_[job.result.plan].run->prefix_takes(input); }
  void begin(AdaptiveJob& job, const Tensors& inputs) { job.begun = plans_[job.result.plan].run->begin(inputs); }
  AdaptiveResult finish(AdaptiveJob job);

  const std::vector<Plan>& plans() const noexcept { return given_; }
  LinkEstimate estimate() const;
  AdaptiveCounters counters() const;

 private:
  struct Prepared {
    PlanForecast forecast;
    std::unique_ptr<SplitRun> run;
    bool met_cloud = false;  ///< An answer has come: connection and suffix are there.
  };
  double now_s() const;
  LinkEstimate current_estimate() const;
  double latency_ns(const Prepared& plan) const;
  std::vector<double> costs() const;
  double hedge_after_s(const Prepared& plan, double now) const;
  void hear_probe(double now);
  void start_probe(double now, bool uses_cloud);
  void learn(const AdaptiveJob& job, const SplitResult& run, const CloudNews& news, double now);
  Cost energy_uj(const SplitResult& run, const CloudNews& news) const;

  const std::vector<Plan> given_;
  const AdaptiveOptions options_;
  std::vector<Prepared> plans_;
  std::optional<std::size_t> on_device_;  ///< The plan without a cloud.
  double device_power_w_ = -1.0;          ///< Mean over its layers; negative: not known.

  mutable std::mutex mutex_;  ///< Over all below.
  LinkEstimator link_;
  Drift device_, cloud_;
  double wait_ns_ = 0.0;
  SwitchRule rule_;
  CloudBreaker breaker_;
  bool doubtful_ = false;
  double heard_at_s_ = 0.0;  ///< When the network last brought something.
  std::optional<std::size_t> last_plan_;
  AdaptiveCounters counters_;
  LinkProbe probe_;
};

}  // namespace dnntune::split
