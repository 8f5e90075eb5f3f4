// SPDX-License-Identifier: Apache-2.0
#include "split/plan_forecast.h"

#include <algorithm>
#include <cmath>

namespace dnntune::split {
namespace {

constexpr double kForget = 0.2;       // a sample's share in the mean: about five count
constexpr double kLongestForecastStep = 0.5;  // of a logarithm, before that: one sample moves a factor by 10 % at most

}  // namespace

void Drift::observe(double ratio) {
  if (ratio > 0.0 && std::isfinite(ratio)) log_ += kForget * std::clamp(std::log(ratio) - log_, -kLongestForecastStep, kLongestForecastStep);
}
double Drift::factor() const { return std::exp(log_); }

PlanForecast::PlanForecast(const Deployment& deployment)
    : cost_(deployment.cost), uses_cloud_(std::find(deployment.tiers.begin(), deployment.tiers.end(), Tier::cloud) != deployment.tiers.end()),
      bytes_up_(static_cast<double>(cost_.bytes_up)), bytes_down_(static_cast<double>(cost_.bytes_down)) {}

void PlanForecast::observe(std::int64_t bytes_up, std::int64_t bytes_down, double other_ns) {
  bytes_up_ = static_cast<double>(bytes_up);
  bytes_down_ = static_cast<double>(bytes_down);
  const double most = 0.1 * cost_.latency_ns().value;  // beyond, it was no habit
  other_ns_ += kForget * (std::clamp(other_ns, 0.0, most) - other_ns_);
}

double PlanForecast::exchange_ns(const LinkEstimator& link, double cloud_factor, double wait_ns) const {
  return uses_cloud_ ? link.seconds(bytes_up_, bytes_down_) * 1e9 + wait_ns + cost_.cloud_ns.value * cloud_factor : 0.0;
}

double PlanForecast::latency_ns(const LinkEstimator& link, double device_factor, double cloud_factor, double wait_ns) const {
  return cost_.device_ns.value * device_factor + exchange_ns(link, cloud_factor, wait_ns) + other_ns_;
}

double PlanForecast::energy_uj(const LinkEstimator& link, double device_factor, const Radio& radio) const {
  const double device = cost_.device_uj.value * device_factor;
  return uses_cloud_ ? device + radio_uj(radio, bytes_up_, bytes_down_, bytes_up_ * 8.0 / link.up_bps(), bytes_down_ * 8.0 / link.down_bps()) : device;
}

double radio_uj(const Radio& radio, double bytes_up, double bytes_down, double up_s, double down_s) {
  return (radio.up_alpha_w_per_mbps * bytes_up + radio.down_alpha_w_per_mbps * bytes_down) * 8.0 + radio.beta_w * (up_s + down_s) * 1e6;
}

}  // namespace dnntune::split
