// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/matmul.h"

#include <cstdint>

#include <doctest/doctest.h>

#include "kernels/element.h"
#include "kernels/guarded.h"
#include "kernels/random.h"

using namespace dnntune;
using namespace dnntune::kernels;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;
using test::Random;

namespace {

/// Without batch dimensions.
template <typename T>
std::vector<T> run(MatmulArgs args, const std::vector<T>& a, const std::vector<T>& b) {
  const GuardedBuffer<T> left(a), right(b);
  GuardedBuffer<T> y(static_cast<std::size_t>(args.m * args.n));
  args.a = left.data();
  args.b = right.data();
  args.output = y.data();
  matmul_kernel(data_type_of<T>)(args, {0, args.m / 2});
  matmul_kernel(data_type_of<T>)(args, {args.m / 2, args.m});
  CHECK(y.intact());
  return y.values();
}

}  // namespace

TEST_CASE("matmul by hand, with bias and activation") {
  MatmulArgs args;
  args.m = 2;
  args.k = 3;
  args.n = 2;
  const std::vector<float> a{1, 2, 3, 4, 5, 6}, b{1, 10, 2, 20, 3, 30};
  CHECK(run<float>(args, a, b) == std::vector<float>{14, 140, 32, 320});
  const GuardedBuffer<float> bias(std::vector<float>{-20, 5});
  args.bias = bias.data();
  args.activation.kind = Activation::Kind::relu;
  CHECK(run<float>(args, a, b) == std::vector<float>{0, 145, 12, 325});
}

TEST_CASE("matmul: integers wrap as their type does") {
  MatmulArgs args;
  args.m = args.n = 1;
  args.k = 2;
  CHECK(run<std::int32_t>(args, {-3, 4}, {5, 6}) == std::vector<std::int32_t>{9});
  CHECK(run<std::int32_t>(args, {1 << 30, 1}, {4, 7}) == std::vector<std::int32_t>{7});
  MatmulArgs wide;
  wide.m = wide.n = wide.k = 1;
  CHECK(run<std::uint64_t>(wide, {~std::uint64_t{0}}, {2}) == std::vector<std::uint64_t>{~std::uint64_t{0} - 1});
  MatmulArgs exact;
  exact.m = exact.n = exact.k = 1;
  CHECK(run<std::int64_t>(exact, {(std::int64_t{1} << 53) + 1}, {1}) == std::vector<std::int64_t>{(std::int64_t{1} << 53) + 1});
}

TEST_CASE("matmul: float32 sums are kept in double") {
  MatmulArgs args;
  args.m = args.n = 1;
  args.k = 3;
  CHECK(run<float>(args, {1e8f, 1.0f, -1e8f}, {1, 1, 1}) == std::vector<float>{1.0f});
}

TEST_CASE("matmul: broadcast batches equal the products one by one") {
  Random random(8);
  // a [2, 1, 3, 4], b [5, 4, 6] -> [2, 5, 3, 6]
  const GuardedBuffer<float> a(random.values(2 * 12)), b(random.values(5 * 24)), bias(random.values(6));
  GuardedBuffer<float> y(2 * 5 * 18);
  const std::vector<std::int64_t> dims{2, 5}, a_strides{12, 0}, b_strides{0, 24};
  MatmulArgs args;
  args.a = a.data();
  args.b = b.data();
  args.bias = bias.data();
  args.output = y.data();
  args.m = 3;
  args.k = 4;
  args.n = 6;
  args.a_batches = {dims, a_strides};
  args.b_batches = {dims, b_strides};
  matmul_kernel(DataType::float32)(args, {0, 7});
  matmul_kernel(DataType::float32)(args, {7, 30});
  CHECK(y.intact());
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 5; ++j) {
      MatmulArgs one;
      one.m = 3;
      one.k = 4;
      one.n = 6;
      one.bias = bias.data();
      const auto part = run<float>(one, {a.data() + i * 12, a.data() + (i + 1) * 12}, {b.data() + j * 24, b.data() + (j + 1) * 24});
      for (std::size_t e = 0; e < 18; ++e) REQUIRE(y[(i * 5 + j) * 18 + e] == part[e]);
    }
}
