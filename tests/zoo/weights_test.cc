// SPDX-License-Identifier: Apache-2.0
// The zoo's weights: the published generator, exact bits, never 0, the promised spread.
#include "zoo/weights.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

using namespace dnntune;
using namespace dnntune::zoo;

namespace {

/// What the header promises of 32 random bits: an odd integer in (-2^24, 2^24).
float from_bits(std::uint64_t bits) { return static_cast<float>(static_cast<std::int64_t>((bits >> 7) | 1) - (1 << 24)); }

bool same(const Tensor& a, const Tensor& b) {
  const auto x = a.as<float>(), y = b.as<float>();
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

}  // namespace

TEST_CASE("the stream is SplitMix64, two weights a draw") {
  // The generator's widely published test vector for seed 1234567.
  constexpr std::uint64_t draws[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u};
  std::vector<float> values(5);
  fill_uniform(values, 1234567, static_cast<float>(1 << 24), 0.0f);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t draw = draws[i / 2];
    CHECK(values[i] == from_bits(i % 2 == 0 ? draw & 0xffffffffu : draw >> 32));
  }
}

TEST_CASE("an odd count ends as an even one begins") {
  std::vector<float> six(6), five(5);
  fill_uniform(six, 99, 0.5f, 0.0f);
  fill_uniform(five, 99, 0.5f, 0.0f);
  for (std::size_t i = 0; i < 5; ++i) CHECK(five[i] == six[i]);
}

TEST_CASE("weights are in range, never 0, never denormal, and spread as promised") {
  constexpr float half_range = 1e-3f;
  const Tensor tensor = WeightSource("test", 1).uniform("w", {1000, 1001}, half_range);
  double sum = 0, squares = 0;
  bool all_normal = true, all_in_range = true;
  for (const float w : tensor.as<float>()) {
    all_normal = all_normal && std::isnormal(w);
    all_in_range = all_in_range && std::abs(w) < half_range;
    sum += w;
    squares += static_cast<double>(w) * w;
  }
  const double n = static_cast<double>(tensor.element_count());
  CHECK(all_normal);
  CHECK(all_in_range);
  CHECK(std::abs(sum / n) < 5 * half_range / std::sqrt(3 * n));  // five standard errors
  CHECK(squares / n == doctest::Approx(half_range * half_range / 3).epsilon(0.005));
}

TEST_CASE("a centre moves the range") {
  const Tensor tensor = WeightSource("test", 1).uniform("variance", {10000}, 0.2f, 1.0f);
  float low = 9, high = -9;
  for (const float w : tensor.as<float>()) {
    low = std::min(low, w);
    high = std::max(high, w);
  }
  CHECK(low >= 0.8f);
  CHECK(low < 0.81f);
  CHECK(high <= 1.2f);
  CHECK(high > 1.19f);
}

TEST_CASE("seed, network and name each choose another stream; the same three choose the same") {
  const Tensor first = WeightSource("a", 1).uniform("w", {64}, 1.0f);
  CHECK(same(first, WeightSource("a", 1).uniform("w", {8, 8}, 1.0f)));
  CHECK_FALSE(same(first, WeightSource("a", 2).uniform("w", {64}, 1.0f)));
  CHECK_FALSE(same(first, WeightSource("b", 1).uniform("w", {64}, 1.0f)));
  CHECK_FALSE(same(first, WeightSource("a", 1).uniform("v", {64}, 1.0f)));
}
