// SPDX-License-Identifier: Apache-2.0
#include "split/adaptive_policy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::split {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kForgetWait = 0.3;     // share of the last request's wait in the mean
constexpr double kLeastDeviceNs = 2e5;  // a shorter prefix says nothing of the device's speed
/// Of the first exchange of a plan: metadata, the suffix's name, having it cut, the inference.
constexpr double kFirstRoundTrips = 4.0;
constexpr std::int64_t kLeastProbeBytes = 8 << 10;
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

}  // namespace

AdaptivePolicy::AdaptivePolicy(const std::vector<Plan>& plans, const AdaptiveOptions& options, double now_s)
    : options_(checked(options)), objective_(first_of(plans).objective), radio_(plans.front().link.radio), link_(plans.front().link, now_s), rule_(options_.margin, options_.patience),
      breaker_(whole_ns(options_.split.retry_after_s), whole_ns(options_.split.longest_retry_after_s)), heard_at_s_(now_s), probed_at_s_(now_s) {
  require_energy(plans);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    plans_.push_back({PlanForecast(plans[i].chosen), false});
    if (!plans_[i].forecast.uses_cloud() && !on_device_) on_device_ = i;
  }
  if (!on_device_) return;
  const PlanCost& cost = plans[*on_device_].chosen.cost;
  if (cost.device_uj.provenance != Provenance::unknown && cost.device_ns.value > 0.0) device_power_w_ = cost.device_uj.value * 1e3 / cost.device_ns.value;
}

LinkEstimate AdaptivePolicy::estimate() const {
  return {link_.up_bps(), link_.down_bps(), link_.round_trip_s(), wait_ns_ * 1e-9, cloud_.factor(), device_.factor(), doubtful_, link_.exchanges()};
}

double AdaptivePolicy::latency_ns(const Known& plan) const { return plan.forecast.latency_ns(link_, device_.factor(), cloud_.factor(), wait_ns_); }

std::vector<double> AdaptivePolicy::costs() const {
  std::vector<double> costs;
  for (const Known& plan : plans_) {
    const bool refused = doubtful_ && on_device_ && plan.forecast.uses_cloud();
    costs.push_back(refused ? kInfinite : objective_ == Objective::Kind::energy ? plan.forecast.energy_uj(link_, device_.factor(), radio_) : latency_ns(plan));
  }
  return costs;
}

double AdaptivePolicy::hedge_after_s(const Known& plan, double now_s) const {
  if (std::isinf(options_.hedge_deviations)) return options_.split.hedge_after_s;
  const double deviation = link_.deviation(now_s, plan.forecast.bytes_up(), plan.forecast.bytes_down());
  const double expected_s = plan.forecast.exchange_ns(link_, cloud_.factor(), wait_ns_) * 1e-9 + (plan.met_cloud ? 0.0 : kFirstRoundTrips * link_.round_trip_s());
  return std::min(options_.split.hedge_after_s, expected_s * std::exp(options_.hedge_deviations * deviation));
}

AdaptivePolicy::Choice AdaptivePolicy::choose(double now_s) {
  const std::size_t plan = rule_.choose(costs());
  return {plan, latency_ns(plans_[plan]), hedge_after_s(plans_[plan], now_s), estimate()};
}

AdaptivePolicy::Choice AdaptivePolicy::look_at(std::size_t plan) const { return {plan, latency_ns(plans_[plan]), options_.split.hedge_after_s, estimate()}; }

std::optional<std::int64_t> AdaptivePolicy::begin_probe(double now_s, std::size_t plan) {
  const bool cloud_is_a_choice = plans_.size() > 1 || !on_device_;
  if (plans_[plan].forecast.uses_cloud() || !cloud_is_a_choice || std::isinf(options_.probe_after_s)) return std::nullopt;
  const bool due = doubtful_ ? !breaker_.open(whole_ns(now_s)) : ask_once_more_ || now_s - heard_at_s_ >= options_.probe_after_s;
  if (!due) return std::nullopt;
  probed_at_s_ = now_s;
  beside_ = true;
  const auto showing = static_cast<std::int64_t>(std::min(kProbeShare * link_.round_trip_s() * link_.up_bps() / 8.0, 1e9));
  return std::min(std::max(showing, kLeastProbeBytes), options_.most_probe_bytes);
}

