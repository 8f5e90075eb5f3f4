// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/pool.h"

#include <cmath>
#include <cstdint>

#include <doctest/doctest.h>

#include "kernels/guarded.h"
#include "kernels/random.h"
#include "kernels/reference/global_pool.h"

using namespace dnntune;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;
using test::Random;

namespace {

/// A [1, 1, 4, 4, 1] image 0..15 under a 2x2 window.
PoolArgs four_by_four(const void* input, void* output) {
  PoolArgs pool;
  pool.input = input;
  pool.output = output;
  pool.batch = pool.channels = 1;
  pool.in_size = {1, 4, 4};
  pool.out_size = {1, 2, 2};
  pool.window.kernel = {1, 2, 2};
  pool.window.stride = {1, 2, 2};
  return pool;
}

std::vector<float> counting(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
  return values;
}

}  // namespace

TEST_CASE("max, average and Lp pool by hand") {
  const GuardedBuffer<float> x(counting(16));
  GuardedBuffer<float> y(4);
  const PoolArgs pool = four_by_four(x.data(), y.data());
  max_pool_kernel(DataType::float32)(MaxPoolArgs{pool}, {0, 4});
  CHECK(y.values() == std::vector<float>{5, 7, 13, 15});
  average_pool_kernel(DataType::float32)(AveragePoolArgs{pool}, {0, 4});
  CHECK(y.values() == std::vector<float>{2.5f, 4.5f, 10.5f, 12.5f});
  lp_pool_kernel(DataType::float32)(LpPoolArgs{pool, 1.0}, {0, 4});
  CHECK(y.values() == std::vector<float>{10, 18, 42, 50});
  lp_pool_kernel(DataType::float32)(LpPoolArgs{pool, 2.0}, {0, 1});
  CHECK(y[0] == doctest::Approx(std::sqrt(42.0)));
  CHECK(y.intact());
}

TEST_CASE("average pool: what counts at the border") {
  const GuardedBuffer<float> x(counting(16));
  GuardedBuffer<float> y(9);
  PoolArgs pool = four_by_four(x.data(), y.data());
  pool.out_size = {1, 3, 3};
  pool.window.pad_begin = pool.window.pad_end = {0, 1, 1};
  average_pool_kernel(DataType::float32)(AveragePoolArgs{pool, false}, {0, 9});
  CHECK(y.values() == std::vector<float>{0, 1.5f, 3, 6, 7.5f, 9, 12, 13.5f, 15});
  average_pool_kernel(DataType::float32)(AveragePoolArgs{pool, true}, {0, 9});
  CHECK(y.values() == std::vector<float>{0, 0.75f, 0.75f, 3, 7.5f, 4.5f, 3, 6.75f, 3.75f});

  // Rounded up: a 3-wide window at 0, 2 where the last reaches beyond input and padding.
  pool.out_size = {1, 2, 2};
  pool.window = {};
  pool.window.kernel = {1, 3, 3};
  pool.window.stride = {1, 2, 2};
  average_pool_kernel(DataType::float32)(AveragePoolArgs{pool, true}, {0, 4});
  CHECK(y[0] == 5.0f);
  CHECK(y[1] == (2 + 3 + 6 + 7 + 10 + 11) / 6.0f);  // cells beyond the padding never count
}

TEST_CASE("max pool: indices are flat positions in ONNX order, of the first maximum") {
  // Two images of two channels, 1x4, channels-last; a 1x2 window.
  const std::vector<float> image{1, 8, 3, 8, 2, 5, 2, 6, /* second image */ 7, 0, 7, 1, 9, 2, 4, 2};
  const GuardedBuffer<float> x(image);
  GuardedBuffer<float> y(8);
  GuardedBuffer<std::int64_t> indices(8);
  MaxPoolArgs args;
  args.pool.input = x.data();
  args.pool.output = y.data();
  args.pool.batch = args.pool.channels = 2;
  args.pool.in_size = {1, 1, 4};
  args.pool.out_size = {1, 1, 2};
  args.pool.window.kernel = args.pool.window.stride = {1, 1, 2};
  args.indices = indices.data();
  max_pool_kernel(DataType::float32)(args, {0, 1});
  max_pool_kernel(DataType::float32)(args, {1, 4});
  CHECK(y.values() == std::vector<float>{3, 8, 2, 6, 7, 1, 9, 2});
  // [image][channel][position]: channel 0 of image 0 is 1 3 2 2, channel 1 is 8 8 5 6, ...
  CHECK(indices.values() == std::vector<std::int64_t>{1, 2, 4, 7, 8, 10, 13, 14});
  CHECK(y.intact());
  CHECK(indices.intact());
}

