// SPDX-License-Identifier: Apache-2.0
#include "split/adaptive_run.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/error.h"

namespace dnntune::split {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kForgetWait = 0.3;     // share of the last request's wait in the mean
constexpr double kLeastDeviceNs = 2e5;  // a shorter prefix says nothing of the device's speed
/// Of the first exchange of a plan: metadata, the suffix's name, having it cut, the inference.
constexpr double kFirstRoundTrips = 4.0;
constexpr std::int64_t kLeastProbeBytes = 8 << 10;
/// Of a probe's body, relative to the whole request: what is shorter does not show.
constexpr double kLeastTransfer = 0.1;
/// A probe's body takes about this share of the round trip: shorter, it would not show; longer, it would cost.
constexpr double kProbeShare = 0.5;

AdaptiveOptions checked(AdaptiveOptions options) {
  const auto refuse = [](const char* field, double value, const char* rule) {
    throw Error(ErrorCode::invalid_argument, fmt::format("AdaptiveOptions: {} is {}, it must {}", field, value, rule));
  };
  if (options.most_cuts < 0 || options.most_cuts > 16) refuse("most_cuts", options.most_cuts, "be 0 to 16");
  if (!(options.margin >= 0.0) || std::isinf(options.margin)) refuse("margin", options.margin, "be finite and not negative");
  if (!(options.patience >= 0.0) || std::isinf(options.patience)) refuse("patience", options.patience, "be finite and not negative");
  if (!(options.probe_after_s >= 0.0)) refuse("probe_after_s", options.probe_after_s, "not be negative");
  if (options.most_probe_bytes < 0 || options.most_probe_bytes > (1 << 20)) refuse("most_probe_bytes", static_cast<double>(options.most_probe_bytes), "be 0 to 1048576");
  if (!(options.hedge_deviations >= 0.0)) refuse("hedge_deviations", options.hedge_deviations, "not be negative");
  return options;
}

const Plan& first_of(const std::vector<Plan>& plans) {
  if (plans.empty()) throw Error(ErrorCode::invalid_argument, "an adaptive session needs at least one plan");
  return plans.front();
}

/// What is minimised must be known of every plan.
void require_energy(const std::vector<Plan>& plans) {
  if (plans.front().objective != Objective::Kind::energy) return;
  for (const Plan& plan : plans) {
    const PlanForecast forecast(plan.chosen);
    if (forecast.device_ns() > 0.0 && plan.chosen.cost.device_uj.provenance == Provenance::unknown)
      throw Error(ErrorCode::invalid_argument, fmt::format("energy is minimised, and what the device's layers of '{}' take is not known", plan.chosen.name));
    if (forecast.uses_cloud() && plans.front().link.radio.name.empty())
      throw Error(ErrorCode::invalid_argument, fmt::format("energy is minimised, and link '{}' has no radio", plans.front().link.name));
  }
}

/// Where there is a plan to go to, the breaker is the session's and not each plan's: a plan that was in force when the cloud failed asks
/// whether it is ready before it sends tensors again, and no more.
SplitOptions options_of_plans(SplitOptions options, bool has_refuge) {
  if (has_refuge) options.retry_after_s = options.longest_retry_after_s = 0.0;
  return options;
}

}  // namespace

AdaptiveRun::AdaptiveRun(const Graph& graph, const std::vector<Plan>& plans, const std::string& url, AdaptiveOptions options)
    : given_(plans), options_(checked(std::move(options))), link_(first_of(plans).link, 0.0), rule_(options_.margin, options_.patience),
      breaker_(whole_ns(options_.split.retry_after_s), whole_ns(options_.split.longest_retry_after_s)), probe_(url, options_.split.connect) {
  require_energy(given_);
  for (std::size_t i = 0; i < given_.size(); ++i) {
    plans_.push_back({PlanForecast(given_[i].chosen), nullptr, false});
    if (!plans_[i].forecast.uses_cloud() && !on_device_) on_device_ = i;
  }
  // Whatever runs here, of whichever plan, has its weights from one place.
  const auto pool = std::make_shared<WeightPool>();
  const SplitOptions each = options_of_plans(options_.split, on_device_.has_value());
  for (std::size_t i = 0; i < given_.size(); ++i) plans_[i].run = SplitRun::make(graph, given_[i], url, each, pool);
  if (on_device_) {
    const PlanCost& cost = given_[*on_device_].chosen.cost;
    if (cost.device_uj.provenance != Provenance::unknown && cost.device_ns.value > 0.0) device_power_w_ = cost.device_uj.value * 1e3 / cost.device_ns.value;
  }
  heard_at_s_ = now_s();
  link_ = LinkEstimator(given_.front().link, heard_at_s_);
}

