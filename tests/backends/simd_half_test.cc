// SPDX-License-Identifier: Apache-2.0
// Networks of 16-bit floats: conversions to the bit, and layers that compute in float32 and round once.
#include <bit>
#include <cmath>
#include <cstring>

#include <doctest/doctest.h>

#include "backends/simd_harness.h"
#include "base/half.h"
#include "kernels/simd/convert.h"

namespace dnntune::test {
namespace {

using graph::Op;
using kernels::simd::convert_kernel;

constexpr DataType kHalfTypes[] = {DataType::float16, DataType::bfloat16};

std::uint16_t narrow(DataType type, float value) { return type == DataType::float16 ? base::float_to_float16(value) : base::float_to_bfloat16(value); }
float widen(DataType type, std::uint16_t bits) { return type == DataType::float16 ? base::float16_to_float(bits) : base::bfloat16_to_float(bits); }

/// The tensor in `type`, and that again in float32.
Tensor narrowed(DataType type, const Tensor& x) {
  std::vector<std::uint16_t> bits;
  for (const float value : x.as<float>()) bits.push_back(narrow(type, value));
  return Tensor::copy_of(type, x.shape(), bits.data(), bits.size() * sizeof(std::uint16_t));
}
Tensor widened(const Tensor& x) {
  std::vector<std::uint16_t> bits(x.element_count());
  std::memcpy(bits.data(), x.data(), x.size_bytes());
  std::vector<float> values;
  for (const std::uint16_t half : bits) values.push_back(widen(x.type(), half));
  return Tensor::from<float>(x.shape(), values);
}

/// The same layer on operands of `type`: the float32 layer's results, rounded once.
void check_half(const SimdCase& layer) {
  for (const DataType type : kHalfTypes) {
    CAPTURE(to_string(type));
    SimdCase half = layer, wide = layer;
    half.output_type = type;
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      if (!layer.inputs[i].value.defined()) continue;
      half.inputs[i].value = narrowed(type, layer.inputs[i].value);
      wide.inputs[i].value = widened(half.inputs[i].value);
    }
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      CHECK(simd_kernel(half) == simd_kernel(wide));
      const std::vector<float> got = run_simd(half), want = run_simd(wide);
      REQUIRE(got.size() == want.size());
      for (std::size_t i = 0; i < got.size(); ++i)
        if (got[i] != widen(type, narrow(type, want[i]))) FAIL("element " << i << ": " << got[i] << " for " << want[i]);
    });
  }
}

}  // namespace

TEST_CASE("every 16-bit float is widened, and narrowed again, to the bit") {
  for (const DataType type : kHalfTypes) {
    CAPTURE(to_string(type));
    std::vector<std::uint16_t> all(65536), back(65536);
    std::vector<float> wide(65536);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      // From 3 on: what is left over beside whole vectors is done too.
      convert_kernel(type, DataType::float32)({all.data(), wide.data()}, {3, 65536});
      convert_kernel(DataType::float32, type)({wide.data(), back.data()}, {3, 65536});
      for (std::size_t i = 3; i < all.size(); ++i) {
        const float want = widen(type, all[i]);
        // A signalling NaN may become a quiet one; whether it does is the machine's choice.
        if (std::isnan(want) ? !std::isnan(wide[i]) : std::bit_cast<std::uint32_t>(wide[i]) != std::bit_cast<std::uint32_t>(want))
          FAIL("widened " << i << " to " << wide[i]);
        if (std::isnan(want) ? !std::isnan(widen(type, back[i])) : back[i] != all[i]) FAIL("narrowed " << i << " to " << back[i]);
      }
    });
  }
}

TEST_CASE("numbers between 16-bit floats are rounded to nearest, ties to even") {
  std::vector<float> x;
  for (std::uint32_t bits = 0x32000000; bits < 0x48000000; bits += 0x1000 - 7) x.push_back(std::bit_cast<float>(bits));
  for (std::uint32_t bits = 0x3f800000; bits < 0x3f900000; bits += 0x800) x.push_back(-std::bit_cast<float>(bits));
  for (const float special : {65504.0f, 65519.9f, 65520.0f, 3.4e38f, -3.4e38f, INFINITY, -INFINITY, -0.0f}) x.push_back(special);
  std::vector<std::uint16_t> got(x.size());
  for (const DataType type : kHalfTypes)
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      convert_kernel(DataType::float32, type)({x.data(), got.data()}, {0, static_cast<std::int64_t>(x.size())});
      for (std::size_t i = 0; i < x.size(); ++i)
        if (got[i] != narrow(type, x[i])) FAIL(to_string(type) << ": " << x[i] << " became " << widen(type, got[i]));
    });
}

TEST_CASE("layers of 16-bit floats give what float32 gives, rounded once") {
  SimdCase conv;
  conv.node = make_node(Op::Conv, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}, {.kind = graph::Activation::Kind::relu});
  conv.inputs = {{random_tensor({1, 9, 11, 19}, 1)}, {random_tensor({23, 19, 3, 3}, 2), true}, {random_tensor({23}, 3), true}};
  conv.outputs = {{1, 9, 11, 23}};
  check_half(conv);

  SimdCase matmul;
  matmul.node = make_node(Op::MatMul);
  matmul.inputs = {{random_tensor({2, 5, 17}, 4)}, {random_tensor({2, 17, 9}, 5)}};
  matmul.outputs = {{2, 5, 9}};
  check_half(matmul);

  SimdCase normalization;
  normalization.node = make_node(Op::LayerNormalization);
  normalization.inputs = {{random_tensor({7, 33}, 6)}, {random_tensor({33}, 7), true}, {random_tensor({33}, 8), true}};
  normalization.outputs = {{7, 33}};
  check_half(normalization);

  SimdCase sum;
  sum.node = make_node(Op::Add);
  sum.inputs = {{random_tensor({3, 7, 33}, 9)}, {random_tensor({33}, 10), true}};
  sum.outputs = {{3, 7, 33}};
  check_half(sum);

  SimdCase lstm;
  lstm.node = make_node(Op::LSTM, {{"hidden_size", std::int64_t{9}}});
  lstm.inputs = {{random_tensor({4, 1, 7}, 11)}, {random_tensor({1, 36, 7}, 12), true}, {random_tensor({1, 36, 9}, 13), true},
                 {}, {}, {random_tensor({1, 1, 9}, 14), true}};
  lstm.outputs = {{4, 1, 1, 9}, {1, 1, 9}, {1, 1, 9}};
  check_half(lstm);
}

TEST_CASE("what merely moves 16-bit floats is left to the kernels that move bytes") {
  SimdCase transpose;
  transpose.node = make_node(Op::Transpose, {{"perm", std::vector<std::int64_t>{1, 0}}});
  transpose.inputs = {{narrowed(DataType::float16, random_tensor({4, 6}, 15))}};
  transpose.outputs = {{6, 4}};
  transpose.output_type = DataType::float16;
  check_declined(transpose);
}

}  // namespace dnntune::test
