// SPDX-License-Identifier: Apache-2.0
// Element-wise layers on the SIMD kernels against the reference.
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "backends/simd_harness.h"

namespace dnntune::test {
namespace {

using graph::Op;


/// Random values with special ones among them.
Tensor with_specials(const Shape& shape, unsigned seed, float range, std::vector<float> specials) {
  Tensor tensor = random_tensor(shape, seed, -range, range);
  const auto values = tensor.as_mutable<float>();
  for (std::size_t i = 0; i < specials.size() && i * 2 < values.size(); ++i) values[i * 2] = specials[i];
  return tensor;
}

SimdCase unary_case(Op op, const Tensor& x, NodeAttributes attributes = {}) {
  SimdCase layer;
  layer.node = make_node(op, std::move(attributes));
  layer.inputs = {{x, false}};
  layer.outputs = {x.shape()};
  return layer;
}

TEST_CASE("functions of one operand") {
  const std::vector<float> all = {0.0f, -0.0f, kInfinity, -kInfinity, kNan, 1e30f, -1e30f, 88.5f, -88.5f, 2.5f, -3.5f, 1e-30f};
  for (const std::int64_t count : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 1000}) {
    CAPTURE(count);
    const Tensor x = with_specials({count}, 7, 10.0f, all);
    for (const Op op : {Op::Abs, Op::Ceil, Op::Elu, Op::Erf, Op::Floor, Op::HardSigmoid, Op::LeakyRelu, Op::Neg, Op::Reciprocal,
                        Op::Relu, Op::Round, Op::Selu, Op::Celu, Op::Sigmoid, Op::Sign, Op::Softplus, Op::Sqrt, Op::Tanh, Op::Acosh,
                        Op::Asinh, Op::Atan, Op::Atanh, Op::Log, Op::ThresholdedRelu, Op::Shrink})
      check_simd(unary_case(op, x), "simd.unary");
    check_simd(unary_case(Op::Elu, x, {{"alpha", 0.3f}}), "simd.unary");
    check_simd(unary_case(Op::LeakyRelu, x, {{"alpha", 0.3f}}), "simd.unary");
    check_simd(unary_case(Op::Selu, x, {{"alpha", 0.3f}, {"gamma", 2.0f}}), "simd.unary");
    check_simd(unary_case(Op::Celu, x, {{"alpha", 0.3f}}), "simd.unary");
    check_simd(unary_case(Op::ThresholdedRelu, x, {{"alpha", 0.3f}}), "simd.unary");
    check_simd(unary_case(Op::Shrink, x, {{"lambd", 1.5f}, {"bias", 0.7f}}), "simd.unary");
    const Tensor angles = with_specials({count}, 5, 10.0f, {0.0f, kNan, kInfinity, 1.0f, 8191.0f, 1e6f, -1e10f});
    for (const Op op : {Op::Sin, Op::Cos, Op::Tan, Op::Softsign}) {
      if (op != Op::Tan) check_simd(unary_case(op, angles), "simd.unary");
      check_simd(unary_case(op, random_tensor({count}, 6, -1.5f, 1.5f)), "simd.unary");
    }
    for (const Op op : {Op::Acos, Op::Asin, Op::Sinh, Op::Cosh})
      check_simd(unary_case(op, with_specials({count}, 6, 1.0f, {1.0f, -1.0f, 0.0f, 0.5f, -0.5f, kNan, 9.0f})), "simd.unary");
    check_simd(unary_case(Op::HardSigmoid, x, {{"alpha", 0.3f}, {"beta", 0.1f}}), "simd.unary");
    // Infinity times zero is NaN in one order of multiplication only.
    for (const Op op : {Op::Gelu, Op::Mish, Op::Swish})
      check_simd(unary_case(op, with_specials({count}, 8, 5.0f, {0.0f, kNan, 30.0f, -30.0f, kInfinity})), "simd.unary");
    SimdCase by_tanh = unary_case(Op::Gelu, with_specials({count}, 8, 5.0f, {0.0f, kNan, 30.0f, -30.0f, kInfinity}));
    by_tanh.node.attributes.set("approximate", std::string("tanh"));
    check_simd(by_tanh, "simd.unary");
    check_simd(unary_case(Op::HardSwish, with_specials({count}, 8, 5.0f, {0.0f, kNan, 3.0f, -3.0f, kInfinity})), "simd.unary");
    check_simd(unary_case(Op::Exp, with_specials({count}, 9, 8.0f, {0.0f, kInfinity, -kInfinity, kNan, -90.0f, -120.0f, 100.0f})),
               "simd.unary");
  }
  check_simd(unary_case(Op::Relu, random_tensor({3, 20000}, 1)), "simd.unary");
  check_declined(unary_case(Op::Identity, random_tensor({5}, 1)));
}

TEST_CASE("exp over its whole range") {
  Tensor x(DataType::float32, {20001});
  for (int i = 0; i <= 20000; ++i) x.as_mutable<float>()[static_cast<std::size_t>(i)] = -87.0f + 0.0087f * static_cast<float>(i);
  SimdCase layer = unary_case(Op::Exp, x);
  for_each_target([&](const std::string& target) {
    CAPTURE(target);
    const std::vector<float> got = run_simd(layer);
    double worst = 0.0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double want = std::exp(static_cast<double>(x.as<float>()[i]));
      worst = std::max(worst, std::abs(got[i] - want) / want);
    }
    CHECK(worst < 2.4e-7);  // two units in the last place
  });
}