double AdaptiveRun::now_s() const { return options_.clock_s ? options_.clock_s() : static_cast<double>(base::now_ns()) * 1e-9; }

void AdaptiveRun::check(const Tensors& inputs) const {
  for (const Prepared& plan : plans_) plan.run->check(inputs);
}

LinkEstimate AdaptiveRun::current_estimate() const {
  return {link_.up_bps(), link_.down_bps(), link_.round_trip_s(), wait_ns_ * 1e-9, cloud_.factor(), device_.factor(), doubtful_, link_.exchanges()};
}

LinkEstimate AdaptiveRun::estimate() const {
  const std::lock_guard lock(mutex_);
  return current_estimate();
}

AdaptiveCounters AdaptiveRun::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

double AdaptiveRun::latency_ns(const Prepared& plan) const { return plan.forecast.latency_ns(link_, device_.factor(), cloud_.factor(), wait_ns_); }

std::vector<double> AdaptiveRun::costs() const {
  const Plan& first = given_.front();
  std::vector<double> costs;
  for (const Prepared& plan : plans_) {
    const bool refused = doubtful_ && on_device_ && plan.forecast.uses_cloud();
    costs.push_back(refused ? kInfinite
                    : first.objective == Objective::Kind::energy ? plan.forecast.energy_uj(link_, device_.factor(), first.link.radio)
                                                                : latency_ns(plan));
  }
  return costs;
}

double AdaptiveRun::hedge_after_s(const Prepared& plan, double now) const {
  if (std::isinf(options_.hedge_deviations)) return options_.split.hedge_after_s;
  const double deviation = link_.deviation(now, plan.forecast.bytes_up(), plan.forecast.bytes_down());
  const double expected_s = plan.forecast.exchange_ns(link_, cloud_.factor(), wait_ns_) * 1e-9 + (plan.met_cloud ? 0.0 : kFirstRoundTrips * link_.round_trip_s());
  return std::min(options_.split.hedge_after_s, expected_s * std::exp(options_.hedge_deviations * deviation));
}

AdaptiveJob AdaptiveRun::choose() {
  const std::lock_guard lock(mutex_);
  const double now = now_s();
  hear_probe(now);
  AdaptiveJob job;
  job.result.plan = rule_.choose(costs());
  const Prepared& plan = plans_[job.result.plan];
  job.result.switched = last_plan_ && *last_plan_ != job.result.plan;
  last_plan_ = job.result.plan;
  counters_.switches += job.result.switched ? 1 : 0;
  job.result.predicted_ns = latency_ns(plan);
  job.result.estimate = current_estimate();
  job.hedge_after_s = hedge_after_s(plan, now);
  start_probe(now, plan.forecast.uses_cloud());
  return job;
}

AdaptiveJob AdaptiveRun::choose(std::size_t plan) {
  const std::lock_guard lock(mutex_);
  AdaptiveJob job;
  job.result.plan = plan;
  job.result.predicted_ns = latency_ns(plans_[plan]);
  job.result.estimate = current_estimate();
  job.hedge_after_s = options_.split.hedge_after_s;
  return job;
}

void AdaptiveRun::hear_probe(double now) {
  const std::optional<LinkProbe::Outcome> outcome = probe_.take();
  if (!outcome) return;
  heard_at_s_ = now;
  counters_.probe_bytes_up += outcome->bytes_up;
  counters_.probe_bytes_down += outcome->bytes_down;
  if (!outcome->failure.empty()) {
    ++counters_.probes_failed;
    doubtful_ = true;
    breaker_.failed(whole_ns(now));
    return;
  }
  link_.observe(now, 0.0, 0.0, outcome->round_trip_s);
  if (outcome->padded_s > 0.0)
    link_.observe_transfer(now, static_cast<double>(outcome->bytes_up), static_cast<double>(outcome->bytes_down),
                           std::max(outcome->padded_s - outcome->round_trip_s, kLeastTransfer * outcome->padded_s));
  doubtful_ = false;
  breaker_.close();
}

