// SPDX-License-Identifier: Apache-2.0
#include "cost/factors.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Core>

namespace dnntune::cost {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index kTerms = static_cast<Index>(kTermCount);
/// The pull is that of as many layers as this, which have a term as large as layers have it on average.
constexpr double kDoubt = 1.0;
/// And as if a term were this large in them at least, relative to the whole layer.
constexpr double kLeastShare = 0.02;
constexpr double kUsualError = 0.1;
constexpr int kReweighted = 10, kSweeps = 200;

/// Of the common factor. Were a factor 0, a layer of which nothing but that term is known would take no time, and its logarithm be infinite.
constexpr double kLeastFactor = 1e-3;

/// Minimises x'Hx/2 - b'x over x >= kLeastFactor, one coordinate after another.
void descend(const MatrixXd& h, const VectorXd& b, VectorXd& x) {
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    double moved = 0.0;
    for (Index k = 0; k < x.size(); ++k) {
      const double value = std::max(kLeastFactor, x(k) + (b(k) - h.row(k).dot(x)) / h(k, k));
      moved = std::max(moved, std::abs(value - x(k)));
      x(k) = value;
    }
    if (moved < 1e-9 * x.maxCoeff()) return;
  }
}

}  // namespace

Terms factors_of(const std::vector<Timed>& layers, double common) {
  MatrixXd shares(static_cast<Index>(layers.size()), kTerms);
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (Index k = 0; k < kTerms; ++k) shares(static_cast<Index>(i), k) = common * layers[i].terms[static_cast<std::size_t>(k)] / layers[i].ns;
  const VectorXd pull = kDoubt * (shares.cwiseAbs2().colwise().mean().transpose().array() + kLeastShare * kLeastShare);
  VectorXd x = VectorXd::Ones(kTerms), weights = VectorXd::Ones(shares.rows());
  for (int round = 0; round < kReweighted; ++round) {
    const MatrixXd weighted = shares.transpose() * weights.asDiagonal();
    MatrixXd h = weighted * shares;
    h.diagonal() += pull;
    descend(h, weighted.rowwise().sum() + pull, x);
    weights = (1.0 + ((shares * x).array() - 1.0).square() / (kUsualError * kUsualError)).inverse();
  }
  Terms factors;
  for (Index k = 0; k < kTerms; ++k) factors[static_cast<std::size_t>(k)] = common * x(k);
  return factors;
}

}  // namespace dnntune::cost
