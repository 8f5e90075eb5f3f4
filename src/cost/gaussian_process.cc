// SPDX-License-Identifier: Apache-2.0
#include "cost/gaussian_process.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <Eigen/Cholesky>

namespace dnntune::cost {
namespace {

using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kJitter = 1e-8;
constexpr double kOutlier = 3.0;

MatrixXd scaled(const MatrixXd& x, const std::vector<double>& lengths) {
  MatrixXd result = x;
  for (Index d = 0; d < x.cols(); ++d) result.col(d) /= lengths[static_cast<std::size_t>(d)];
  return result;
}

/// Between rows of a and of b, which are divided by the lengths.
MatrixXd covariance(const MatrixXd& a, const MatrixXd& b, const Hyperparameters& hyper) {
  MatrixXd squares = -2.0 * a * b.transpose();
  squares.colwise() += a.rowwise().squaredNorm();
  squares.rowwise() += b.rowwise().squaredNorm().transpose();
  const ArrayXXd r = (5.0 * squares.array().max(0.0)).sqrt();
  return (hyper.signal * hyper.signal * (1.0 + r + r.square() / 3.0) * (-r).exp() + hyper.offset * hyper.offset).matrix();
}

double own_variance(const Hyperparameters& hyper) { return hyper.signal * hyper.signal + hyper.offset * hyper.offset; }

/// Log of the likelihood of the samples, and of the hyperparameters: long lengths and small signals are likelier, so
/// that few samples do not invent structure.
double log_likelihood(const Samples& samples, const Hyperparameters& hyper) {
  const MatrixXd x = scaled(samples.x, hyper.lengths);
  MatrixXd k = covariance(x, x, hyper);
  k.diagonal() += samples.variance + VectorXd::Constant(x.rows(), hyper.noise * hyper.noise + kJitter);
  const Eigen::LLT<MatrixXd> root(k);
  if (root.info() != Eigen::Success) return -1e300;
  const VectorXd z = root.matrixL().solve(samples.y);
  double log = -0.5 * z.squaredNorm() - root.matrixLLT().diagonal().array().log().sum();
  for (const double length : hyper.lengths) log -= 0.25 * std::pow(std::log(length / 6.0), 2);
  return log - 0.5 * std::pow(std::log(hyper.signal / 0.1), 2) - 0.25 * std::pow(std::log(hyper.noise / 0.02), 2);
}

/// The first of a fixed shuffle: which samples they are does not depend on the machine.
Samples some_of(const Samples& samples, Index most) {
  const Index n = samples.x.rows();
  if (n <= most) return samples;
  Samples some{MatrixXd(most, samples.x.cols()), VectorXd(most), VectorXd(most)};
  for (Index i = 0; i < most; ++i) {
    const Index from = i * n / most;
    some.x.row(i) = samples.x.row(from);
    some.y(i) = samples.y(from);
    some.variance(i) = samples.variance(from);
  }
  return some;
}

/// Tries `values` for one hyperparameter and keeps the best.
template <typename Values>
void improve(const Samples& samples, Hyperparameters& hyper, double& parameter, const Values& values, double& best) {
  double kept = parameter;
  for (const double value : values) {
    if (value == kept) continue;
    parameter = value;
    const double log = log_likelihood(samples, hyper);
    if (log <= best) continue;
    best = log;
    kept = value;
  }
  parameter = kept;
}

/// Rows by the variance that those before them leave (a pivoted Cholesky factorisation).
std::vector<Index> spread_out(const MatrixXd& x, const Hyperparameters& hyper, Index most) {
  const Index n = x.rows();
  std::vector<Index> chosen;
  VectorXd left = VectorXd::Constant(n, own_variance(hyper));
  MatrixXd factor = MatrixXd::Zero(n, most);
  for (Index k = 0; k < most; ++k) {
    Index pivot = 0;
    const double largest = left.maxCoeff(&pivot);
    if (largest < 1e-6 * own_variance(hyper)) break;
    VectorXd column = covariance(x, x.row(pivot), hyper).col(0);
    if (k > 0) column -= factor.leftCols(k) * factor.row(pivot).head(k).transpose();
    column /= std::sqrt(largest);
    factor.col(k) = column;
    left = (left - column.cwiseAbs2()).cwiseMax(0.0);
    left(pivot) = 0.0;
    chosen.push_back(pivot);
  }
  return chosen;
}

}  // namespace

Hyperparameters GaussianProcess::likeliest(const Samples& all, Hyperparameters hyper, bool longest_only) {
  constexpr Index kMost = 224, kLeast = 6;
  if (all.x.rows() < kLeast) return hyper;
  const Samples samples = some_of(all, kMost);
  constexpr std::array lengths = {0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0};
  constexpr std::array signals = {0.02, 0.05, 0.1, 0.15};
  constexpr std::array noises = {0.004, 0.008, 0.015, 0.03, 0.06, 0.12, 0.24};
  double best = log_likelihood(samples, hyper);
  const Hyperparameters start = hyper;
  for (int round = 0; round < 2; ++round) {
    improve(samples, hyper, hyper.signal, signals, best);
    improve(samples, hyper, hyper.noise, noises, best);
    for (std::size_t d = 0; d < hyper.lengths.size(); ++d) {
      const auto column = samples.x.col(static_cast<Index>(d));
      if (column.maxCoeff() - column.minCoeff() < 1e-9) continue;
      std::vector<double> tried(lengths.begin(), lengths.end());
      if (longest_only) std::erase_if(tried, [&](double length) { return length < start.lengths[d]; });
      improve(samples, hyper, hyper.lengths[d], tried, best);
    }
  }
  improve(samples, hyper, hyper.noise, noises, best);
  return hyper;
}

GaussianProcess::GaussianProcess(const Samples& samples, Hyperparameters hyperparameters) : hyper_(std::move(hyperparameters)) {
  VectorXd variance = samples.variance.array() + hyper_.noise * hyper_.noise;
  solve(samples, variance);
  const Eigen::ArrayXd z2 = (samples.y - left_out_.mean).array().square() / left_out_.variance.array();
  if ((z2 <= kOutlier * kOutlier).all()) return;
  variance = variance.array() * (z2 / (kOutlier * kOutlier)).max(1.0);
  solve(samples, variance);
}

void GaussianProcess::solve(const Samples& samples, const VectorXd& variance) {
  const MatrixXd x = scaled(samples.x, hyper_.lengths);
  const Index n = x.rows();
  if (n <= kMostPoints) {
    points_ = x;
  } else {
    const std::vector<Index> chosen = spread_out(x, hyper_, kMostPoints);
    points_.resize(static_cast<Index>(chosen.size()), x.cols());
    for (std::size_t i = 0; i < chosen.size(); ++i) points_.row(static_cast<Index>(i)) = x.row(chosen[i]);
  }
  MatrixXd k = covariance(points_, points_, hyper_);
  k.diagonal().array() += kJitter + 1e-6 * own_variance(hyper_);
  const MatrixXd root = Eigen::LLT<MatrixXd>(k).matrixL();
  // Features in which the prior is white.
  const MatrixXd white = root.triangularView<Eigen::Lower>().solve(covariance(points_, x, hyper_));
  const VectorXd precision = variance.cwiseInverse();
  MatrixXd b = white * precision.asDiagonal() * white.transpose();
  b.diagonal().array() += 1.0;
  const MatrixXd inner = Eigen::LLT<MatrixXd>(b).matrixL();
  const VectorXd c = inner.triangularView<Eigen::Lower>().solve(white * (precision.cwiseProduct(samples.y)));
  weights_ = root.transpose().triangularView<Eigen::Upper>().solve(inner.transpose().triangularView<Eigen::Upper>().solve(c).eval());

  // In white features the prior's variance is |w|^2, and |inner^-1 w|^2 of it stays.
  const MatrixXd whitening = root.triangularView<Eigen::Lower>().solve(MatrixXd::Identity(root.rows(), root.cols()));
  const MatrixXd staying = inner.triangularView<Eigen::Lower>().solve(whitening);
  explained_ = whitening.transpose() * whitening - staying.transpose() * staying;

  const MatrixXd known = inner.triangularView<Eigen::Lower>().solve(white);
  const VectorXd mean = known.transpose() * c;
  const VectorXd spread = known.colwise().squaredNorm().transpose();
  const VectorXd apart = (VectorXd::Constant(n, own_variance(hyper_)) - white.colwise().squaredNorm().transpose()).cwiseMax(0.0);
  left_out_.mean.resize(n);
  left_out_.variance.resize(n);
  for (Index i = 0; i < n; ++i) {
    // How much of the mean at a sample is the sample's own.
    const double own = std::min(spread(i) * precision(i), 0.999);
    left_out_.mean(i) = (mean(i) - own * samples.y(i)) / (1.0 - own);
    left_out_.variance(i) = spread(i) / (1.0 - own) + apart(i) + variance(i);
  }
}

Prediction GaussianProcess::predict(const MatrixXd& x) const {
  const MatrixXd k = covariance(points_, scaled(x, hyper_.lengths), hyper_);
  Prediction result;
  result.mean = k.transpose() * weights_;
  const double noise = hyper_.noise * hyper_.noise;
  const Eigen::ArrayXd explained = k.cwiseProduct(explained_ * k).colwise().sum().transpose();
  result.variance = (own_variance(hyper_) + noise - explained).max(noise).matrix();
  return result;
}

}  // namespace dnntune::cost