void AdaptiveRun::start_probe(double now, bool uses_cloud) {
  const bool cloud_is_a_choice = plans_.size() > 1 || !on_device_;
  if (uses_cloud || !cloud_is_a_choice || probe_.running() || std::isinf(options_.probe_after_s)) return;
  const bool due = doubtful_ ? !breaker_.open(whole_ns(now)) : now - heard_at_s_ >= options_.probe_after_s;
  if (!due) return;
  const auto showing = static_cast<std::int64_t>(std::min(kProbeShare * link_.round_trip_s() * link_.up_bps() / 8.0, 1e9));
  probe_.start(std::min(std::max(showing, kLeastProbeBytes), options_.most_probe_bytes), options_.split.probe_timeout_s);
  ++counters_.probes;
}

AdaptiveResult AdaptiveRun::finish(AdaptiveJob job) {
  CloudNews news;
  SplitResult run = plans_[job.result.plan].run->finish(std::move(job.begun), job.hedge_after_s, news);
  const std::lock_guard lock(mutex_);
  learn(job, run, news, now_s());
  job.result.energy_uj = energy_uj(run, news);
  job.result.run = std::move(run);
  return std::move(job.result);
}

void AdaptiveRun::learn(const AdaptiveJob& job, const SplitResult& run, const CloudNews& news, double now) {
  ++counters_.requests;
  ++(run.path == Path::device ? counters_.on_device : run.path == Path::split ? counters_.split : run.path == Path::cloud ? counters_.in_cloud : counters_.fallbacks);
  Prepared& plan = plans_[job.result.plan];
  if (run.path != Path::fallback && plan.forecast.device_ns() > kLeastDeviceNs) device_.observe(run.device_ns / plan.forecast.device_ns());
  switch (news.kind) {
    case CloudNews::Kind::nothing: return;
    case CloudNews::Kind::answered:
      doubtful_ = false;
      breaker_.close();
      heard_at_s_ = now;
      plan.met_cloud = true;
      if (news.first) return;
      link_.observe(now, static_cast<double>(run.bytes_up), static_cast<double>(run.bytes_down), (news.exchange_ns - news.compute_ns - news.wait_ns) * 1e-9);
      plan.forecast.observe(run.bytes_up, run.bytes_down, run.total_ns - run.device_ns - news.exchange_ns);
      if (news.compute_ns > 0.0 && plan.forecast.cloud_ns() > 0.0) cloud_.observe(news.compute_ns / plan.forecast.cloud_ns());
      wait_ns_ += kForgetWait * (news.wait_ns - wait_ns_);
      return;
    case CloudNews::Kind::late:
      doubtful_ = true;
      if (plan.met_cloud)
        link_.observe_at_least(now, plan.forecast.bytes_up(), plan.forecast.bytes_down(),
                               (run.exchange_ns - plan.forecast.cloud_ns() * cloud_.factor() - wait_ns_) * 1e-9);
      return;
    case CloudNews::Kind::failed:
      doubtful_ = true;
      breaker_.failed(whole_ns(now));
      return;
  }
}

Cost AdaptiveRun::energy_uj(const SplitResult& run, const CloudNews& news) const {
  const Radio& radio = given_.front().link.radio;
  const bool sent = run.bytes_up > 0;
  if ((run.device_ns > 0.0 && device_power_w_ < 0.0) || (sent && radio.name.empty())) return {0.0, 0.0, Provenance::unknown};
  Cost cost{std::max(device_power_w_, 0.0) * run.device_ns * 1e-3, 0.0, Provenance::predicted};
  if (!sent) return cost;
  // Of the exchange, what neither the cloud nor the round trip took; in proportion to the bytes' share, both directions alike.
  const double busy_s = std::max(0.0, (run.exchange_ns - news.compute_ns - news.wait_ns) * 1e-9 - link_.round_trip_s());
  cost.value += radio_uj(radio, static_cast<double>(run.bytes_up), static_cast<double>(run.bytes_down), busy_s, 0.0);
  return cost;
}

}  // namespace dnntune::split
