// SPDX-License-Identifier: Apache-2.0
// What an adaptive session decides, and what it decides by: pure, without a network, threads or a clock of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dnntune/adaptive.h"
#include "split/cloud_breaker.h"
#include "split/link_probe.h"
#include "split/plan_forecast.h"
#include "split/split_run.h"
#include "split/switch_rule.h"

namespace dnntune::split {

/// Times are seconds of one clock that does not go back. Not thread-safe.
class AdaptivePolicy {
 public:
  /// Throws invalid_argument for options out of their range, for no plans, and where energy is minimised and not known.
  AdaptivePolicy(const std::vector<Plan>& plans, const AdaptiveOptions& options, double now_s);

  struct Choice {
    std::size_t plan = 0;
    double predicted_ns = 0.0;
    double hedge_after_s = 0.0;
    LinkEstimate estimate;
  };
  /// The plan for a request that begins now.
  Choice choose(double now_s);
  /// What is known of this plan; it is not taken for the session's choice, and the cloud gets all the time of the deadline.
  Choice look_at(std::size_t plan) const;
  /// Bytes of the body of a probe to begin now, beside a request by this plan; nothing when none is due. One at a time.
  std::optional<std::int64_t> begin_probe(double now_s, std::size_t plan);
  /// Whether to begin one of the round trip alone now, after a request by this plan.
  bool begin_round_trip(double now_s, std::size_t plan);
  void hear_probe(const LinkProbe::Outcome& outcome, double now_s);
  /// A request by this plan has ended.
  void learn(std::size_t plan, const SplitResult& run, const CloudNews& news, double now_s);

  LinkEstimate estimate() const;
  /// Of the device, for a request that has ended.
  Cost energy_uj(const SplitResult& run, const CloudNews& news) const;
  /// Some plan needs no cloud.
  bool has_refuge() const noexcept { return on_device_.has_value(); }

 private:
  struct Known {
    PlanForecast forecast;
    bool met_cloud = false;  ///< An answer has come: connection and suffix are there.
  };
  double latency_ns(const Known& plan) const;
  std::vector<double> costs() const;
  double hedge_after_s(const Known& plan, double now_s) const;
  /// The cloud failed to answer what it was asked at `asked_s`.
  void doubt(bool silent, double asked_s, double now_s);

  const AdaptiveOptions options_;
  const Objective::Kind objective_;
  const Radio radio_;
  std::vector<Known> plans_;
  std::optional<std::size_t> on_device_;  ///< The plan without a cloud.
  double device_power_w_ = -1.0;          ///< Mean over its layers; negative: not known.

  LinkEstimator link_;
  Drift device_, cloud_;
  double wait_ns_ = 0.0;
  SwitchRule rule_;
  CloudBreaker breaker_;
  bool doubtful_ = false;
  double heard_at_s_;            ///< When the network last brought something.
  double probed_at_s_;           ///< When the last probe began.
  bool ask_once_more_ = false;   ///< The last probe was a surprise.
  struct Exchange {
    double bytes_up = 0.0, bytes_down = 0.0, seconds = 0.0;
  };
  Exchange last_, before_probe_;  ///< The last one that counted; the one right before the last probe.
  bool beside_ = true;           ///< The last probe began beside a request on the device, not after one that used the cloud.
};

}  // namespace dnntune::split
