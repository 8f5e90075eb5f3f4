// SPDX-License-Identifier: Apache-2.0
// An adaptive policy on the road, worked out and not run: layers, links and probes take what a trace and a few figures say, to the nanosecond.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <vector>

#include "dnntune/trace.h"
#include "split/adaptive_policy.h"

namespace dnntune::test {

/// What a plan takes, and with it device only from the same start.
struct SimulatedPlan {
  double device_s = 0.0, cloud_s = 0.0;
  double bytes_up = 0.0, bytes_down = 0.0;
  double suffix_here_s = 0.0;  ///< The cloud's layers on the device.
  bool uses_cloud() const { return bytes_up > 0.0; }
};

inline std::vector<Plan> plans_of(const std::vector<SimulatedPlan>& simulated, const Link& expected) {
  std::vector<Plan> plans;
  for (const SimulatedPlan& each : simulated) {
    Plan plan;
    plan.link = expected;
    plan.chosen.tiers = {each.uses_cloud() ? Tier::cloud : Tier::device};
    plan.chosen.cost.device_ns = {each.device_s * 1e9, 0.0, Provenance::measured};
    plan.chosen.cost.cloud_ns = {each.cloud_s * 1e9, 0.0, Provenance::measured};
    plan.chosen.cost.bytes_up = static_cast<std::int64_t>(each.bytes_up);
    plan.chosen.cost.bytes_down = static_cast<std::int64_t>(each.bytes_down);
    plans.push_back(std::move(plan));
  }
  return plans;
}

struct SimulatedRequest {
  double start_s = 0.0, seconds = 0.0;
  std::size_t plan = 0, best_plan = 0;
  bool fallback = false;
  double best_s = 0.0;        ///< Of the plan that takes least from this start, alone: the clairvoyant's.
  double predicted_s = 0.0;
  LinkEstimate estimate;
};

/// One session on one trace. Requests begin `period_s` apart, later where one takes longer.
class SimulatedDrive {
 public:
  SimulatedDrive(LinkTrace trace, std::vector<SimulatedPlan> plans, AdaptiveOptions options, const Link& expected, double jitter = 0.0)
      : trace_(std::move(trace)), plans_(std::move(plans)), options_(options), jitter_(jitter), owed_until_s_(plans_.size(), 0.0), policy_(plans_of(plans_, expected), options, 0.0) {
    for (std::size_t i = 0; i < plans_.size(); ++i) meet(i);
  }

  std::vector<SimulatedRequest> run(double period_s, double until_s) {
    std::vector<SimulatedRequest> requests;
    for (double now = 0.0; now < until_s; now = std::max(now + period_s, now + requests.back().seconds)) requests.push_back(request(now));
    return requests;
  }

  int probes() const { return probes_; }

 private:
  /// Seconds of an exchange that begins at `start_s`; infinite when nothing comes back.
  double exchange_s(double start_s, double up, double down, double between_s) const {
    const double sent = trace_.end_s(LinkTrace::Way::up, start_s, up);
    if (!std::isfinite(sent)) return sent;
    return trace_.end_s(LinkTrace::Way::down, sent + trace_.at(sent).round_trip_s + between_s, down) - start_s;
  }

  double noisy(double seconds) { return jitter_ > 0.0 ? seconds * std::exp(jitter_ * normal_(random_)) : seconds; }

  /// Warm: every plan has had an answer, as after AdaptiveSession::warm_up.
  void meet(std::size_t plan) {
    if (!plans_[plan].uses_cloud()) return;
    split::CloudNews news;
    news.kind = split::CloudNews::Kind::answered;
    news.first = true;
    SplitResult run;
    run.path = Path::cloud;
    run.device_ns = plans_[plan].device_s * 1e9;
    policy_.learn(plan, run, news, 0.0);
  }

  double alone_s(const SimulatedPlan& plan, double start_s) const {
    if (!plan.uses_cloud()) return plan.device_s;
    const double answered = plan.device_s + exchange_s(start_s + plan.device_s, plan.bytes_up, plan.bytes_down, plan.cloud_s);
    return answered <= options_.split.deadline_s ? answered : options_.split.deadline_s + plan.suffix_here_s;
  }

