// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/gemm.h"

#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include "kernels/guarded.h"
#include "kernels/random.h"

using namespace dnntune;
using namespace dnntune::kernels;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;
using test::Random;

namespace {

constexpr std::int64_t kM = 5, kN = 3, kK = 4;

std::vector<float> transposed(const std::vector<float>& matrix, std::size_t rows, std::size_t columns) {
  std::vector<float> result(matrix.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) result[c * rows + r] = matrix[r * columns + c];
  return result;
}

std::vector<float> run(bool trans_a, bool trans_b, const std::vector<float>& a, const std::vector<float>& b,
                       const std::vector<float>& c, std::int64_t c_row, std::int64_t c_column) {
  const GuardedBuffer<float> left(trans_a ? transposed(a, kM, kK) : a), right(trans_b ? transposed(b, kK, kN) : b), bias(c);
  GuardedBuffer<float> y(kM * kN);
  GemmArgs args;
  args.a = left.data();
  args.b = right.data();
  args.c = c.empty() ? nullptr : bias.data();
  args.output = y.data();
  args.m = kM;
  args.n = kN;
  args.k = kK;
  args.a_row_stride = trans_a ? 1 : kK;
  args.a_column_stride = trans_a ? kM : 1;
  args.b_row_stride = trans_b ? 1 : kN;
  args.b_column_stride = trans_b ? kK : 1;
  args.c_row_stride = c_row;
  args.c_column_stride = c_column;
  args.alpha = 0.5;
  args.beta = 2.0;
  gemm_kernel(DataType::float32)(args, {0, 2});
  gemm_kernel(DataType::float32)(args, {2, kM});
  CHECK(y.intact());
  return y.values();
}

}  // namespace

TEST_CASE("gemm: every transposition and broadcast of C") {
  Random random(9);
  const auto a = random.values(kM * kK), b = random.values(kK * kN), c = random.values(kM * kN);
  struct Broadcast {
    std::int64_t row, column;
  };
  for (const Broadcast broadcast : {Broadcast{kN, 1}, {0, 1}, {1, 0}, {0, 0}})
    for (const bool trans_a : {false, true})
      for (const bool trans_b : {false, true}) {
        const auto y = run(trans_a, trans_b, a, b, c, broadcast.row, broadcast.column);
        for (std::int64_t i = 0; i < kM; ++i)
          for (std::int64_t j = 0; j < kN; ++j) {
            double sum = 0.0;
            for (std::int64_t k = 0; k < kK; ++k)
              sum += static_cast<double>(a[static_cast<std::size_t>(i * kK + k)]) * b[static_cast<std::size_t>(k * kN + j)];
            const double wanted = 0.5 * sum + 2.0 * c[static_cast<std::size_t>(i * broadcast.row + j * broadcast.column)];
            REQUIRE(y[static_cast<std::size_t>(i * kN + j)] == static_cast<float>(wanted));
          }
      }
}

TEST_CASE("gemm: integers stay exact for a factor of 1, truncate and saturate otherwise") {
  const GuardedBuffer<std::int64_t> a(std::vector<std::int64_t>{(std::int64_t{1} << 60) + 1}), b(std::vector<std::int64_t>{1}), c(std::vector<std::int64_t>{-3});
  GuardedBuffer<std::int64_t> y(1);
  GemmArgs args;
  args.a = a.data();
  args.b = b.data();
  args.output = y.data();
  args.m = args.n = args.k = 1;
  gemm_kernel(DataType::int64)(args, {0, 1});
  CHECK(y[0] == (std::int64_t{1} << 60) + 1);
  args.alpha = 100.0;
  gemm_kernel(DataType::int64)(args, {0, 1});
  CHECK(y[0] == std::numeric_limits<std::int64_t>::max());
  args.alpha = 0.0;
  args.c = c.data();
  args.beta = 0.5;
  gemm_kernel(DataType::int64)(args, {0, 1});
  CHECK(y[0] == -1);
  CHECK(y.intact());
}