TEST_CASE("sigmoid, tanh and erf are as close as math-inl.h says") {
  Tensor x(DataType::float32, {20001});
  for (int i = 0; i <= 20000; ++i) x.as_mutable<float>()[static_cast<std::size_t>(i)] = -10.0f + 0.001f * static_cast<float>(i);
  for (const Op op : {Op::Sigmoid, Op::Tanh, Op::Erf}) {
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      const std::vector<float> got = run_simd(unary_case(op, x));
      double worst = 0.0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        const double v = x.as<float>()[i];
        const double want = op == Op::Tanh ? std::tanh(v) : op == Op::Erf ? std::erf(v) : 1.0 / (1.0 + std::exp(-v));
        const double scale = op == Op::Sigmoid || std::abs(v) >= 1.0 || v == 0.0 ? 1.0 : std::abs(want);
        worst = std::max(worst, std::abs(got[i] - want) / scale);
      }
      CHECK(worst < 4e-7);
    });
  }
}

TEST_CASE("Clip with either bound, both or none") {
  const Tensor x = with_specials({37}, 3, 4.0f, {kNan, kInfinity, -kInfinity});
  const Tensor low = Tensor::from<float>({}, std::vector<float>{-1.0f});
  const Tensor high = Tensor::from<float>({}, std::vector<float>{2.0f});
  for (const bool has_low : {false, true}) {
    for (const bool has_high : {false, true}) {
      SimdCase layer = unary_case(Op::Clip, x);
      layer.inputs.push_back({has_low ? low : Tensor(), true});
      layer.inputs.push_back({has_high ? high : Tensor(), true});
      check_simd(layer, "simd.unary");
    }
  }
  SimdCase layer = unary_case(Op::Clip, x);
  layer.inputs.push_back({low, false});
  check_declined(layer);
}

SimdCase binary_case(Op op, const Shape& a, const Shape& b, const Shape& out) {
  SimdCase layer;
  layer.node = make_node(op);
  layer.inputs = {{with_specials(a, 1, 2.0f, {0.0f, kNan, 1.0f, kInfinity}), false},
                  {with_specials(b, 2, 2.0f, {2.0f, 1.0f, kNan, -1.0f, 0.0f}), false}};
  layer.outputs = {out};
  return layer;
}

