// SPDX-License-Identifier: Apache-2.0
#include "cost/power_fit.h"

#include <algorithm>
#include <cmath>

namespace dnntune::cost {
namespace {

/// No single energy is believed to be known better than this.
constexpr double kLeastSampleError = 0.05;
/// How far layers and runs are off while few were seen.
constexpr double kUnseenError = 0.15;
/// No power is known better than this: errors of layers measured in one go have a common part.
constexpr double kLeastPowerError = 0.02;
/// How much two states differ before anything is seen, relative to their mean.
constexpr double kStatesDiffer = 0.5;
/// How far a run's factor is from 1 before any is seen.
constexpr double kFactorError = 0.1;

double pow2(double x) { return x * x; }

/// A symmetric matrix of two rows: 0 0, 0 1, 1 1.
using Matrix = std::array<double, 3>;

double form(const Matrix& m, double a, double b) { return m[0] * a * a + 2.0 * m[1] * a * b + m[2] * b * b; }

/// The least of x' m x - 2 b x over x that are not negative; m is positive definite with this inverse, b not negative.
std::array<double, 2> solve_not_negative(const Matrix& m, const Matrix& inverse, const std::array<double, 2>& b) {
  const std::array<double, 2> free = {inverse[0] * b[0] + inverse[1] * b[1], inverse[1] * b[0] + inverse[2] * b[1]};
  if (free[0] < 0.0) return {0.0, b[1] / m[2]};
  if (free[1] < 0.0) return {b[0] / m[0], 0.0};
  return free;
}

/// Relative variance of samples about the fit. The two powers hide as much of it as two samples have.
double scatter(const PowerSums& sums, const std::array<double, 2>& watt) {
  return sums.residual(watt) / sums.weight + 2.0 * pow2(kUnseenError) / sums.count;
}

Cost energy_uj(const FittedPower& power, double factor, double error, const StateTimes& t, double spread_ns) {
  const double uj_per_nj = 1e-3 * factor;  // W x ns = nJ
  const double nj = power.watt[0] * t.computing_ns + power.watt[1] * t.moving_ns;
  const double watt = t.sum_ns() > 0.0 ? nj / t.sum_ns() : (power.watt[0] + power.watt[1]) / 2.0;
  const double variance = pow2(watt * spread_ns) + form(power.covariance, t.computing_ns, t.moving_ns) + pow2(nj) * (pow2(error) + pow2(kLeastPowerError));
  return {uj_per_nj * nj, uj_per_nj * std::sqrt(std::max(variance, 0.0)), Provenance::predicted};
}

}  // namespace

void PowerSums::add(const PowerSample& sample) {
  if (count >= kMostCount)
    for (double* sum : {&count, &weight, &zz, &xz[0], &xz[1], &xx[0], &xx[1], &xx[2]}) *sum *= 0.5;
  const double w = 1.0 / (pow2(sample.error) + pow2(kLeastSampleError));
  const double z = sample.watt / sample.scale_w;
  const double x0 = sample.computing_share / sample.scale_w, x1 = (1.0 - sample.computing_share) / sample.scale_w;
  count += 1.0;
  weight += w;
  zz += w * z * z;
  xz[0] += w * x0 * z;
  xz[1] += w * x1 * z;
  xx[0] += w * x0 * x0;
  xx[1] += w * x0 * x1;
  xx[2] += w * x1 * x1;
}

double PowerSums::residual(const std::array<double, 2>& watt) const noexcept {
  return std::max(0.0, zz - 2.0 * (watt[0] * xz[0] + watt[1] * xz[1]) + form(xx, watt[0], watt[1]));
}

PowerSums operator+(const PowerSums& a, const PowerSums& b) {
  return {a.count + b.count, a.weight + b.weight, a.zz + b.zz, {a.xz[0] + b.xz[0], a.xz[1] + b.xz[1]}, {a.xx[0] + b.xx[0], a.xx[1] + b.xx[1], a.xx[2] + b.xx[2]}};
}

FittedPower fit_power(const PowerSums& layers, const PowerSums& runs) {
  const PowerSums all = layers + runs;
  FittedPower fitted;
  const double one_state_w = (all.xz[0] + all.xz[1]) / form(all.xx, 1.0, 1.0);
  if (one_state_w > 0.0) {
    const double pull = 1.0 / pow2(kStatesDiffer * one_state_w);
    double variance = pow2(kUnseenError);
    for (int round = 0; round < 5; ++round) {
      const double known = all.count / (all.weight * variance);
      const Matrix m = {all.xx[0] * known + pull, all.xx[1] * known - pull, all.xx[2] * known + pull};
      // In a form that does not cancel out where all samples have the same shares.
      const double determinant = known * known * std::max(0.0, all.xx[0] * all.xx[2] - all.xx[1] * all.xx[1]) + known * pull * form(all.xx, 1.0, 1.0);
      fitted.covariance = {m[2] / determinant, -m[1] / determinant, m[0] / determinant};
      fitted.watt = solve_not_negative(m, fitted.covariance, {all.xz[0] * known, all.xz[1] * known});
      variance = scatter(all, fitted.watt);
    }
  }
  const double prior = 1.0 / pow2(kFactorError);
  fitted.run_factor = (fitted.watt[0] * runs.xz[0] + fitted.watt[1] * runs.xz[1] + prior) / (form(runs.xx, fitted.watt[0], fitted.watt[1]) + prior);
  if (layers.count > 0.0) fitted.layer_error = std::sqrt(scatter(layers, fitted.watt));
  // Layers are off at least as much as runs, which are sums of them.
  fitted.run_error = runs.count > 0.0 ? std::sqrt(scatter(runs, {fitted.run_factor * fitted.watt[0], fitted.run_factor * fitted.watt[1]})) : fitted.layer_error;
  if (layers.count <= 0.0) fitted.layer_error = std::hypot(fitted.run_error, kUnseenError);
  return fitted;
}

Cost layer_energy_uj(const FittedPower& power, const StateTimes& times, double spread_ns) { return energy_uj(power, 1.0, power.layer_error, times, spread_ns); }

Cost run_energy_uj(const FittedPower& power, const StateTimes& times, double spread_ns) {
  return energy_uj(power, power.run_factor, power.run_error, times, spread_ns);
}

}  // namespace dnntune::cost