bool AdaptivePolicy::begin_round_trip(double now_s, std::size_t plan) {
  // Exchanges of one size do not tell a long round trip from a low rate. Now nothing of ours is on the link.
  if (plans_.size() == 1 || doubtful_ || !plans_[plan].forecast.uses_cloud() || std::isinf(options_.probe_after_s) || now_s - probed_at_s_ < options_.probe_after_s) return false;
  probed_at_s_ = now_s;
  beside_ = false;
  before_probe_ = last_;
  return true;
}

void AdaptivePolicy::hear_probe(const LinkProbe::Outcome& outcome, double now_s) {
  if (!beside_ && !outcome.failure.empty()) return;  // the next request will tell
  heard_at_s_ = now_s;
  if (!outcome.failure.empty()) {
    doubt(outcome.silent, probed_at_s_, now_s);
    return;
  }
  link_.observe(now_s, 0.0, 0.0, outcome.round_trip_s);
  // The exchange before it has been seen as a whole; now it is known how much of that the bytes took.
  if (!beside_) return link_.observe_transfer(now_s, before_probe_.bytes_up, before_probe_.bytes_down, before_probe_.seconds, outcome.round_trip_s);
  ask_once_more_ = link_.surprised();
  if (outcome.padded_s > 0.0) {
    link_.observe_transfer(now_s, static_cast<double>(outcome.bytes_up), static_cast<double>(outcome.bytes_down), outcome.padded_s, outcome.round_trip_s);
    ask_once_more_ = ask_once_more_ || link_.surprised();
  }
  doubtful_ = false;
  breaker_.close();
}

void AdaptivePolicy::doubt(bool silent, double asked_s, double now_s) {
  doubtful_ = true;
  if (!silent) return breaker_.failed(whole_ns(now_s));
  breaker_.silent(whole_ns(std::max(asked_s, 0.0)), whole_ns(now_s));
  link_.forget();
}

void AdaptivePolicy::learn(std::size_t plan_index, const SplitResult& run, const CloudNews& news, double now_s) {
  Known& plan = plans_[plan_index];
  if (run.path != Path::fallback && plan.forecast.device_ns() > kLeastDeviceNs) device_.observe(run.device_ns / plan.forecast.device_ns());
  switch (news.kind) {
    case CloudNews::Kind::nothing: return;
    case CloudNews::Kind::answered:
      doubtful_ = false;
      breaker_.close();
      heard_at_s_ = now_s;
      plan.met_cloud = true;
      if (news.first) return;
      last_ = {static_cast<double>(run.bytes_up), static_cast<double>(run.bytes_down), (news.exchange_ns - news.compute_ns - news.wait_ns) * 1e-9};
      link_.observe(now_s, last_.bytes_up, last_.bytes_down, last_.seconds);
      plan.forecast.observe(run.bytes_up, run.bytes_down, run.total_ns - run.device_ns - news.exchange_ns);
      if (news.compute_ns > 0.0 && plan.forecast.cloud_ns() > 0.0) cloud_.observe(news.compute_ns / plan.forecast.cloud_ns());
      wait_ns_ += kForgetWait * (news.wait_ns - wait_ns_);
      return;
    case CloudNews::Kind::late:
      doubtful_ = true;
      if (plan.met_cloud)
        link_.observe_at_least(now_s, plan.forecast.bytes_up(), plan.forecast.bytes_down(),
                               (run.exchange_ns - plan.forecast.cloud_ns() * cloud_.factor() - wait_ns_) * 1e-9);
      return;
    case CloudNews::Kind::failed: return doubt(news.silent, now_s - run.exchange_ns * 1e-9, now_s);
  }
}

Cost AdaptivePolicy::energy_uj(const SplitResult& run, const CloudNews& news) const {
  const bool sent = run.bytes_up > 0;
  if ((run.device_ns > 0.0 && device_power_w_ < 0.0) || (sent && radio_.name.empty())) return {0.0, 0.0, Provenance::unknown};
  Cost cost{std::max(device_power_w_, 0.0) * run.device_ns * 1e-3, 0.0, Provenance::predicted};
  if (!sent) return cost;
  // Of the exchange, what neither the cloud nor the round trip took; in proportion to the bytes' share, both directions alike.
  const double busy_s = std::max(0.0, (run.exchange_ns - news.compute_ns - news.wait_ns) * 1e-9 - link_.round_trip_s());
  cost.value += radio_uj(radio_, static_cast<double>(run.bytes_up), static_cast<double>(run.bytes_down), busy_s, 0.0);
  return cost;
}

}  // namespace dnntune::split
