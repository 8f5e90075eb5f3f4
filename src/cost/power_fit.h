// SPDX-License-Identifier: Apache-2.0
// The power of a processor in each of two states, from measured energies: energy = P_computing t_computing + P_moving t_moving.
//
// Powers that depend on what a processor is doing are how meters of software work (PowerTutor: Zhang et al., CODES+ISSS 2010);
// that a layer's energy follows from its arithmetic and its bytes is the roofline's energy (Choi et al., IPDPS 2013). Both
// powers at least 0: least squares that are not negative (Lawson and Hanson, Solving Least Squares Problems, 1974, ch. 23), which
// for two unknowns are closed formulas.
#pragma once

#include <array>

#include "cost/state_times.h"
#include "dnntune/profile.h"

namespace dnntune::cost {

/// A layer or a run whose energy was measured.
struct PowerSample {
  double watt = 0.0;             ///< Energy over time.
  double computing_share = 0.0;  ///< Of the time.
  double scale_w = 1.0;          ///< The mean power of its network: errors are relative to it.
  double error = 0.0;            ///< Of the energy as measured, relative to the scale.
};

/// What a fit needs of any number of samples: sums over them, each with the weight 1 / (error^2 + least error^2). `z` is the power,
/// `x` the shares of the two states, both divided by the scale.
struct PowerSums {
  /// Beyond so many, what came before counts half: old samples are forgotten slowly.
  static constexpr double kMostCount = 4096.0;

  double count = 0.0;
  double weight = 0.0;
  double zz = 0.0;
  std::array<double, 2> xz = {};
  std::array<double, 3> xx = {};  ///< Of states 0 0, 0 1, 1 1.

  void add(const PowerSample& sample);
  /// Weighted sum of squares of what these powers do not explain.
  double residual(const std::array<double, 2>& watt) const noexcept;
};
PowerSums operator+(const PowerSums& a, const PowerSums& b);

/// At one number of threads, above idle.
struct FittedPower {
  std::array<double, 2> watt = {};        ///< Computing, moving.
  std::array<double, 3> covariance = {};  ///< Of those: 0 0, 0 1, 1 1; watt^2.
  double layer_error = 0.0, run_error = 0.0;  ///< Of one layer's or run's power, as a standard deviation relative to it.
  /// A run draws this much more than its layers: those are measured one at a time, with their data in the caches.
  double run_factor = 1.0;
};

/// Minimises sum w (z - x P)^2 / s^2 + (P_computing - P_moving)^2 / (d m)^2 over powers of at least 0; s is the scatter of the samples as
/// this fit leaves it, m the power that one state alone would have, d = 0.5 how much two states are taken to differ before
/// anything is seen. Samples of one kind alone leave the other state's power near theirs, with a wide covariance.
/// One of both sums at least has samples.
FittedPower fit_power(const PowerSums& layers, const PowerSums& runs);

/// Of so long in the states, where a standard deviation of the time is `spread_ns`: errors of the time, of the powers, and of
/// what they do not explain, which are taken as independent. Provenance predicted.
Cost layer_energy_uj(const FittedPower& power, const StateTimes& times, double spread_ns);
Cost run_energy_uj(const FittedPower& power, const StateTimes& times, double spread_ns);

}  // namespace dnntune::cost
