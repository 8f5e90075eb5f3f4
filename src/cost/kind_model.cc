// SPDX-License-Identifier: Apache-2.0
#include "cost/kind_model.h"

#include <algorithm>
#include <cmath>

#include "cost/factors.h"

namespace dnntune::cost {
namespace {

constexpr double kDefaultLength = 6.0;
/// Lengths and noise are searched again when there are this many times the samples.
constexpr double kSearchAgain = 1.3;

Samples matrix_of(const std::vector<Sample>& samples, const std::vector<double>& residuals) {
  const auto n = static_cast<Eigen::Index>(samples.size());
  const auto d = static_cast<Eigen::Index>(samples.front().features.size());
  Samples result{Eigen::MatrixXd(n, d), Eigen::VectorXd(n), Eigen::VectorXd(n)};
  for (Eigen::Index i = 0; i < n; ++i) {
    const Sample& sample = samples[static_cast<std::size_t>(i)];
    for (Eigen::Index k = 0; k < d; ++k) result.x(i, k) = sample.features[static_cast<std::size_t>(k)];
    result.y(i) = residuals[static_cast<std::size_t>(i)];
    result.variance(i) = sample.variance;
  }
  return result;
}

double median_of(const std::vector<Sample>& samples) {
  std::vector<double> ratios;
  for (const Sample& sample : samples) ratios.push_back(sample.log_ratio);
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  return *middle;
}

}  // namespace

double stretch_of(std::vector<double> z) {
  constexpr double kNormal90 = 1.645, kDoubt = 10.0;
  if (z.empty()) return 1.0;
  const std::size_t at = std::min(z.size() - 1, z.size() * 9 / 10);
  std::nth_element(z.begin(), z.begin() + static_cast<std::ptrdiff_t>(at), z.end());
  const double n = static_cast<double>(z.size());
  return std::clamp((n * z[at] / kNormal90 + kDoubt) / (n + kDoubt), 0.5, 3.0);
}

std::size_t KindModel::add(Sample sample) {
  dirty_ = true;
  if (samples_.size() < kMostSamples) {
    samples_.push_back(std::move(sample));
    return samples_.size() - 1;
  }
  const auto distance = [&](const Sample& other) {
    double sum = 0.0;
    for (std::size_t i = 0; i < sample.features.size(); ++i) sum += std::pow(other.features[i] - sample.features[i], 2);
    return sum;
  };
  const auto nearest = std::min_element(samples_.begin(), samples_.end(), [&](const Sample& a, const Sample& b) { return distance(a) < distance(b); });
  *nearest = std::move(sample);
  return static_cast<std::size_t>(nearest - samples_.begin());
}

double KindModel::working_share() const noexcept {
  const double n = static_cast<double>(samples_.size());
  return n / std::max(1.0, n + static_cast<double>(nothing_));
}

void KindModel::fit(bool few) {
  if (samples_.empty()) return;
  const std::size_t d = samples_.front().features.size();
  learn_factors();
  if (hyper_.lengths.size() != d) {
    hyper_ = {};
    hyper_.lengths.assign(d, few ? 4.0 * kDefaultLength : kDefaultLength);
    if (few) hyper_.signal = 0.1;
  }
  if (static_cast<double>(samples_.size()) >= kSearchAgain * static_cast<double>(searched_at_)) {
    const Samples all = matrix_of(samples_, residuals());
    hyper_ = GaussianProcess::likeliest(all, hyper_, few);
    searched_at_ = samples_.size();
  }
  solve();
}

void KindModel::fit(const Hyperparameters& hyper, std::size_t searched_at) {
  hyper_ = hyper;
  searched_at_ = searched_at;
  dirty_ = false;
  if (samples_.empty()) return;
  learn_factors();
  solve();
}

void KindModel::learn_factors() {
  median_ = median_of(samples_);
  std::vector<Timed> layers;
  for (const Sample& sample : samples_) layers.push_back({sample.terms, sum_of(sample.terms) * std::exp(sample.log_ratio)});
  factors_ = factors_of(layers, std::exp(median_));
}

double KindModel::expected(const Terms& terms) const noexcept {
  double ns = 0.0;
  for (std::size_t k = 0; k < kTermCount; ++k) ns += factors_[k] * terms[k];
  return std::log(ns / sum_of(terms));
}

std::vector<double> KindModel::residuals() const {
  std::vector<double> residuals;
  for (const Sample& sample : samples_) residuals.push_back(sample.log_ratio - expected(sample.terms));
  return residuals;
}

void KindModel::solve() {
  process_ = std::make_shared<const GaussianProcess>(matrix_of(samples_, residuals()), hyper_);
  std::vector<double> z;
  const Prediction& others = process_->left_out();
  const std::vector<double> left = residuals();
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    z.push_back(std::abs(left[i] - others.mean(row)) / std::sqrt(others.variance(row)));
  }
  stretch_ = stretch_of(std::move(z));
  dirty_ = false;
}

std::vector<Estimate> KindModel::predict(const Eigen::MatrixXd& features, const std::vector<Terms>& terms) const {
  const Prediction prediction = process_->predict(features);
  std::vector<Estimate> result(static_cast<std::size_t>(features.rows()));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    result[i] = {expected(terms[i]) + prediction.mean(row), prediction.variance(row) * stretch_ * stretch_};
  }
  return result;
}

std::vector<Estimate> KindModel::left_out() const {
  std::vector<Estimate> result(samples_.size());
  const Prediction& others = process_->left_out();
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    result[i] = {expected(samples_[i].terms) + others.mean(row), others.variance(row) * stretch_ * stretch_};
  }
  return result;
}

}  // namespace dnntune::cost
