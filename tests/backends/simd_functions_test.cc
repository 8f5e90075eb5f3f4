// SPDX-License-Identifier: Apache-2.0
// The vector functions against the C library in double: their error bounds, and their special values.
#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "backends/simd_harness.h"

namespace dnntune::test {
namespace {

using graph::Op;


SimdCase case_of(Op op, std::vector<float> x) {
  SimdCase layer;
  layer.node = make_node(op);
  const Shape shape = {static_cast<std::int64_t>(x.size())};
  layer.inputs = {{Tensor::from<float>(shape, x), false}};
  layer.outputs = {shape};
  return layer;
}

/// 20001 numbers from low to high: evenly, or each the same multiple of the one before.
std::vector<float> numbers(double low, double high, bool geometric) {
  std::vector<float> x;
  for (int i = 0; i <= 20000; ++i)
    x.push_back(static_cast<float>(geometric ? low * std::pow(high / low, i / 20000.0) : low + (high - low) * i / 20000.0));
  return x;
}

bool same_special(float got, double want) {
  return std::isnan(want) ? std::isnan(got) : static_cast<double>(got) == want && std::signbit(got) == std::signbit(want);
}

struct Function {
  Op op;
  double (*exact)(double);
  double low, high;
  bool geometric = false;
};

const Function kFunctions[] = {
    {Op::Acos, std::acos, -1.0, 1.0},
    {Op::Acosh, std::acosh, 1.0, 3e38, true},
    {Op::Asin, std::asin, -1.0, 1.0},
    {Op::Asinh, std::asinh, -20.0, 20.0},
    {Op::Asinh, std::asinh, 1e-3, 3e38, true},
    {Op::Atan, std::atan, -20.0, 20.0},
    {Op::Atan, std::atan, 1e-3, 3e38, true},
    {Op::Atanh, std::atanh, -0.9999, 0.9999},
    {Op::Cos, std::cos, -100.0, 100.0},
    {Op::Cos, std::cos, 8000.0, 9000.0},
    {Op::Cosh, std::cosh, -89.0, 89.0},
    {Op::Log, std::log, 1.2e-38, 3.4e38, true},
    {Op::Log, std::log, 0.5, 2.0},
    {Op::Sin, std::sin, -100.0, 100.0},
    {Op::Sin, std::sin, 8000.0, 9000.0},
    {Op::Sinh, std::sinh, -89.0, 89.0},
    {Op::Sinh, std::sinh, -1.1, 1.1},
    {Op::Softplus, [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }, -30.0, 30.0},
    {Op::Elu, [](double x) { return x < 0 ? std::expm1(x) : x; }, -30.0, 3.0},
    {Op::Tan, std::tan, -1.5, 1.5},
};

TEST_CASE("functions are as close as functions-inl.h says") {
  for (const Function& function : kFunctions) {
    CAPTURE(graph::find_operator(function.op)->name);
    const std::vector<float> x = numbers(function.low, function.high, function.geometric);
    const SimdCase layer = case_of(function.op, x);
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      const std::vector<float> got = run_simd(layer);
      double worst = 0.0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        const double want = function.exact(static_cast<double>(x[i]));
        worst = std::max(worst, std::abs(got[i] - want) / std::max(1e-3, std::abs(want)));
      }
      CHECK(worst < 6e-7);
    });
  }
}

TEST_CASE("special values are those of the C library") {
  const std::vector<float> x = {0.0f, -0.0f, 1.0f, -1.0f, kInfinity, -kInfinity, kNan, 2.0f, -2.0f, 1e30f, -1e30f, 100.0f, -100.0f};
  for (const Function& function : kFunctions) {
    if (function.op == Op::Tan) continue;  // of 1e30, say: an angle without a fraction, of which no bit is sure
    CAPTURE(graph::find_operator(function.op)->name);
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      const std::vector<float> got = run_simd(case_of(function.op, x));
      for (std::size_t i = 0; i < x.size(); ++i) {
        CAPTURE(x[i]);
        const double exact = function.exact(static_cast<double>(x[i]));
        const double want = std::abs(exact) > 3.4028235e38 ? std::copysign(static_cast<double>(kInfinity), exact) : exact;
        if (std::isfinite(want) && want != 0.0) CHECK(got[i] == doctest::Approx(want).epsilon(1e-6));
        else if (!std::isfinite(want)) CHECK(same_special(got[i], std::isnan(want) ? want : static_cast<double>(static_cast<float>(want))));
        else CHECK(std::abs(got[i]) < 1e-7f);
      }
    });
  }
}

std::vector<float> powers(const std::vector<float>& a, const std::vector<float>& b) {
  SimdCase layer = case_of(Op::Pow, a);
  layer.inputs.push_back({Tensor::from<float>({static_cast<std::int64_t>(b.size())}, b), false});
  return run_simd(layer);
}

TEST_CASE("powers") {
  const std::vector<float> bases = numbers(1e-6, 1e6, true);
  for (const float exponent : {-3.0f, -0.5f, 0.25f, 0.5f, 1.0f, 1.5f, 2.2f, 3.0f, 6.0f, 20.0f}) {
    CAPTURE(exponent);
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      const std::vector<float> got = powers(bases, std::vector<float>(bases.size(), exponent));
      double worst = 0.0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        const double want = std::pow(static_cast<double>(bases[i]), static_cast<double>(exponent));
        if (want > 3.4e38 || want < 1.2e-38) continue;
        worst = std::max(worst, std::abs(got[i] - want) / want);
      }
      CHECK(worst < (1.0 + std::abs(static_cast<double>(exponent))) * 4e-7);
    });
  }
}

TEST_CASE("powers of special values are those of the C library") {
  const std::vector<float> values = {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, -2.0f, 0.5f, -0.5f, 3.0f, -3.0f, 1.5f, -1.5f, 40.0f, -41.0f,
                                     1e20f, -1e20f, 16777216.0f, kInfinity, -kInfinity, kNan};
  std::vector<float> a, b;
  for (const float base : values)
    for (const float exponent : values) {
      a.push_back(base);
      b.push_back(exponent);
    }
  for_each_target([&](const std::string& target) {
    CAPTURE(target);
    const std::vector<float> got = powers(a, b);
    for (std::size_t i = 0; i < a.size(); ++i) {
      CAPTURE(a[i]);
      CAPTURE(b[i]);
      const float want = std::pow(a[i], b[i]);
      if (std::isfinite(want) && std::abs(want) > 1e-37f) CHECK(got[i] == doctest::Approx(want).epsilon(2e-5));
      else if (want == 0.0f || std::abs(want) > 1e-37f || std::isnan(want)) CHECK((std::isnan(want) ? std::isnan(got[i]) : got[i] == want));
    }
  });
}

}  // namespace
}  // namespace dnntune::test
