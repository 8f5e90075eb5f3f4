// SPDX-License-Identifier: Apache-2.0
#include "split/link_estimator.h"

#include <algorithm>
#include <cmath>

namespace dnntune::split {
namespace {

using Vector = std::array<double, 3>;
using Matrix = std::array<Vector, 3>;

constexpr double kLeastSeconds = 1e-5;    // a loopback's round trip; logarithms need one
constexpr double kLeastBps = 1.0, kMostBps = 1e12;
// Standard deviations of logarithms. What is expected at first may be wrong by a factor of three or so.
constexpr double kStart = 1.2;
// A second's drift of rates, and of the round trip's mean; correlation of the rates' drifts. Of the drives of bench/drive.
constexpr double kDriftOfRates = 0.35, kDriftOfRoundTrip = 0.4, kTogether = 0.7;
// Of one exchange: where rates decide, and where the round trip does.
constexpr double kNoiseOfRates = 0.1, kNoiseOfRoundTrip = 0.4;
constexpr double kNoiseOfTransfers = 0.25;  // differences of two times
constexpr double kLeastTransfer = 0.1;      // of the whole: what is shorter does not show
constexpr int kIterations = 8;
constexpr double kLongestStep = 1.0;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector times(const Matrix& m, const Vector& v) { return {dot(m[0], v), dot(m[1], v), dot(m[2], v)}; }

/// Of what is expected, and of what was known before a surprise.
Matrix start_covariance() {
  constexpr double kVariance = kStart * kStart;
  return {Vector{kVariance, 0.0, 0.0}, Vector{0.0, kVariance, kTogether * kVariance}, Vector{0.0, kTogether * kVariance, kVariance}};
}

double log_per_byte(double bps) { return std::log(8.0 / std::clamp(bps, kLeastBps, kMostBps)); }

}  // namespace

LinkEstimator::LinkEstimator(const Link& expected, double now_s) : known_at_s_(now_s) {
  logs_ = {std::log(std::max(expected.round_trip_s, kLeastSeconds)), log_per_byte(expected.bandwidth_up_bps), log_per_byte(expected.bandwidth_down_bps)};
  covariance_ = start_covariance();
}

LinkEstimator::Linear LinkEstimator::at(const Vector& logs, double bytes_up, double bytes_down, bool with_round_trip) const {
  const Vector parts = {with_round_trip ? std::exp(logs[0]) : 0.0, bytes_up * std::exp(logs[1]), bytes_down * std::exp(logs[2])};
  const double total = parts[0] + parts[1] + parts[2];
  Linear linear{std::log(total), {parts[0] / total, parts[1] / total, parts[2] / total}, 0.0};
  const double jitter = kNoiseOfRoundTrip * linear.shares[0], rates = with_round_trip ? kNoiseOfRates : kNoiseOfTransfers;
  linear.noise = rates * rates + jitter * jitter;
  return linear;
}

LinkEstimator::Matrix LinkEstimator::drifted(double now_s) const {
  const double seconds = std::max(0.0, now_s - known_at_s_);
  const double rates = kDriftOfRates * kDriftOfRates * seconds, together = kTogether * rates;
  const Matrix more = {Vector{kDriftOfRoundTrip * kDriftOfRoundTrip * seconds, 0.0, 0.0}, Vector{0.0, rates, together}, Vector{0.0, together, rates}};
  Matrix result = covariance_;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) result[i][j] += more[i][j];
  // Nothing is less known than at the start; correlations stay.
  Vector scale{};
  for (std::size_t i = 0; i < 3; ++i) scale[i] = std::min(1.0, kStart / std::sqrt(result[i][i]));
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) result[i][j] *= scale[i] * scale[j];
  return result;
}

void LinkEstimator::observe(double now_s, double bytes_up, double bytes_down, double seconds) { update(now_s, bytes_up, bytes_down, seconds, true); }

void LinkEstimator::observe_transfer(double now_s, double bytes_up, double bytes_down, double seconds, double round_trip_s) {
  if (bytes_up + bytes_down > 0.0) update(now_s, bytes_up, bytes_down, std::max(seconds - round_trip_s, kLeastTransfer * seconds), false);
}

void LinkEstimator::update(double now_s, double bytes_up, double bytes_down, double seconds, bool with_round_trip) {
  const Matrix before = drifted(now_s);
  const Linear expected = at(logs_, bytes_up, bytes_down, with_round_trip);
  const double most = kSurprise * std::sqrt(dot(expected.shares, times(before, expected.shares)) + expected.noise);
  const double news = std::log(std::max(seconds, kLeastSeconds)) - expected.log_seconds;
  const double seen = expected.log_seconds + std::clamp(news, -most, most);

  // The most likely logarithms, by Gauss and Newton: the sum's shares change on the way.
  Vector logs = logs_, gain{};
  Linear here = expected;
  for (int i = 0; i < kIterations; ++i) {
    const Vector spread = times(before, here.shares);
    const double variance = dot(here.shares, spread) + here.noise;
    const Vector moved = {logs_[0] - logs[0], logs_[1] - logs[1], logs_[2] - logs[2]};
    const double innovation = seen - here.log_seconds - dot(here.shares, moved);
    for (std::size_t k = 0; k < 3; ++k) {
      gain[k] = spread[k] / variance;
      logs[k] += std::clamp(logs_[k] + gain[k] * innovation - logs[k], -kLongestStep, kLongestStep);
    }
    here = at(logs, bytes_up, bytes_down, with_round_trip);
  }
  const Vector spread = times(before, here.shares);
  const double variance = dot(here.shares, spread) + here.noise;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) covariance_[i][j] = before[i][j] - spread[i] * spread[j] / variance;
  surprised_ = std::abs(news) > most;
  if (surprised_) forget();  // the next exchange decides
  logs_ = logs;
  known_at_s_ = std::max(known_at_s_, now_s);
  ++exchanges_;
}

void LinkEstimator::observe_at_least(double now_s, double bytes_up, double bytes_down, double seconds) {
  if (seconds > this->seconds(bytes_up, bytes_down)) observe(now_s, bytes_up, bytes_down, seconds);
}

void LinkEstimator::forget() { covariance_ = start_covariance(); }

double LinkEstimator::seconds(double bytes_up, double bytes_down) const { return std::exp(at(logs_, bytes_up, bytes_down).log_seconds); }

double LinkEstimator::deviation(double now_s, double bytes_up, double bytes_down) const {
  const Linear linear = at(logs_, bytes_up, bytes_down);
  return std::sqrt(dot(linear.shares, times(drifted(now_s), linear.shares)) + linear.noise);
}

double LinkEstimator::round_trip_s() const { return std::exp(logs_[0]); }
double LinkEstimator::up_bps() const { return 8.0 / std::exp(logs_[1]); }
double LinkEstimator::down_bps() const { return 8.0 / std::exp(logs_[2]); }

}  // namespace dnntune::split