TEST_CASE("functions of two operands, broadcast in every way") {
  for (const Op op : {Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Max, Op::Min, Op::Sum}) {
    for (const std::int64_t n : {1, 3, 8, 15, 16, 17, 33}) {
      CAPTURE(n);
      check_simd(binary_case(op, {2, 3, n}, {2, 3, n}, {2, 3, n}), "simd.binary");
      check_simd(binary_case(op, {2, 3, n}, {n}, {2, 3, n}), "simd.binary");
      check_simd(binary_case(op, {n}, {2, 3, n}, {2, 3, n}), "simd.binary");
      check_simd(binary_case(op, {2, 3, n}, {}, {2, 3, n}), "simd.binary");
      check_simd(binary_case(op, {1}, {2, 3, n}, {2, 3, n}), "simd.binary");
      check_simd(binary_case(op, {2, 3, n}, {2, 1, n}, {2, 3, n}), "simd.binary");
      check_simd(binary_case(op, {2, 3, 1}, {2, 1, n}, {2, 3, n}), "simd.binary");
      check_simd(binary_case(op, {2, 1, 1}, {1, 3, n}, {2, 3, n}), "simd.binary");
    }
  }
  check_simd(binary_case(Op::Add, {1, 56, 56, 64}, {1, 56, 56, 64}, {1, 56, 56, 64}), "simd.binary");
  check_simd(binary_case(Op::Mul, {1, 20, 20, 40}, {1, 1, 1, 40}, {1, 20, 20, 40}), "simd.binary");
  check_simd(binary_case(Op::PRelu, {2, 5, 19}, {19}, {2, 5, 19}), "simd.binary");
  check_simd(binary_case(Op::PRelu, {2, 5, 19}, {1}, {2, 5, 19}), "simd.binary");
}

TEST_CASE("more than two operands") {
  for (const Op op : {Op::Sum, Op::Mean, Op::Max, Op::Min}) {
    SimdCase layer = binary_case(op, {4, 19}, {19}, {4, 19});
    layer.inputs.push_back({random_tensor({4, 1}, 3), false});
    layer.inputs.push_back({random_tensor({4, 19}, 4), false});
    check_simd(layer, "simd.binary");
  }
}

TEST_CASE("Pow") {
  for (const float exponent : {2.0f, -1.0f, 3.0f, 0.5f}) {
    SimdCase layer = unary_case(Op::Pow, with_specials({37}, 3, 4.0f, {kNan, kInfinity, -kInfinity}));
    layer.inputs.push_back({Tensor::from<float>({}, std::vector<float>{exponent}), true});
    check_simd(layer, exponent == 2.0f || exponent == -1.0f ? "simd.unary" : "simd.binary");
  }
  for (const std::int64_t n : {1, 7, 16, 33}) {
    SimdCase layer = binary_case(Op::Pow, {3, n}, {n}, {3, n});
    layer.inputs[0].value = random_tensor({3, n}, 4, 0.1f, 3.0f);
    check_simd(layer, "simd.binary");
  }
}

SimdCase transpose_case(const Shape& shape, const std::vector<std::int64_t>& perm) {
  SimdCase layer = unary_case(Op::Transpose, random_tensor(shape, 1));
  if (!perm.empty()) layer.node.attributes.set("perm", perm);
  Shape out;
  for (std::size_t i = 0; i < shape.size(); ++i)
    out.push_back(shape[perm.empty() ? shape.size() - 1 - i : static_cast<std::size_t>(perm[i])]);
  layer.outputs = {out};
  return layer;
}

TEST_CASE("Transpose") {
  for (const std::int64_t rows : {2, 3, 4, 5, 8, 17})
    for (const std::int64_t columns : {2, 3, 4, 5, 15, 16, 17, 50}) {
      CAPTURE(rows);
      CAPTURE(columns);
      check_simd(transpose_case({rows, columns}, {}), "simd.transpose");
      check_simd(transpose_case({3, rows, columns}, {0, 2, 1}), "simd.transpose");
    }
  check_simd(transpose_case({2, 3, 15, 17}, {0, 2, 3, 1}), "simd.transpose");
  check_simd(transpose_case({2, 15, 17, 3}, {0, 3, 1, 2}), "simd.transpose");
  check_simd(transpose_case({1, 3, 224, 224}, {0, 2, 3, 1}), "simd.transpose");
  check_simd(transpose_case({2, 7, 5, 3, 20}, {0, 1, 2, 4, 3}), "simd.transpose");
  check_simd(transpose_case({2, 9, 4, 6}, {0, 2, 1, 3}), "simd.transpose_rows");
  check_simd(transpose_case({5, 4, 6}, {1, 0, 2}), "simd.transpose_rows");
  check_declined(transpose_case({2, 3, 4}, {2, 1, 0}));
  check_declined(transpose_case({2, 3, 4}, {0, 1, 2}));
}

}  // namespace
}  // namespace dnntune::test
