// SPDX-License-Identifier: Apache-2.0
// AdaptiveSession's run in its steps, by what AdaptivePolicy decides: choose a plan, run its prefix, ask the cloud. A stream does other things between them.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "dnntune/adaptive.h"
#include "split/adaptive_policy.h"
#include "split/link_probe.h"
#include "split/split_run.h"

namespace dnntune::split {

/// One request on its way.
struct AdaptiveJob {
  AdaptiveResult result;  ///< What was decided; its run is set by `finish`.
  double hedge_after_s = 0.0;
  bool chosen = false;    ///< By the policy.
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
  bool prefix_takes(const AdaptiveJob& job, const std::string& input) const { return runs_[job.result.plan]->prefix_takes(input); }
  void begin(AdaptiveJob& job, const Tensors& inputs) { job.begun = runs_[job.result.plan]->begin(inputs); }
  AdaptiveResult finish(AdaptiveJob job);

  const std::vector<Plan>& plans() const noexcept { return given_; }
  LinkEstimate estimate() const;
  AdaptiveCounters counters() const;

 private:
  double now_s() const;
  static AdaptiveJob job_of(const AdaptivePolicy::Choice& choice);
  void hear_probe(double now);
  void start_probe(std::int64_t bytes);

  const std::vector<Plan> given_;
  const AdaptiveOptions options_;
  std::vector<std::unique_ptr<SplitRun>> runs_;  ///< One a plan.

  mutable std::mutex mutex_;  ///< Over all below.
  AdaptivePolicy policy_;
  std::optional<std::size_t> last_plan_;
  AdaptiveCounters counters_;
  LinkProbe probe_;
};

}  // namespace dnntune::split
