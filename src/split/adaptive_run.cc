// SPDX-License-Identifier: Apache-2.0
#include "split/adaptive_run.h"

#include "base/clock.h"

namespace dnntune::split {
namespace {

/// Where there is a plan to go to, the breaker is the session's and not each plan's: a plan that was in force when the cloud failed asks
/// whether it is ready before it sends tensors again, and no more.
SplitOptions options_of_plans(SplitOptions options, bool has_refuge) {
  if (has_refuge) options.retry_after_s = options.longest_retry_after_s = 0.0;
  return options;
}

}  // namespace

AdaptiveRun::AdaptiveRun(const Graph& graph, const std::vector<Plan>& plans, const std::string& url, AdaptiveOptions options)
    : given_(plans), options_(std::move(options)), policy_(given_, options_, now_s()), probe_(url, options_.split.connect) {
  // Whatever runs here, of whichever plan, has its weights from one place.
  const auto pool = std::make_shared<WeightPool>();
  const SplitOptions each = options_of_plans(options_.split, policy_.has_refuge());
  for (const Plan& plan : given_) runs_.push_back(SplitRun::make(graph, plan, url, each, pool));
}

double AdaptiveRun::now_s() const { return options_.clock_s ? options_.clock_s() : static_cast<double>(base::now_ns()) * 1e-9; }

void AdaptiveRun::check(const Tensors& inputs) const {
  for (const std::unique_ptr<SplitRun>& run : runs_) run->check(inputs);
}

LinkEstimate AdaptiveRun::estimate() const {
  const std::lock_guard lock(mutex_);
  return policy_.estimate();
}

AdaptiveCounters AdaptiveRun::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

AdaptiveJob AdaptiveRun::job_of(const AdaptivePolicy::Choice& choice) {
  AdaptiveJob job;
  job.result.plan = choice.plan;
  job.result.predicted_ns = choice.predicted_ns;
  job.result.estimate = choice.estimate;
  job.hedge_after_s = choice.hedge_after_s;
  return job;
}

AdaptiveJob AdaptiveRun::choose() {
  const std::lock_guard lock(mutex_);
  const double now = now_s();
  hear_probe(now);
  AdaptiveJob job = job_of(policy_.choose(now));
  job.result.switched = last_plan_ && *last_plan_ != job.result.plan;
  last_plan_ = job.result.plan;
  counters_.switches += job.result.switched ? 1 : 0;
  job.chosen = true;
  if (!probe_.running())
    if (const std::optional<std::int64_t> bytes = policy_.begin_probe(now, job.result.plan)) start_probe(*bytes);
  return job;
}

AdaptiveJob AdaptiveRun::choose(std::size_t plan) {
  const std::lock_guard lock(mutex_);
  return job_of(policy_.look_at(plan));
}

void AdaptiveRun::hear_probe(double now) {
  const std::optional<LinkProbe::Outcome> outcome = probe_.take();
  if (!outcome) return;
  counters_.probe_bytes_up += outcome->bytes_up;
  counters_.probe_bytes_down += outcome->bytes_down;
  counters_.probes_failed += outcome->failure.empty() ? 0 : 1;
  policy_.hear_probe(*outcome, now);
}

void AdaptiveRun::start_probe(std::int64_t bytes) {
  probe_.start(bytes, options_.split.probe_timeout_s);
  ++counters_.probes;
}

AdaptiveResult AdaptiveRun::finish(AdaptiveJob job) {
  CloudNews news;
  SplitResult run = runs_[job.result.plan]->finish(std::move(job.begun), job.hedge_after_s, news);
  const std::lock_guard lock(mutex_);
  ++counters_.requests;
  ++(run.path == Path::device ? counters_.on_device : run.path == Path::split ? counters_.split : run.path == Path::cloud ? counters_.in_cloud : counters_.fallbacks);
  const double now = now_s();
  hear_probe(now);
  policy_.learn(job.result.plan, run, news, now);
  if (job.chosen && !probe_.running() && policy_.begin_round_trip(now, job.result.plan)) start_probe(0);
  job.result.energy_uj = policy_.energy_uj(run, news);
  job.result.run = std::move(run);
  return std::move(job.result);
}

}  // namespace dnntune::split
