// SPDX-License-Identifier: Apache-2.0
// The process against formulas by hand, and against functions it must find again.
#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include "cost/gaussian_process.h"

using namespace dnntune::cost;

namespace {

Samples samples_of(int n, int features, double noise, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  Samples s{Eigen::MatrixXd(n, features), Eigen::VectorXd(n), Eigen::VectorXd::Zero(n)};
  for (int i = 0; i < n; ++i) {
    for (int d = 0; d < features; ++d) s.x(i, d) = 8.0 * unit();
    s.y(i) = 0.3 * std::sin(s.x(i, 0)) + noise * (unit() + unit() + unit() + unit() - 2.0) * std::sqrt(3.0);
  }
  return s;
}

Hyperparameters hyper_of(int features, double length) {
  Hyperparameters h;
  h.lengths.assign(static_cast<std::size_t>(features), length);
  return h;
}

}  // namespace

TEST_CASE("one sample: mean and variance by hand") {
  Samples s{Eigen::MatrixXd::Zero(1, 1), Eigen::VectorXd::Constant(1, 0.5), Eigen::VectorXd::Constant(1, 0.01)};
  Hyperparameters h = hyper_of(1, 2.0);
  h.signal = 0.4;
  h.offset = 0.3;
  h.noise = 0.1;
  const GaussianProcess process(s, h);
  Eigen::MatrixXd x(2, 1);
  x << 0.0, 2.0;
  const Prediction p = process.predict(x);
  const double own = 0.16 + 0.09, noise = 0.01 + 0.01, r = std::sqrt(5.0);
  const double apart = 0.16 * (1.0 + r + r * r / 3.0) * std::exp(-r) + 0.09;
  CHECK(p.mean(0) == doctest::Approx(own / (own + noise) * 0.5).epsilon(1e-4));
  CHECK(p.mean(1) == doctest::Approx(apart / (own + noise) * 0.5).epsilon(1e-4));
  CHECK(p.variance(0) == doctest::Approx(own - own * own / (own + noise) + 0.01).epsilon(1e-3));
  CHECK(p.variance(1) == doctest::Approx(own - apart * apart / (own + noise) + 0.01).epsilon(1e-3));
}

TEST_CASE("a sample left out is predicted as if it had never been there") {
  const Samples all = samples_of(30, 2, 0.02, 1);
  const Hyperparameters h = hyper_of(2, 3.0);
  const GaussianProcess process(all, h);
  Samples fewer{all.x.topRows(29), all.y.head(29), all.variance.head(29)};
  const Prediction expected = GaussianProcess(fewer, h).predict(all.x.bottomRows(1));
  CHECK(process.left_out().mean(29) == doctest::Approx(expected.mean(0)).epsilon(1e-3));
  CHECK(process.left_out().variance(29) == doctest::Approx(expected.variance(0)).epsilon(0.02));
}

TEST_CASE("it finds which feature matters, and the noise") {
  const Samples s = samples_of(200, 4, 0.03, 2);
  const Hyperparameters h = GaussianProcess::likeliest(s, hyper_of(4, 6.0), false);
  CHECK(h.lengths[0] <= 4.0);
  for (std::size_t d = 1; d < 4; ++d) CHECK(h.lengths[d] >= 16.0);
  CHECK(h.noise >= 0.015);
  CHECK(h.noise <= 0.06);
}

TEST_CASE("more samples than points: the function is found, intervals hold") {
  const Samples s = samples_of(900, 2, 0.03, 3), other = samples_of(500, 2, 0.03, 4);
  const GaussianProcess process(s, GaussianProcess::likeliest(s, hyper_of(2, 6.0), false));
  const Prediction p = process.predict(other.x);
  int within = 0;
  double squares = 0.0;
  for (Eigen::Index i = 0; i < other.y.size(); ++i) {
    squares += std::pow(p.mean(i) - 0.3 * std::sin(other.x(i, 0)), 2);
    within += std::abs(p.mean(i) - other.y(i)) <= 1.645 * std::sqrt(p.variance(i)) ? 1 : 0;
  }
  CHECK(std::sqrt(squares / 500.0) < 0.012);
  CHECK(within >= 425);
  CHECK(within <= 490);
}

TEST_CASE("a wild sample counts less") {
  Samples s = samples_of(100, 1, 0.01, 5);
  Hyperparameters h = hyper_of(1, 1.0);
  h.noise = 0.015;
  const Eigen::MatrixXd x = s.x.row(50);
  const double before = GaussianProcess(s, h).predict(x).mean(0);
  s.y(50) += 2.0;
  CHECK(std::abs(GaussianProcess(s, h).predict(x).mean(0) - before) < 0.05);
}
