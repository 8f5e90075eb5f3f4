// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <doctest/doctest.h>

#include "kernels/guarded.h"
#include "kernels/random.h"
#include "kernels/reference/batch_normalization.h"
#include "kernels/reference/instance_normalization.h"
#include "kernels/reference/layer_normalization.h"
#include "kernels/reference/lrn.h"
#include "kernels/reference/mean_variance_normalization.h"

using namespace dnntune;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;
using test::Random;

TEST_CASE("batch normalisation by hand") {
  const GuardedBuffer<float> x(std::vector<float>{1, 2, 3, 4}), scale(std::vector<float>{2, 3}), bias(std::vector<float>{0.5f, -1}), mean(std::vector<float>{1, 1}), variance(std::vector<float>{3, 0});
  GuardedBuffer<float> y(4);
  const BatchNormalizationArgs args{x.data(),        scale.data(), bias.data(), mean.data(),
                                                  variance.data(), y.data(),     2,           1.0};
  batch_normalization_kernel(DataType::float32, DataType::float32)(args, {0, 1});
  batch_normalization_kernel(DataType::float32, DataType::float32)(args, {1, 2});
  CHECK(y.values() == std::vector<float>{0.5f, 2, 2.5f, 8});  // deviations 2 and 1
  CHECK(y.intact());
}

TEST_CASE("instance normalisation: each plane gets mean bias and deviation scale") {
  Random random(5);
  const std::size_t positions = 33;
  const GuardedBuffer<float> x(random.values(2 * positions * 3)), scale(std::vector<float>{1, 2, 3}), bias(std::vector<float>{-1, 0, 4});
  GuardedBuffer<float> y(x.size());
  const InstanceNormalizationArgs args{x.data(), scale.data(), bias.data(), y.data(), 33, 3, 0.0};
  instance_normalization_kernel(DataType::float32)(args, {0, 4});
  instance_normalization_kernel(DataType::float32)(args, {4, 6});
  CHECK(y.intact());
  for (std::size_t image = 0; image < 2; ++image)
    for (std::size_t c = 0; c < 3; ++c) {
      double sum = 0.0, squares = 0.0;
      for (std::size_t i = 0; i < positions; ++i) {
        const double value = y[(image * positions + i) * 3 + c];
        sum += value;
        squares += (value - bias[c]) * (value - bias[c]);
      }
      CHECK(sum / positions == doctest::Approx(bias[c]).epsilon(1e-5).scale(1.0));
      CHECK(std::sqrt(squares / positions) == doctest::Approx(scale[c]).epsilon(1e-5));
    }
}

TEST_CASE("layer normalisation by hand, with statistics and repeated scale") {
  const GuardedBuffer<float> x(std::vector<float>{1, 3, 5, 7, 0, 0, 4, 4}), scale(std::vector<float>{10}), bias(std::vector<float>{1, 2, 3, 4});
  const std::vector<std::int64_t> repeated(4, 0);
  GuardedBuffer<float> y(8), mean(2), inverse(2);
  LayerNormalizationArgs args;
  args.input = x.data();
  args.scale = scale.data();
  args.scale_index = repeated.data();
  args.bias = bias.data();
  args.output = y.data();
  args.mean = mean.data();
  args.inverse_deviation = inverse.data();
  args.row_size = 4;
  args.epsilon = 0.0;
  layer_normalization_kernel(DataType::float32, DataType::float32)(args, {0, 2});
  CHECK(mean.values() == std::vector<float>{4, 2});
  CHECK(inverse[0] == doctest::Approx(1.0 / std::sqrt(5.0)));
  CHECK(inverse[1] == 0.5f);
  CHECK(y[0] == doctest::Approx(1.0 - 30.0 / std::sqrt(5.0)));
  CHECK(y[4] == -9.0f);
  CHECK(y[7] == 14.0f);
  CHECK((y.intact() && mean.intact() && inverse.intact()));
}

TEST_CASE("LRN: the window of an even size reaches further up than down") {
  const GuardedBuffer<float> x(std::vector<float>{1, 2, 4, 8});
  GuardedBuffer<float> y(4);
  LrnArgs args{x.data(), y.data(), 4, 4, 4.0, 1.0, 1.0};  // channels c - 1 to c + 2
  lrn_kernel(DataType::float32)(args, {0, 1});
  CHECK(y[0] == doctest::Approx(1.0 / (1 + 1 + 4 + 16)));
  CHECK(y[1] == doctest::Approx(2.0 / (1 + 1 + 4 + 16 + 64)));
  CHECK(y[2] == doctest::Approx(4.0 / (1 + 4 + 16 + 64)));
  CHECK(y[3] == doctest::Approx(8.0 / (1 + 16 + 64)));
  args.beta = 0.5;
  args.size = 1;
  lrn_kernel(DataType::float32)(args, {0, 1});
  CHECK(y[3] == doctest::Approx(8.0 / std::sqrt(1 + 4.0 * 64)));
  CHECK(y.intact());
}

TEST_CASE("mean-variance normalisation over the outer and inner of three axes") {
  Random random(6);
  const std::vector<std::int64_t> kept_dims{3}, kept_strides{5}, reduced_dims{2, 5}, reduced_strides{15, 1};
  const GuardedBuffer<float> x(random.values(30));
  GuardedBuffer<float> y(30);
  const MeanVarianceNormalizationArgs args{.input = x.data(),
                                                  .output = y.data(),
                                                  .kept = {kept_dims, kept_strides},
                                                  .reduced = {reduced_dims, reduced_strides}};
  mean_variance_normalization_kernel(DataType::float32)(args, {0, 3});
  CHECK(y.intact());
  for (std::size_t channel = 0; channel < 3; ++channel) {
    double sum = 0.0, squares = 0.0;
    for (std::size_t outer = 0; outer < 2; ++outer)
      for (std::size_t i = 0; i < 5; ++i) {
        const double value = y[outer * 15 + channel * 5 + i];
        sum += value;
        squares += value * value;
      }
    CHECK(std::abs(sum) < 1e-5);
    CHECK(squares / 10 == doctest::Approx(1.0).epsilon(1e-5));
  }
}
