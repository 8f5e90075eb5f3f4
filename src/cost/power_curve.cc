// SPDX-License-Identifier: Apache-2.0
#include "cost/power_curve.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace dnntune::cost {
namespace {

/// Layers and runs at a number of threads that was not measured are off by this much more, relative to their power.
constexpr double kUnmeasuredError = 0.05;

using Curve = std::map<int, PowerCurve::Samples>;

FittedPower fitted(Curve::const_iterator at) { return fit_power(at->second.layers, at->second.runs); }

/// The two of a curve with two or more that a line through goes to `threads`, nearest first.
std::pair<Curve::const_iterator, Curve::const_iterator> neighbours(const Curve& curve, int threads) {
  auto above = curve.lower_bound(threads);
  if (above == curve.end()) above = std::prev(curve.end());
  if (above == curve.begin()) ++above;
  const auto below = std::prev(above);
  return std::abs(threads - below->first) <= std::abs(above->first - threads) ? std::pair(below, above) : std::pair(above, below);
}

/// The same with other powers.
FittedPower moved(FittedPower power, const std::array<double, 2>& watt) {
  std::array<double, 2> factor = {}, step = {};
  for (std::size_t state = 0; state < 2; ++state) {
    factor[state] = power.watt[state] > 0.0 ? watt[state] / power.watt[state] : 1.0;
    step[state] = watt[state] - power.watt[state];
  }
  power.watt = watt;
  // What makes one state's step wrong makes the other's wrong too.
  power.covariance = {power.covariance[0] * factor[0] * factor[0] + step[0] * step[0] / 3.0, power.covariance[1] * factor[0] * factor[1] + step[0] * step[1] / 3.0,
                      power.covariance[2] * factor[1] * factor[1] + step[1] * step[1] / 3.0};
  power.layer_error = std::hypot(power.layer_error, kUnmeasuredError);
  power.run_error = std::hypot(power.run_error, kUnmeasuredError);
  return power;
}

}  // namespace

PowerCurve::Samples& PowerCurve::at_least(int threads) {
  if (!measured(threads) && samples_.size() == kMostThreadCounts)
    samples_.erase(std::min_element(samples_.begin(), samples_.end(), [](const auto& a, const auto& b) {
      return a.second.layers.count + a.second.runs.count < b.second.layers.count + b.second.runs.count;
    }));
  return samples_[threads];
}

FittedPower PowerCurve::at(int threads) const {
  if (const auto found = samples_.find(threads); found != samples_.end()) return fitted(found);
  const auto [near, far] = samples_.size() > 1 ? neighbours(samples_, threads) : std::pair(samples_.begin(), samples_.end());
  const FittedPower nearest = fitted(near);
  const double ratio = static_cast<double>(threads) / near->first;
  std::array<double, 2> watt = {};
  for (std::size_t state = 0; state < 2; ++state) {
    const double known = nearest.watt[state];
    double slope = 0.5 * known / near->first;
    if (far != samples_.end()) slope = (fitted(far).watt[state] - known) / (far->first - near->first);
    watt[state] = std::clamp(known + slope * (threads - near->first), std::min(known, known * ratio), std::max(known, known * ratio));
  }
  return moved(nearest, watt);
}

}  // namespace dnntune::cost
