// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/softmax.h"

#include <cmath>

#include <doctest/doctest.h>

#include "kernels/guarded.h"
#include "kernels/random.h"

using namespace dnntune;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;
using test::Random;

namespace {

std::vector<float> run(Softmax kind, const std::vector<float>& input, std::int64_t size, std::int64_t inner) {
  const GuardedBuffer<float> x(input);
  GuardedBuffer<float> y(input.size());
  const SoftmaxArgs args{x.data(), y.data(), size, inner, kind};
  const std::int64_t vectors = static_cast<std::int64_t>(input.size()) / size;
  softmax_kernel(DataType::float32)(args, {0, vectors / 2});
  softmax_kernel(DataType::float32)(args, {vectors / 2, vectors});
  CHECK(y.intact());
  return y.values();
}

}  // namespace

TEST_CASE("softmax by hand") {
  const auto y = run(Softmax::softmax, {-1, 0, 1}, 3, 1);
  CHECK(y[0] == doctest::Approx(0.09003058));
  CHECK(y[1] == doctest::Approx(0.24472848));
  CHECK(y[2] == doctest::Approx(0.66524094));
}

TEST_CASE("softmax: large inputs do not overflow") {
  CHECK(run(Softmax::softmax, {10000, 10000}, 2, 1) == std::vector<float>{0.5f, 0.5f});
  const auto y = run(Softmax::log_softmax, {10000, 10001, 10002, 10003}, 4, 1);
  CHECK(y[0] == doctest::Approx(-3.4401896));
  CHECK(y[3] == doctest::Approx(-0.44018969));
}

TEST_CASE("softmax along a middle axis; log-softmax is its logarithm") {
  Random random(7);
  const auto x = random.values(2 * 5 * 3);
  const auto y = run(Softmax::softmax, x, 5, 3);
  const auto log_y = run(Softmax::log_softmax, x, 5, 3);
  for (std::size_t outer = 0; outer < 2; ++outer)
    for (std::size_t inner = 0; inner < 3; ++inner) {
      double sum = 0.0;
      for (std::size_t i = 0; i < 5; ++i) {
        const std::size_t at = (outer * 5 + i) * 3 + inner;
        sum += y[at];
        CHECK(std::log(y[at]) == doctest::Approx(log_y[at]).epsilon(1e-5));
        CHECK(y[at] / y[outer * 15 + inner] == doctest::Approx(std::exp(x[at] - x[outer * 15 + inner])).epsilon(1e-5));
      }
      CHECK(sum == doctest::Approx(1.0).epsilon(1e-6));
    }
}

TEST_CASE("hardmax marks the first of equal maxima") {
  CHECK(run(Softmax::hardmax, {3, 1, 3, 2, -1, -2, -1, -1}, 4, 1) == std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0});
  CHECK(run(Softmax::hardmax, {1, 5, 2, 4}, 2, 2) == std::vector<float>{0, 1, 1, 0});
}
