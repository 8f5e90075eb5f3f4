// SPDX-License-Identifier: Apache-2.0
// Gemm and MatMul on the SIMD kernels against the reference.
#include <limits>

#include <doctest/doctest.h>

#include "backends/simd_harness.h"
#include "base/half.h"

namespace dnntune::test {
namespace {

SimdCase gemm_case(std::int64_t m, std::int64_t k, std::int64_t n, bool transposed, const Shape& c, float alpha = 1.0f,
                   float beta = 1.0f) {
  SimdCase layer;
  layer.node = make_node(graph::Op::Gemm, {{"transB", std::int64_t{transposed}}, {"alpha", alpha}, {"beta", beta}});
  layer.inputs = {{random_tensor({m, k}, 1), false},
                  {random_tensor(transposed ? Shape{n, k} : Shape{k, n}, 2), true},
                  {random_tensor(c, 3), true}};
  layer.outputs = {{m, n}};
  return layer;
}

SimdCase matmul_case(const Shape& a, const Shape& b, const Shape& out, bool constant) {
  SimdCase layer;
  layer.node = make_node(graph::Op::MatMul);
  layer.inputs = {{random_tensor(a, 1), false}, {random_tensor(b, 2), constant}};
  layer.outputs = {out};
  return layer;
}

TEST_CASE("Gemm of one row multiplies packed panels") {
  for (const std::int64_t k : {1, 2, 3, 7, 64, 129})
    for (const std::int64_t n : {1, 3, 8, 16, 31, 32, 33, 64, 65, 97, 200})
      check_simd(gemm_case(1, k, n, k % 2 == 0, {n}), "simd.gemv");
}

TEST_CASE("Gemm of more rows") {
  for (const std::int64_t m : {2, 5, 6, 7, 13, 14, 15, 30})
    for (const std::int64_t n : {1, 16, 33, 160}) check_simd(gemm_case(m, 37, n, true, {n}), "simd.gemm");
  check_simd(gemm_case(9, 2500, 70, false, {1, 70}), "simd.gemm");
  check_simd(gemm_case(200, 300, 170, true, {170}), "simd.gemm");
}

TEST_CASE("alpha, beta and C") {
  for (const std::int64_t m : {1, 4}) {
    check_simd(gemm_case(m, 20, 9, true, {9}, 0.5f, -2.0f), m == 1 ? "simd.gemv" : "simd.gemm");
    check_simd(gemm_case(m, 20, 9, false, {1}, 3.0f, 0.25f), m == 1 ? "simd.gemv" : "simd.gemm");
    check_simd(gemm_case(m, 20, 9, false, {}, 3.0f, 0.25f), m == 1 ? "simd.gemv" : "simd.gemm");
  }
  check_declined(gemm_case(4, 20, 9, true, {4, 9}));
  check_declined(gemm_case(4, 20, 9, true, {4, 1}));
}

TEST_CASE("weights of 16 bits: one row uses them, with the results of weights so rounded") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    for (const DataType type : {DataType::float16, DataType::bfloat16}) {
      const std::string kernel = type == DataType::float16 ? "simd.gemv_fp16" : "simd.gemv_bf16";
      for (const std::int64_t n : {1, 16, 65, 200}) {
        SimdCase narrow = gemm_case(1, 37, n, true, {n});
        SimdCase wide = narrow;
        narrow.weights = type;
        wide.inputs[1].value = rounded(wide.inputs[1].value, type);
        CHECK(simd_kernel(narrow) == kernel);
        CHECK(run_simd(narrow) == run_simd(wide));
      }
      SimdCase matmul = matmul_case({1, 1, 17}, {17, 40}, {1, 1, 40}, true);
      matmul.weights = type;
      CHECK(simd_kernel(matmul) == kernel);
      SimdCase rows = gemm_case(2, 37, 50, true, {50});
      rows.weights = type;
      CHECK(simd_kernel(rows) == "simd.gemm");
    }
    SimdCase large = gemm_case(1, 20, 30, true, {30});
    large.inputs[1].value.as_mutable<float>()[7] = 65520.0f;  // float16 would make it infinite
    large.weights = DataType::float16;
    CHECK(simd_kernel(large) == "simd.gemv");
    large.weights = DataType::bfloat16;
    CHECK(simd_kernel(large) == "simd.gemv_bf16");
    for (const float weight : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 3.4e38f}) {
      large.inputs[1].value.as_mutable<float>()[7] = weight;
      CHECK(simd_kernel(large) == "simd.gemv");
    }
  });
}

TEST_CASE("products in bfloat16: the results of operands so rounded") {
  const auto check = [](SimdCase layer) {
    layer.math = DataType::bfloat16;
    for (SimdCase::Input* input : {&layer.inputs[0], &layer.inputs[1]}) input->value = rounded(input->value, DataType::bfloat16);
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      CHECK(simd_kernel(layer) == "simd.gemm" + bfloat16_suffix());
    });
    check_simd(layer, "simd.gemm");
  };
  for (const std::int64_t m : {2, 13, 15, 40})
    for (const std::int64_t k : {64, 65, 127})
      for (const std::int64_t n : {16, 33, 100}) check(gemm_case(m, k, n, true, {n}));
  check(gemm_case(70, 1700, 65, false, {65}));  // several passes along K, several blocks of rows
  check(matmul_case({2, 3, 67}, {67, 40}, {2, 3, 40}, true));
  // A weight that bfloat16 does not hold, and one row: as in float32.
  SimdCase large = gemm_case(8, 64, 40, true, {40}), row = gemm_case(1, 64, 40, true, {40});
  large.math = row.math = DataType::bfloat16;
  CHECK(simd_kernel(row) == "simd.gemv");
  for (const float weight : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 3.4e38f}) {
    large.inputs[1].value.as_mutable<float>()[7] = weight;
    CHECK(simd_kernel(large) == "simd.gemm");
  }
}

TEST_CASE("MatMul with a constant matrix") {
  check_simd(matmul_case({2, 3, 17}, {17, 40}, {2, 3, 40}, true), "simd.gemm");
  check_simd(matmul_case({1, 1, 17}, {17, 40}, {1, 1, 40}, true), "simd.gemv");
  check_simd(matmul_case({3, 5, 8}, {1, 8, 300}, {3, 5, 300}, true), "simd.gemm");
  SimdCase layer = matmul_case({4, 30}, {30, 21}, {4, 21}, true);
  layer.inputs.push_back({random_tensor({21}, 3), true});
  layer.node.activation = {graph::Activation::Kind::relu, 0, 0};
  check_simd(layer, "simd.gemm");
}

TEST_CASE("MatMul of two activations packs the second as it runs") {
  for (const bool constant : {false, true}) {
    check_simd(matmul_case({2, 3, 17, 20}, {2, 3, 20, 33}, {2, 3, 17, 33}, constant), "simd.gemm_batched");
    check_simd(matmul_case({2, 1, 7, 20}, {3, 20, 5}, {2, 3, 7, 5}, constant), "simd.gemm_batched");
  }
  check_simd(matmul_case({7, 5}, {5, 40}, {7, 40}, false), "simd.gemm_batched");
  check_simd(matmul_case({1, 5}, {5, 40}, {1, 40}, false), "simd.gemm_batched");
  check_simd(matmul_case({40, 6, 3}, {40, 3, 2}, {40, 6, 2}, false), "simd.gemm_batched");
  check_simd(matmul_case({2, 130, 1300}, {2, 1300, 50}, {2, 130, 50}, false), "simd.gemm_batched");
}

}  // namespace
}  // namespace dnntune::test
