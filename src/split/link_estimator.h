// SPDX-License-Identifier: Apache-2.0
// What exchanges tell of a link: an extended Kalman filter over the logarithms of its round trip and rates.
#pragma once

#include <array>
#include <cstdint>

#include "dnntune/link.h"

namespace dnntune::split {

/// An exchange is taken to last
///
///   round trip + bytes up / rate up + bytes down / rate down,
///
/// each term drifting by chance: the three logarithms are random walks, those of the rates together. One exchange gives one equation for three unknowns;
/// the filter changes those terms most that make up most of the time and are least known. The observed quantity is the logarithm
/// of the time, whose error is relative: small for what rates decide, large for round trips, which differ from one to the next. An
/// exchange beyond `kSurprise` standard deviations moves the estimate no further than one at that distance would: a stall is half forgotten,
/// a change of the link is believed at the second exchange. Pure: times come from the caller, in seconds, never going back.
class LinkEstimator {
 public:
  LinkEstimator(const Link& expected, double now_s);

  /// Bodies' bytes, and the time without the server's computing and queue.
  void observe(double now_s, double bytes_up, double bytes_down, double seconds);
  /// An exchange beside which the round trip was measured: what bytes alone took is the difference.
  void observe_transfer(double now_s, double bytes_up, double bytes_down, double seconds, double round_trip_s);
  /// An exchange that had not ended after that long.
  void observe_at_least(double now_s, double bytes_up, double bytes_down, double seconds);
  /// The link was gone: what was known of it is worth no more than what was expected at first.
  void forget();

  /// What an exchange should take.
  double seconds(double bytes_up, double bytes_down) const;
  /// Standard deviation of the logarithm of the next one's time.
  double deviation(double now_s, double bytes_up, double bytes_down) const;

  double round_trip_s() const;
  double up_bps() const;
  double down_bps() const;
  std::int64_t exchanges() const noexcept { return exchanges_; }
  /// The last exchange was a surprise: the next one decides.
  bool surprised() const noexcept { return surprised_; }

  static constexpr double kSurprise = 3.0;

 private:
  using Vector = std::array<double, 3>;  ///< Round trip, up, down.
  using Matrix = std::array<Vector, 3>;
  struct Linear {
    double log_seconds = 0.0;
    Vector shares{};  ///< Of each term in the time: the gradient.
    double noise = 0.0;  ///< Variance of an observation.
  };
  Linear at(const Vector& logs, double bytes_up, double bytes_down, bool with_round_trip = true) const;
  void update(double now_s, double bytes_up, double bytes_down, double seconds, bool with_round_trip);
  Matrix drifted(double now_s) const;

  Vector logs_{};     ///< Of seconds, and of seconds a byte.
  Matrix covariance_{};
  double known_at_s_ = 0.0;
  std::int64_t exchanges_ = 0;
  bool surprised_ = false;
};

}  // namespace dnntune::split
