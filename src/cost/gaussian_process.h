// SPDX-License-Identifier: Apache-2.0
// Regression with a Gaussian process on a bounded number of inducing points (Titsias, AISTATS 2009; the points chosen
// greedily as in Burt et al., ICML 2019). With no more samples than points it is the exact process.
#pragma once

#include <vector>

#include <Eigen/Core>

namespace dnntune::cost {

/// Covariance: signal^2 x Matern 5/2 with a length each feature, plus offset^2 for all alike.
struct Hyperparameters {
  std::vector<double> lengths;  ///< One a feature, in its units.
  double signal = 0.1;
  double noise = 0.03;          ///< Standard deviation of a sample, beside what it says of itself.
  double offset = 0.05;
};

/// Samples, one a row of `x`.
struct Samples {
  Eigen::MatrixXd x;
  Eigen::VectorXd y;
  Eigen::VectorXd variance;  ///< Of each y, as measured.
};

struct Prediction {
  Eigen::VectorXd mean;
  Eigen::VectorXd variance;  ///< Of the function and of a sample's noise.
};

class GaussianProcess {
 public:
  static constexpr Eigen::Index kMostPoints = 160;

  /// Lengths, signal and noise at which the samples (at most 224 of them) are likeliest, on a grid, one after another.
  /// `start` is where to look first; fewer than 6 samples leave it as it is. `longest_only`: lengths shorter than
  /// start's are not tried.
  static Hyperparameters likeliest(const Samples& samples, Hyperparameters start, bool longest_only);

  /// Samples that lie more than 3 standard deviations from what the others say count less.
  GaussianProcess(const Samples& samples, Hyperparameters hyperparameters);

  /// `x`: one a row.
  Prediction predict(const Eigen::MatrixXd& x) const;
  /// Of each sample from the others.
  const Prediction& left_out() const noexcept { return left_out_; }
  const Hyperparameters& hyperparameters() const noexcept { return hyper_; }

 private:
  void solve(const Samples& samples, const Eigen::VectorXd& variance);

  Hyperparameters hyper_;
  Eigen::MatrixXd points_;          ///< Inducing, divided by the lengths.
  Eigen::MatrixXd explained_;       ///< What the samples take off the prior's variance at a point is k' times this times k, k being its row of K_*m.
  Eigen::VectorXd weights_;         ///< The mean is K_*m times these.
  Prediction left_out_;
};

}  // namespace dnntune::cost
