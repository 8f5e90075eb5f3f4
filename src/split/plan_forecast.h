// SPDX-License-Identifier: Apache-2.0
// What prepared plans should cost now: their predicted parts, corrected by what parts took lately, over a link as it is estimated.
#pragma once

#include <cstdint>

#include "dnntune/plan.h"
#include "split/link_estimator.h"

namespace dnntune::split {

/// What something takes relative to its prediction: a mean of logarithms that forgets, and that no single sample moves far. Pure.
class Drift {
 public:
  void observe(double ratio);
  double factor() const;

 private:
  double log_ = 0.0;
};

/// The parts of one plan's cost.
class PlanForecast {
 public:
  explicit PlanForecast(const Deployment& deployment);

  bool uses_cloud() const noexcept { return uses_cloud_; }
  double device_ns() const noexcept { return cost_.device_ns.value; }
  double cloud_ns() const noexcept { return cost_.cloud_ns.value; }
  double bytes_up() const noexcept { return bytes_up_; }
  double bytes_down() const noexcept { return bytes_down_; }

  /// An answered request: bodies' bytes, headers of tensors included, and the time that went neither into layers nor into the exchange.
  void observe(std::int64_t bytes_up, std::int64_t bytes_down, double other_ns);

  /// From the request being sent to the answer; 0 for a plan without a cloud.
  double exchange_ns(const LinkEstimator& link, double cloud_factor, double wait_ns) const;
  double latency_ns(const LinkEstimator& link, double device_factor, double cloud_factor, double wait_ns) const;
  /// Of the device, as PlanCost::energy_uj.
  double energy_uj(const LinkEstimator& link, double device_factor, const Radio& radio) const;

 private:
  PlanCost cost_;
  bool uses_cloud_ = false;
  double bytes_up_ = 0.0, bytes_down_ = 0.0;
  double other_ns_ = 0.0;
};

/// Of the bits and of the time of their transfer.
double radio_uj(const Radio& radio, double bytes_up, double bytes_down, double up_s, double down_s);

}  // namespace dnntune::split