TEST_CASE("max pool: column-major indices, padding and dilation") {
  const GuardedBuffer<float> x(counting(12));  // 3 rows of 4
  GuardedBuffer<float> y(2);
  GuardedBuffer<std::int64_t> indices(2);
  MaxPoolArgs args;
  args.pool.input = x.data();
  args.pool.output = y.data();
  args.pool.batch = args.pool.channels = 1;
  args.pool.in_size = {1, 3, 4};
  args.pool.out_size = {1, 1, 2};
  args.pool.window.kernel = {1, 2, 2};
  args.pool.window.dilation = {1, 2, 2};
  args.indices = indices.data();
  max_pool_kernel(DataType::float32)(args, {0, 2});
  CHECK(y.values() == std::vector<float>{10, 11});
  CHECK(indices.values() == std::vector<std::int64_t>{10, 11});
  args.column_major = true;
  max_pool_kernel(DataType::float32)(args, {0, 2});
  CHECK(indices.values() == std::vector<std::int64_t>{2 + 3 * 2, 2 + 3 * 3});
}

TEST_CASE("max pool: integers compare as their own type") {
  const GuardedBuffer<std::int8_t> x(std::vector<std::int8_t>{-128, -3, 5, -7, -9, -9, -128, -128, 1, 2, 3, 4, 0, 0, 0, 127});
  GuardedBuffer<std::int8_t> y(4);
  max_pool_kernel(DataType::int8)(MaxPoolArgs{four_by_four(x.data(), y.data())}, {0, 4});
  CHECK(y.values() == std::vector<std::int8_t>{-3, 5, 2, 127});
  const GuardedBuffer<std::uint8_t> u(std::vector<std::uint8_t>{200, 3, 5, 7, 9, 9, 128, 128, 1, 2, 3, 4, 0, 0, 0, 255});
  GuardedBuffer<std::uint8_t> v(4);
  max_pool_kernel(DataType::uint8)(MaxPoolArgs{four_by_four(u.data(), v.data())}, {0, 4});
  CHECK(v.values() == std::vector<std::uint8_t>{200, 128, 2, 255});
}

TEST_CASE("max pool: padding never wins over negative values") {
  const GuardedBuffer<float> x(std::vector<float>{-5, -4});
  GuardedBuffer<float> y(2);
  MaxPoolArgs args;
  args.pool.input = x.data();
  args.pool.output = y.data();
  args.pool.batch = args.pool.channels = 1;
  args.pool.in_size = {1, 1, 2};
  args.pool.out_size = {1, 1, 2};
  args.pool.window.kernel = {1, 1, 2};
  args.pool.window.pad_begin = {0, 0, 1};
  max_pool_kernel(DataType::float32)(args, {0, 2});
  CHECK(y.values() == std::vector<float>{-5, -4});
}

TEST_CASE("global pools equal a pool whose window is the image") {
  Random random(4);
  const std::int64_t batch = 2, channels = 3;
  const GuardedBuffer<float> x(random.values(2 * 5 * 7 * 3));
  GuardedBuffer<float> global(6), windowed(6);
  PoolArgs pool;
  pool.input = x.data();
  pool.output = windowed.data();
  pool.batch = batch;
  pool.channels = channels;
  pool.in_size = pool.window.kernel = {1, 5, 7};
  GlobalPoolArgs args{x.data(), global.data(), 35, channels, GlobalPool::average, 3.0};
  global_pool_kernel(DataType::float32)(args, {0, 6});
  average_pool_kernel(DataType::float32)(AveragePoolArgs{pool}, {0, batch});
  CHECK(global.values() == windowed.values());
  args.kind = GlobalPool::maximum;
  global_pool_kernel(DataType::float32)(args, {0, 6});
  max_pool_kernel(DataType::float32)(MaxPoolArgs{pool}, {0, batch});
  CHECK(global.values() == windowed.values());
  args.kind = GlobalPool::lp;
  global_pool_kernel(DataType::float32)(args, {0, 6});
  lp_pool_kernel(DataType::float32)(LpPoolArgs{pool, 3.0}, {0, batch});
  CHECK(global.values() == windowed.values());
  CHECK(global.intact());
}
