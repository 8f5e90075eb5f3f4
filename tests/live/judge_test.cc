// SPDX-License-Identifier: Apache-2.0
#include "live/judge.h"

#include <doctest/doctest.h>

using namespace dnntune::live;

TEST_CASE("medians, spreads and quantiles") {
  CHECK(median({3.0, 1.0, 2.0}) == 2.0);
  CHECK(median({4.0, 1.0, 2.0, 3.0}) == 2.5);
  CHECK(spread({1.0, 2.0, 10.0}) == 1.0);
  CHECK(spread({5.0}) == 0.0);
  CHECK(quantile({5.0, 1.0, 2.0, 3.0, 4.0}, 0.9) == 5.0);
  CHECK(quantile({5.0, 1.0, 2.0, 3.0, 4.0}, 0.8) == 4.0);
  CHECK(quantile({5.0, 1.0}, 0.0) == 1.0);
}

TEST_CASE("who may be the best: the chosen one first, and then the fastest within the margin") {
  const std::vector<double> times = {200.0, 104.0, 100.0, 109.0, 111.0, 108.0};
  CHECK(contenders(times, 2, 0.1, 9) == std::vector<std::size_t>{2, 1, 5, 3});
  CHECK(contenders(times, 0, 0.1, 9) == std::vector<std::size_t>{0, 2, 1, 5, 3});
  CHECK(contenders(times, 0, 0.1, 2) == std::vector<std::size_t>{0, 2, 1});
  CHECK(contenders(times, 5, 0.0, 9) == std::vector<std::size_t>{5, 2});
}

TEST_CASE("errors are relative to what was measured") {
  const std::vector<double> errors = relative_errors({110.0, 50.0}, {100.0, 200.0});
  CHECK(errors[0] == doctest::Approx(0.1));
  CHECK(errors[1] == doctest::Approx(0.75));
}
