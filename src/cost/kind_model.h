// SPDX-License-Identifier: Apache-2.0
// What is known of one kind of layer: samples, factors of the terms of their times, and a Gaussian process on what those leave, as logarithms.
#pragma once

#include <memory>
#include <vector>

#include "cost/gaussian_process.h"
#include "cost/terms.h"

namespace dnntune::cost {

/// A figure that is all its own prior: what scales it is one factor.
inline Terms whole_term(double ns) noexcept {
  Terms terms{};
  terms[kDispatch] = ns;
  return terms;
}

/// One measured layer.
struct Sample {
  std::vector<double> features;
  Terms terms{};           ///< Their sum is the prior.
  double log_ratio = 0.0;  ///< Of the measured time to the prior.
  double variance = 0.0;   ///< Of it, as measured.
  int network = 0;         ///< Which network it was part of.
};

struct Estimate {
  double log_ratio = 0.0;
  double variance = 0.0;
};

class KindModel {
 public:
  static constexpr std::size_t kMostSamples = 1024;

  /// Beyond kMostSamples takes the place of the sample most alike. Takes effect with `fit`. Returns where it is now.
  std::size_t add(Sample sample);
  /// A layer of this kind that took no time at all: a view.
  void add_nothing() { ++nothing_; }
  /// What was found about lengths stays.
  void clear_samples() noexcept { samples_.clear(); process_.reset(); }

  /// `few`: the prior is a model of another machine, so that differences are small and smooth.
  void fit(bool few);
  /// With hyperparameters found before.
  void fit(const Hyperparameters& hyper, std::size_t searched_at);

  bool known() const noexcept { return process_ != nullptr; }
  /// Most of its layers take no time.
  bool mostly_nothing() const noexcept { return nothing_ > samples_.size(); }
  /// Share of those that take time.
  double working_share() const noexcept;
  /// `terms`: one a row of `features`.
  std::vector<Estimate> predict(const Eigen::MatrixXd& features, const std::vector<Terms>& terms) const;
  /// Of every sample, from the others.
  std::vector<Estimate> left_out() const;

  const std::vector<Sample>& samples() const noexcept { return samples_; }
  std::size_t nothing() const noexcept { return nothing_; }
  void set_nothing(std::size_t count) { nothing_ = count; }
  std::size_t searched_at() const noexcept { return searched_at_; }
  const Hyperparameters& hyperparameters() const noexcept { return hyper_; }
  /// Of the log ratios of samples to their priors.
  double median() const noexcept { return median_; }
  bool dirty() const noexcept { return dirty_; }

 private:
  void learn_factors();
  /// Whether the process tells more than factors alone of networks that it was not shown. Layers of one network are alike in size and
  /// in what disturbed them: the likelihood of samples takes that for knowledge.
  bool foresees() const;
  void solve();
  /// What the factors say, as a log ratio to the prior.
  double expected(const Terms& terms) const noexcept;
  /// Log ratios of samples over what the factors say.
  std::vector<double> residuals() const;

  std::vector<Sample> samples_;
  std::size_t nothing_ = 0, searched_at_ = 0;
  Hyperparameters hyper_;
  double median_ = 0.0;
  Terms factors_{};       ///< Of the terms; the process is on what they leave.
  double stretch_ = 1.0;  ///< Of standard deviations, so that nine in ten of the samples lie within their intervals.
  std::shared_ptr<const GaussianProcess> process_;
  bool dirty_ = false;
};

/// 90 % quantile of |z| over that of a normal distribution, drawn towards 1 where there are few.
double stretch_of(std::vector<double> absolute_z);

}  // namespace dnntune::cost
