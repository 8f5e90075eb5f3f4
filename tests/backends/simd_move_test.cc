// SPDX-License-Identifier: Apache-2.0
// Conversions and blocks of pixels on the SIMD kernels against the reference.
#include <limits>

#include <doctest/doctest.h>

#include "backends/simd_harness.h"

namespace dnntune::test {
namespace {

using graph::Op;

SimdCase cast_case(const Tensor& x, DataType to) {
  SimdCase layer;
  layer.node = make_node(Op::Cast);
  layer.inputs = {{x, false}};
  layer.outputs = {x.shape()};
  layer.output_type = to;
  return layer;
}

TEST_CASE("casts from float32") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  // Limits of every type.
  const float special[] = {0.0f, -0.0f, kInfinity, -kInfinity, kNan, 0.5f, -0.5f, 1.5f, 2.5f, -1.5f, 127.9f, 128.0f, -128.9f, -129.0f, 255.9f,
                           256.0f, -1.0f, 2147483520.0f, 2147483648.0f, -2147483648.0f, -2147483904.0f, 3.4e38f, -3.4e38f};
  for (const std::int64_t count : {1, 3, 4, 5, 8, 15, 16, 17, 33, 5000}) {
    CAPTURE(count);
    Tensor x = random_tensor({count}, 3, -300.0f, 300.0f);
    const auto values = x.as_mutable<float>();
    for (std::size_t i = 0; i < values.size() && i < std::size(special); ++i) values[i] = special[(i * 7 + static_cast<std::size_t>(count)) % std::size(special)];
    for (std::size_t i = 100; i < values.size(); i += 2) values[i] *= 1e-6f;
    for (const DataType to : {DataType::int8, DataType::uint8, DataType::int32, DataType::boolean})
      check_simd(cast_case(x, to), "simd.cast", 1e-12);  // every bit
  }
}

TEST_CASE("casts to float32") {
  for (const DataType from : {DataType::int8, DataType::uint8, DataType::boolean}) {
    Tensor x(from, {256 + 5});
    for (int i = 0; i < 256 + 5; ++i) static_cast<std::uint8_t*>(x.mutable_data())[i] = static_cast<std::uint8_t>(i);
    check_simd(cast_case(x, DataType::float32), "simd.cast");
  }
  check_simd(cast_case(Tensor::from<std::int32_t>({7}, std::vector<std::int32_t>{0, 1, -1, 2147483647, -2147483647 - 1, 16777217, 99}), DataType::float32),
             "simd.cast");
  check_declined(cast_case(random_tensor({5}, 1), DataType::int64));
}

TEST_CASE("depth to space and back") {
  for (const std::int64_t block : {1, 2, 3, 4})
    for (const std::int64_t channels : {1, 2, 3, 5, 16, 17})
      for (const char* mode : {"DCR", "CRD"}) {
        CAPTURE(block);
        CAPTURE(channels);
        const Shape deep = {2, 3, 5, channels * block * block}, wide = {2, 3 * block, 5 * block, channels};
        SimdCase layer;
        layer.node = make_node(Op::DepthToSpace, {{"blocksize", block}, {"mode", std::string(mode)}});
        layer.inputs = {{random_tensor(deep, 1), false}};
        layer.outputs = {wide};
        check_simd(layer, "simd.depth_to_space");
        layer.node = make_node(Op::SpaceToDepth, {{"blocksize", block}});
        layer.inputs = {{random_tensor(wide, 1), false}};
        layer.outputs = {deep};
        check_simd(layer, "simd.space_to_depth");
      }
}

}  // namespace
}  // namespace dnntune::test