  SimulatedRequest request(double now) {
    hear_probe(now);
    const split::AdaptivePolicy::Choice choice = policy_.choose(now);
    if (!probe_) start_probe(now, policy_.begin_probe(now, choice.plan));
    SimulatedRequest request{now, 0.0, choice.plan, 0, false, 0.0, choice.predicted_ns * 1e-9, choice.estimate};
    request.best_s = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < plans_.size(); ++i)
      if (const double alone = alone_s(plans_[i], now); alone < request.best_s) request.best_s = alone, request.best_plan = i;
    SplitResult run;
    split::CloudNews news;
    carry_out(choice, now, run, news);
    request.seconds = run.total_ns * 1e-9;
    request.fallback = run.path == Path::fallback;
    const double ended = now + request.seconds;
    hear_probe(ended);
    policy_.learn(choice.plan, run, news, ended);
    if (!probe_ && policy_.begin_round_trip(ended, choice.plan)) start_probe(ended, 0);
    return request;
  }

  void carry_out(const split::AdaptivePolicy::Choice& choice, double now, SplitResult& run, split::CloudNews& news) {
    using Kind = split::CloudNews::Kind;
    const SimulatedPlan& plan = plans_[choice.plan];
    const double device_s = noisy(plan.device_s), asked = now + device_s;
    run.device_ns = device_s * 1e9;
    run.path = plan.uses_cloud() ? Path::cloud : Path::device;
    if (!plan.uses_cloud()) return end(run, device_s);
    const double suffix_s = noisy(plan.suffix_here_s);
    if (owed_until_s_[choice.plan] > asked) return fall_back(run, device_s + suffix_s, suffix_s);  // an earlier answer is still awaited
    const double cloud_s = noisy(plan.cloud_s), answer_s = exchange_s(asked, plan.bytes_up, plan.bytes_down, cloud_s), deadline_s = options_.split.deadline_s - device_s;
    const double first_s = std::min(answer_s, deadline_s), here_s = choice.hedge_after_s + suffix_s;
    if (choice.hedge_after_s < first_s && here_s < first_s) {  // the device was first
      news.kind = Kind::late;
      run.exchange_ns = here_s * 1e9;
      owed_until_s_[choice.plan] = asked + first_s;
      return fall_back(run, device_s + here_s, suffix_s);
    }
    if (answer_s > deadline_s) {
      news.kind = Kind::failed;
      news.silent = true;
      run.exchange_ns = deadline_s * 1e9;
      const double rest_s = choice.hedge_after_s < deadline_s ? here_s - deadline_s : suffix_s;
      return fall_back(run, device_s + deadline_s + rest_s, suffix_s);
    }
    news.kind = Kind::answered;
    news.exchange_ns = answer_s * 1e9;
    news.compute_ns = cloud_s * 1e9;
    run.exchange_ns = news.exchange_ns;
    run.bytes_up = static_cast<std::int64_t>(plan.bytes_up);
    run.bytes_down = static_cast<std::int64_t>(plan.bytes_down);
    end(run, device_s + answer_s);
  }

  static void end(SplitResult& run, double seconds) { run.total_ns = seconds * 1e9; }
  static void fall_back(SplitResult& run, double seconds, double here_s) {
    run.path = Path::fallback;
    run.device_ns += here_s * 1e9;
    end(run, seconds);
  }

  void start_probe(double now, std::optional<std::int64_t> bytes) {
    if (!bytes) return;
    ++probes_;
    const double patience_s = options_.split.probe_timeout_s;
    const double empty_s = exchange_s(now, 1.0, 1.0, 0.0), second_s = std::isfinite(empty_s) ? exchange_s(now + empty_s, 1.0, 1.0, 0.0) : empty_s;
    probe_.emplace();
    probe_ends_s_ = now + patience_s;
    if (empty_s > patience_s || second_s > patience_s) {
      probe_->failure = "no answer", probe_->silent = true;
      return;
    }
    probe_->round_trip_s = std::min(empty_s, second_s);
    probe_ends_s_ = now + empty_s + second_s;
    if (*bytes == 0) return;
    probe_->bytes_up = *bytes;
    probe_->padded_s = exchange_s(now + empty_s + second_s, static_cast<double>(*bytes), 1.0, 0.0);
    probe_ends_s_ = now + empty_s + second_s + std::min(probe_->padded_s, patience_s);
    if (probe_->padded_s > patience_s) probe_->failure = "no answer", probe_->silent = true;
  }

  void hear_probe(double now) {
    if (!probe_ || probe_ends_s_ > now) return;
    policy_.hear_probe(*probe_, now);
    probe_.reset();
  }

  const LinkTrace trace_;
  const std::vector<SimulatedPlan> plans_;
  const AdaptiveOptions options_;
  const double jitter_;
  std::vector<double> owed_until_s_;
  split::AdaptivePolicy policy_;
  std::optional<split::LinkProbe::Outcome> probe_;
  double probe_ends_s_ = 0.0;
  int probes_ = 0;
  std::mt19937 random_{7};
  std::normal_distribution<double> normal_;
};

}  // namespace dnntune::test
