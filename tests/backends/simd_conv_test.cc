// SPDX-License-Identifier: Apache-2.0
// Convolutions on the SIMD kernels against the reference, over shapes around every tile's edge.
#include <limits>
#include <set>

#include <doctest/doctest.h>

#include "backends/simd_harness.h"
#include "kernels/tolerance.h"
#include "throws.h"

namespace dnntune::test {
namespace {

using Kind = graph::Activation::Kind;

struct Conv {
  Shape in;                ///< N, spatial..., C
  std::int64_t out_channels;
  Shape kernel;
  Shape strides = {};
  Shape dilations = {};
  Shape pads = {};         ///< Begin of each dimension, then end of each.
  std::int64_t groups = 1;
  bool bias = true;
  graph::Activation activation = {};
};

SimdCase make_case(const Conv& conv) {
  const std::size_t rank = conv.kernel.size();
  const Shape strides = conv.strides.empty() ? Shape(rank, 1) : conv.strides;
  const Shape dilations = conv.dilations.empty() ? Shape(rank, 1) : conv.dilations;
  const Shape pads = conv.pads.empty() ? Shape(2 * rank, 0) : conv.pads;
  Shape out = conv.in;
  out.back() = conv.out_channels;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t reach = (conv.kernel[i] - 1) * dilations[i] + 1;
    out[i + 1] = (conv.in[i + 1] + pads[i] + pads[rank + i] - reach) / strides[i] + 1;
    REQUIRE(out[i + 1] >= 1);
  }
  Shape weights = {conv.out_channels, conv.in.back() / conv.groups};
  weights.insert(weights.end(), conv.kernel.begin(), conv.kernel.end());

  SimdCase layer;
  layer.node = make_node(graph::Op::Conv,
                         {{"kernel_shape", conv.kernel},
                          {"strides", strides},
                          {"dilations", dilations},
                          {"pads", pads},
                          {"group", conv.groups}},
                         conv.activation);
  layer.inputs = {{random_tensor(conv.in, 1), false}, {random_tensor(weights, 2), true}};
  if (conv.bias) layer.inputs.push_back({random_tensor({conv.out_channels}, 3), true});
  layer.outputs = {out};
  return layer;
}

void check(const Conv& conv, const std::string& kernel, double of_largest = 0.0) {
  CAPTURE(to_string(conv.in));
  CAPTURE(conv.out_channels);
  CAPTURE(to_string(conv.kernel));
  CAPTURE(to_string(conv.strides));
  CAPTURE(to_string(conv.dilations));
  CAPTURE(to_string(conv.pads));
  CAPTURE(conv.groups);
  check_simd(make_case(conv), kernel, of_largest);
}
void check_winograd(const Conv& conv, std::int64_t out_tile) {
  const auto out = [&](std::int64_t taps) { return taps == 1 ? 1 : out_tile; };
  const kernels::simd::WinogradShape shape = {conv.kernel[0], conv.kernel[1], out(conv.kernel[0]), out(conv.kernel[1])};
  check(conv, "simd.conv_winograd" + std::to_string(out_tile), winograd_tolerance(shape));
}

TEST_CASE("convolutions of volumes") {
  for (const std::int64_t channels : {1, 3, 16, 17})
    for (const std::int64_t out : {1, 8, 19})
      check({.in = {2, 4, 5, 6, channels}, .out_channels = out, .kernel = {3, 3, 3}, .pads = {1, 1, 1, 1, 1, 1}}, "simd.conv_volume");
  check({.in = {1, 7, 5, 6, 4}, .out_channels = 6, .kernel = {2, 3, 1}, .strides = {2, 1, 2}, .dilations = {3, 1, 1}, .pads = {2, 0, 0, 1, 1, 0}},
        "simd.conv_volume");
  check({.in = {1, 3, 5, 6, 12}, .out_channels = 8, .kernel = {3, 3, 3}, .pads = {2, 1, 1, 2, 1, 1}, .groups = 4,
         .activation = {Kind::relu, 0, 0}},
        "simd.conv_volume");
  check({.in = {1, 8, 20, 24, 16}, .out_channels = 32, .kernel = {3, 3, 3}, .pads = {1, 1, 1, 1, 1, 1}, .activation = {Kind::tanh, 0, 0}},
        "simd.conv_volume");
  // A depth that only padding meets.
  check_declined(make_case({.in = {1, 2, 4, 4, 3}, .out_channels = 2, .kernel = {1, 2, 2}, .pads = {2, 0, 0, 0, 0, 0}}));
}

TEST_CASE("convolutions of few output channels read their windows in place") {
  // Widths that fill the register tiles of all instruction sets; channels around vector lengths. How many
  // are few depends on the vector length: up to 8 are for all.
  for (const std::int64_t out : {1, 3, 4, 7, 8, 9, 16, 17, 31, 33})
    check({.in = {1, 6, 12, 3}, .out_channels = out, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, "simd.conv_");
  for (const std::int64_t in : {1, 2, 5, 8, 15, 16, 17})
    check({.in = {2, 5, 28, in}, .out_channels = 8, .kernel = {3, 5}, .strides = {2, 1}, .pads = {1, 2, 1, 2}},
          "simd.conv_direct");
  check({.in = {1, 30, 84, 3}, .out_channels = 8, .kernel = {7, 7}, .strides = {2, 2}, .pads = {3, 3, 3, 3}},
        "simd.conv_direct");
  check({.in = {1, 9, 12, 4}, .out_channels = 6, .kernel = {3, 1}, .dilations = {3, 1}, .pads = {2, 0, 4, 0}},
        "simd.conv_direct");
  check({.in = {1, 4, 15, 4}, .out_channels = 6, .kernel = {2, 4}, .pads = {0, 0, 0, 0}}, "simd.conv_direct");
  check({.in = {3, 24, 7}, .out_channels = 5, .kernel = {3}, .pads = {1, 1}}, "simd.conv_direct");
  // Padding wider than the image.
  check({.in = {1, 2, 2, 3}, .out_channels = 4, .kernel = {3, 3}, .pads = {4, 6, 4, 6}}, "simd.conv_direct");
}

TEST_CASE("convolutions along one axis read their windows in place, in blocks of columns") {
  check({.in = {1, 29, 4}, .out_channels = 6, .kernel = {5}, .dilations = {2}, .pads = {3, 4}}, "simd.conv_direct");
  for (const std::int64_t width : {96, 140, 201})
    for (const std::int64_t dilation : {1, 4, 31})
      check({.in = {2, width, 8}, .out_channels = 7, .kernel = {3}, .dilations = {dilation}, .pads = {dilation, dilation}}, "simd.conv_direct");
  check({.in = {1, 700, 60}, .out_channels = 8, .kernel = {5}, .dilations = {3}, .pads = {6, 6}}, "simd.conv_direct");
  check({.in = {1, 700, 60}, .out_channels = 8, .kernel = {5}, .strides = {3}, .pads = {2, 2}, .activation = {Kind::hard_swish, 0, 0}}, "simd.conv_direct");
  check({.in = {1, 30, 4}, .out_channels = 6, .kernel = {3}, .pads = {100, 90}}, "simd.conv_direct");
  check({.in = {1, 1, 700, 12}, .out_channels = 7, .kernel = {1, 3}, .dilations = {1, 2}, .pads = {0, 2, 0, 2}}, "simd.conv_direct");
  check({.in = {1, 3, 200, 12}, .out_channels = 7, .kernel = {1, 3}, .strides = {4, 1}, .dilations = {1, 2}, .pads = {1, 2, 0, 2}}, "simd.conv_direct");
}

TEST_CASE("other convolutions pack their windows") {
  // Widths that leave tiles half empty, so that the direct way is not taken by any instruction set.
  for (const std::int64_t out : {1, 5, 16, 33, 65, 130})
    check({.in = {1, 5, 7, 6}, .out_channels = out, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, "simd.conv_igemm");
  for (const std::int64_t in : {1, 3, 15, 16, 17, 32, 48})
    check({.in = {2, 7, 7, in}, .out_channels = 10, .kernel = {3, 3}, .strides = {1, 1}, .pads = {1, 1, 1, 1}},
          "simd.conv_igemm");
  check({.in = {1, 13, 15, 5}, .out_channels = 9, .kernel = {3, 3}, .strides = {2, 2}, .pads = {0, 1, 1, 0}},
        "simd.conv_igemm");
  check({.in = {1, 11, 12, 16}, .out_channels = 9, .kernel = {3, 3}, .dilations = {2, 2}, .pads = {2, 2, 2, 2}},
        "simd.conv_igemm");
  check({.in = {1, 11, 12, 5}, .out_channels = 9, .kernel = {2, 3}, .strides = {3, 2}, .dilations = {1, 3},
         .pads = {1, 2, 0, 3}},
        "simd.conv_igemm");
  // More than one pass along K, and more than one block of rows.
  check({.in = {1, 7, 7, 160}, .out_channels = 40, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, "simd.conv_igemm");
  check({.in = {1, 7, 7, 150}, .out_channels = 7, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, "simd.conv_igemm");
  check({.in = {3, 23, 23, 48}, .out_channels = 150, .kernel = {3, 3}, .dilations = {1, 2}, .pads = {1, 1, 1, 1}, .bias = false},
        "simd.conv_igemm");
  check({.in = {1, 1, 1, 8}, .out_channels = 5, .kernel = {3, 3}, .pads = {4, 4, 4, 4}}, "simd.conv_igemm");
}

TEST_CASE("convolutions in groups pack their windows") {
  check({.in = {2, 6, 6, 6}, .out_channels = 4, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .groups = 2}, "simd.conv_igemm");
  check({.in = {1, 6, 6, 32}, .out_channels = 96, .kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}, .groups = 2},
        "simd.conv_igemm");
  check({.in = {1, 5, 5, 21}, .out_channels = 35, .kernel = {1, 1}, .groups = 7}, "simd.conv_igemm");
  check({.in = {1, 5, 5, 5}, .out_channels = 10, .kernel = {3, 3}, .groups = 5}, "simd.conv_igemm");
  check({.in = {1, 1, 1, 12}, .out_channels = 6, .kernel = {1, 1}, .groups = 3}, "simd.conv_igemm");
}

TEST_CASE("3x3 windows of stride 1 run by Winograd's method where it is faster") {
  // One block of tiles, which threads share, and several; sizes that fill the tiles and that do not.
  for (const std::int64_t size : {12, 15, 28, 57})
    check_winograd({.in = {1, size, size, 32}, .out_channels = 40, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .bias = size != 15}, 4);
  check_winograd({.in = {1, 7, 7, 256}, .out_channels = 288, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, 2);
  check_winograd({.in = {5, 7, 6, 96}, .out_channels = 80, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, 4);
  check_winograd({.in = {3, 13, 14, 37}, .out_channels = 65, .kernel = {3, 3}, .pads = {0, 2, 1, 0}, .bias = false}, 4);
  check_winograd({.in = {1, 70, 66, 24}, .out_channels = 23, .kernel = {3, 3}, .pads = {0, 0, 0, 0}}, 4);
  check_winograd({.in = {2, 20, 24, 96}, .out_channels = 120, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .groups = 3}, 4);
  check_winograd({.in = {1, 40, 40, 32}, .out_channels = 32, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .activation = {Kind::relu, 0, 0}}, 4);
  check_winograd({.in = {1, 20, 20, 32}, .out_channels = 36, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .activation = {Kind::hard_swish, 0, 0}}, 4);
}

TEST_CASE("other small windows run by Winograd's method where it is faster") {
  check_winograd({.in = {1, 27, 27, 48}, .out_channels = 64, .kernel = {5, 5}, .pads = {2, 2, 2, 2}, .activation = {Kind::relu, 0, 0}}, 2);
  check_winograd({.in = {2, 12, 11, 96}, .out_channels = 96, .kernel = {5, 5}, .pads = {2, 0, 1, 2}, .groups = 2, .bias = false}, 2);
  check_winograd({.in = {1, 8, 8, 96}, .out_channels = 100, .kernel = {1, 3}, .pads = {0, 1, 0, 1}}, 4);
  check_winograd({.in = {1, 8, 9, 96}, .out_channels = 100, .kernel = {3, 1}, .pads = {1, 0, 1, 0}}, 4);
  check_winograd({.in = {1, 17, 17, 64}, .out_channels = 70, .kernel = {1, 7}, .pads = {0, 3, 0, 3}}, 4);
  check_winograd({.in = {3, 17, 14, 60}, .out_channels = 64, .kernel = {7, 1}, .pads = {3, 0, 3, 0}}, 4);
}

TEST_CASE("a sequence's windows of three run by Winograd's method too") {
  SimdCase layer = make_case({.in = {2, 101, 96}, .out_channels = 70, .kernel = {3}, .pads = {1, 1}});
  check_simd(layer, "simd.conv_winograd4", winograd_tolerance({1, 3, 1, 4}));
}

TEST_CASE("3x3 windows run by other kernels where Winograd's method gains nothing or does not apply") {
  check({.in = {1, 5, 5, 64}, .out_channels = 160, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, "simd.conv_igemm");
  check({.in = {1, 17, 17, 160}, .out_channels = 160, .kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}}, "simd.conv_igemm");
  check({.in = {1, 17, 17, 160}, .out_channels = 160, .kernel = {3, 3}, .strides = {1, 2}, .pads = {1, 1, 1, 1}}, "simd.conv_igemm");
  check({.in = {1, 17, 17, 160}, .out_channels = 160, .kernel = {3, 3}, .dilations = {2, 1}, .pads = {1, 1, 1, 1}}, "simd.conv_igemm");
  check({.in = {1, 28, 28, 8}, .out_channels = 8, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, "simd.conv_direct");
}

TEST_CASE("pointwise convolutions are plain products") {
  for (const std::int64_t pixels : {2, 5, 6, 7, 13, 14, 15, 29, 97})
    check({.in = {1, 1, pixels, 7}, .out_channels = 19, .kernel = {1, 1}}, "simd.conv_igemm");
  for (const std::int64_t in : {1, 15, 16, 17, 40})
    for (const std::int64_t out : {2, 24, 160, 257})
      check({.in = {2, 3, 5, in}, .out_channels = out, .kernel = {1, 1}, .bias = in != 16}, "simd.conv_igemm");
  check({.in = {1, 9, 9, 1024}, .out_channels = 12, .kernel = {1, 1}}, "simd.conv_igemm");
  check({.in = {1, 5, 9, 20}, .out_channels = 300, .kernel = {1, 1}, .strides = {2, 2}}, "simd.conv_igemm");
  for (const std::int64_t in : {1, 3, 16, 33})
    for (const std::int64_t out : {1, 4, 16, 17, 32, 48, 64, 80, 100})
      check({.in = {1, 1, 1, in}, .out_channels = out, .kernel = {1, 1}}, "simd.gemv");
}

TEST_CASE("convolutions in groups of few channels") {
  for (const std::int64_t group_channels : {2, 4, 8, 16, 24, 32})
    for (const std::int64_t stride : {1, 2})
      for (std::int64_t height = 1; height <= 9; height += height == 5 ? 3 : 1) {
        const std::int64_t groups = height == 3 ? 11 : 8, channels = groups * group_channels;
        check({.in = {2, height, height % 2 == 0 ? 5 : 4, channels}, .out_channels = channels, .kernel = {3, 3},
               .strides = {stride, stride}, .pads = {1, 1, 1, 1}, .groups = groups, .bias = height != 4,
               .activation = {height == 2 ? Kind::relu : Kind::none, 0, 0}},
              "simd.conv_grouped");
      }
  for (const std::int64_t width : {1, 2, 3})
    check({.in = {1, 3, width, 16}, .out_channels = 16, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .groups = 4}, "simd.conv_grouped");
  check({.in = {1, 2, 2, 32}, .out_channels = 32, .kernel = {3, 3}, .pads = {4, 5, 4, 3}, .groups = 4}, "simd.conv_grouped");
  check({.in = {1, 6, 9, 32}, .out_channels = 32, .kernel = {3, 3}, .strides = {2, 2}, .pads = {0, 5, 2, 0}, .groups = 4,
         .activation = {Kind::clip, -0.5f, 0.75f}},
        "simd.conv_grouped");
  check({.in = {1, 6, 6, 32}, .out_channels = 32, .kernel = {3, 3}, .groups = 4, .activation = {Kind::hard_swish, 0, 0}}, "simd.conv_igemm");
}

TEST_CASE("convolutions in bfloat16: the results of operands so rounded") {
  const auto check = [](const Conv& conv, const std::string& kernel) {
    CAPTURE(to_string(conv.in));
    CAPTURE(to_string(conv.kernel));
    SimdCase layer = make_case(conv);
    layer.math = DataType::bfloat16;
    for (SimdCase::Input* input : {&layer.inputs[0], &layer.inputs[1]}) input->value = rounded(input->value, DataType::bfloat16);
    SimdCase exact = layer;
    exact.math = DataType::float32;
    exact.kernel = kernel;
    for_each_target([&](const std::string& target) {
      CAPTURE(target);
      layer.kernel = kernel + bfloat16_suffix();
      CHECK(simd_kernel(layer) == layer.kernel);
      const std::vector<float> got = run_simd(layer), want = run_simd(exact);
      bool close = got.size() == want.size();
      for (std::size_t i = 0; close && i < got.size(); ++i) close = simd_close(static_cast<double>(got[i]), static_cast<double>(want[i]));
      CHECK(close);
    });
    layer.kernel = {};
    check_simd(layer, "simd.conv_", kWinogradBfloat16Tolerance);  // whatever the backend chooses, on several threads
  };
  check({.in = {2, 5, 28, 3}, .out_channels = 8, .kernel = {3, 5}, .strides = {2, 1}, .pads = {1, 2, 1, 2}}, "simd.conv_direct");
  check({.in = {1, 30, 84, 3}, .out_channels = 8, .kernel = {7, 7}, .strides = {2, 2}, .pads = {3, 3, 3, 3}}, "simd.conv_direct");
  check({.in = {1, 9, 12, 4}, .out_channels = 6, .kernel = {3, 1}, .dilations = {3, 1}, .pads = {2, 0, 4, 0}}, "simd.conv_direct");
  check({.in = {1, 2, 2, 3}, .out_channels = 4, .kernel = {3, 3}, .pads = {4, 6, 4, 6}}, "simd.conv_direct");
  for (const std::int64_t in : {1, 3, 15, 16, 17, 31, 32, 33, 64})
    check({.in = {2, 7, 7, in}, .out_channels = 10, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, "simd.conv_igemm");
  check({.in = {1, 11, 12, 5}, .out_channels = 9, .kernel = {2, 3}, .strides = {3, 2}, .dilations = {1, 3}, .pads = {1, 2, 0, 3}},
        "simd.conv_igemm");
  check({.in = {1, 7, 7, 192}, .out_channels = 40, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, "simd.conv_igemm");
  check({.in = {2, 6, 6, 6}, .out_channels = 4, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .groups = 2}, "simd.conv_igemm");
  check({.in = {1, 6, 6, 64}, .out_channels = 96, .kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}, .groups = 2}, "simd.conv_igemm");
  for (const std::int64_t in : {1, 16, 33, 40})
    check({.in = {2, 3, 5, in}, .out_channels = 24, .kernel = {1, 1}, .activation = {Kind::hard_swish, 0, 0}}, "simd.conv_igemm");
}

TEST_CASE("depthwise convolutions run directly") {
  for (const std::int64_t channels : {2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 33, 64})
    check({.in = {1, 5, 11, channels}, .out_channels = channels, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .groups = channels},
          "simd.depthwise");
  for (const std::int64_t width : {1, 2, 7, 8, 9, 16, 17, 23})
    for (const std::int64_t stride : {1, 2, 3})
      check({.in = {2, 4, width, 10}, .out_channels = 10, .kernel = {5, 5}, .strides = {stride, stride},
             .pads = {2, 2, 2, 2}, .groups = 10, .bias = stride != 2},
            "simd.depthwise");
  check({.in = {1, 9, 23, 6}, .out_channels = 6, .kernel = {3, 2}, .dilations = {2, 3}, .pads = {0, 2, 1, 1}, .groups = 6},
        "simd.depthwise");
  check({.in = {1, 2, 2, 6}, .out_channels = 6, .kernel = {3, 3}, .pads = {4, 5, 4, 3}, .groups = 6}, "simd.depthwise");
  check({.in = {2, 30, 18}, .out_channels = 18, .kernel = {4}, .strides = {2}, .pads = {1, 1}, .groups = 18},
        "simd.depthwise");
}

TEST_CASE("depthwise convolutions of common windows compute several rows together") {
  const auto check_at = [](std::int64_t size, std::int64_t stride, std::int64_t channels, std::int64_t height, std::int64_t width, const char* kernel) {
    check({.in = {2, height, width, channels}, .out_channels = channels, .kernel = {size, size}, .strides = {stride, stride},
           .pads = {size / 2, size / 2, size / 2, size / 2}, .groups = channels, .bias = height != 4},
          kernel);
  };
  for (const std::int64_t size : {3, 5})
    for (const std::int64_t stride : {1, 2})
      for (const std::int64_t channels : {16, 17, 40})
        for (std::int64_t height = 1; height <= 9; ++height)
          check_at(size, stride, channels, height, height % 2 == 0 ? 8 : 13, "simd.depthwise_walk");
  for (const std::int64_t width : {1, 2, 3, 4, 5}) check_at(5, 1, 16, 3, width, "simd.depthwise_walk");
  // Pixels a multiple of 1 KiB apart, whose stores are put off; some images are wider than may wait.
  for (const std::int64_t height : {1, 7}) {
    check_at(3, 1, 256, height, 9, "simd.depthwise_walk");
    check_at(3, 1, 512, height, 30, "simd.depthwise_walk");
    check_at(3, 1, 1024, height, 17, "simd.depthwise_walk");
    check_at(5, 2, 1024, height, 11, "simd.depthwise_walk");
    check_at(3, 2, 128, height, 11, "simd.depthwise_tiles");
  }
  check({.in = {1, 6, 6, 20}, .out_channels = 20, .kernel = {3, 3}, .pads = {0, 0, 0, 0}, .groups = 20,
         .activation = {Kind::hard_swish, 0, 0}},
        "simd.depthwise_walk");
  check({.in = {1, 2, 2, 16}, .out_channels = 16, .kernel = {3, 3}, .pads = {4, 5, 4, 3}, .groups = 16}, "simd.depthwise_walk");
  check({.in = {1, 3, 9, 16}, .out_channels = 16, .kernel = {3, 3}, .strides = {2, 2}, .pads = {0, 5, 2, 0}, .groups = 16}, "simd.depthwise_walk");
}

TEST_CASE("dilated depthwise convolutions run in tiles of pixels that lie as far apart") {
  for (const std::int64_t size : {3, 5})
    for (const std::int64_t dilation : {2, 3, 4})
      for (const std::int64_t height : {1, 4, 9, 17})
        check({.in = {2, height, 4 * dilation + height % 3, 17}, .out_channels = 17, .kernel = {size, size}, .dilations = {dilation, dilation},
               .pads = {size / 2 * dilation, size / 2 * dilation, size / 2 * dilation, size / 2 * dilation}, .groups = 17},
              "simd.depthwise_tiles");
  check({.in = {1, 7, 9, 20}, .out_channels = 20, .kernel = {3, 3}, .dilations = {2, 2}, .pads = {2, 2, 2, 2}, .groups = 20,
         .activation = {Kind::hard_swish, 0, 0}},
        "simd.depthwise_tiles");
}

TEST_CASE("activations are applied where the result is stored") {
  const graph::Activation activations[] = {{Kind::relu, 0, 0},         {Kind::clip, -0.5f, 0.75f},
                                           {Kind::leaky_relu, 0.1f, 0}, {Kind::sigmoid, 0, 0},
                                           {Kind::tanh, 0, 0},          {Kind::hard_sigmoid, 0.2f, 0.5f},
                                           {Kind::hard_swish, 0, 0}};
  for (const graph::Activation& activation : activations) {
    // Direct or packed, as the vector length has it.
    check({.in = {1, 4, 14, 3}, .out_channels = 7, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .activation = activation}, "simd.conv_");
    check({.in = {1, 5, 7, 6}, .out_channels = 37, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .activation = activation},
          "simd.conv_igemm");
    check({.in = {1, 5, 9, 20}, .out_channels = 20, .kernel = {3, 3}, .groups = 20, .activation = activation},
          "simd.depthwise");
    check({.in = {1, 1, 1, 20}, .out_channels = 85, .kernel = {1, 1}, .activation = activation}, "simd.gemv");
  }
}

TEST_CASE("a NaN in the input reaches the output through every activation") {
  for (const Kind kind : {Kind::none, Kind::relu, Kind::clip, Kind::sigmoid, Kind::tanh, Kind::hard_swish}) {
    for (const std::int64_t groups : {1, 20}) {
      SimdCase layer = make_case({.in = {1, 5, 7, 20}, .out_channels = 20, .kernel = {3, 3}, .pads = {1, 1, 1, 1},
                                  .groups = groups, .activation = {kind, -1.0f, 1.0f}});
      layer.inputs[0].value.as_mutable<float>()[100] = std::numeric_limits<float>::quiet_NaN();
      check_simd(layer, groups == 1 ? "simd.conv_igemm" : "simd.depthwise");
    }
  }
}

TEST_CASE("auto_pad is worked out from the shapes") {
  for (const char* mode : {"SAME_UPPER", "SAME_LOWER"}) {
    SimdCase layer = make_case({.in = {1, 8, 14, 5}, .out_channels = 6, .kernel = {3, 4}, .strides = {2, 2},
                                .pads = {1, 1, 1, 1}});
    layer.node.attributes.erase("pads");
    layer.node.attributes.set("auto_pad", std::string(mode));
    layer.outputs = {{1, 4, 7, 6}};
    check_simd(layer, "simd.conv_igemm");
  }
}

TEST_CASE("every kernel that a tuner may choose computes the layer") {
  const Conv convs[] = {{.in = {1, 14, 14, 24}, .out_channels = 40, .kernel = {3, 3}, .pads = {1, 1, 1, 1}},
                        {.in = {2, 5, 9, 16}, .out_channels = 7, .kernel = {3, 3}, .pads = {0, 1, 1, 0}},
                        {.in = {1, 9, 9, 12}, .out_channels = 20, .kernel = {5, 5}, .strides = {2, 2}, .pads = {2, 2, 2, 2}},
                        {.in = {1, 12, 12, 16}, .out_channels = 16, .kernel = {1, 7}, .pads = {0, 3, 0, 3}},
                        {.in = {1, 6, 6, 8}, .out_channels = 12, .kernel = {3, 3}, .groups = 4},
                        {.in = {1, 6, 6, 33}, .out_channels = 12, .kernel = {1, 1}}};
  std::set<std::string> seen;
  for (const Conv& conv : convs) {
    SimdCase layer = make_case(conv);
    const std::string chosen = simd_kernel(layer);
    const std::vector<std::string> kernels = simd_kernels(layer);
    REQUIRE(!kernels.empty());
    CHECK(kernels.front() == chosen);
    CHECK(std::set<std::string>(kernels.begin(), kernels.end()).size() == kernels.size());
    seen.insert(kernels.begin(), kernels.end());
    for (const std::string& kernel : kernels) {
      CAPTURE(kernel);
      layer.kernel = kernel;
      CHECK(simd_kernel(layer) == kernel);
      const std::int64_t tile = kernel.ends_with('4') ? 4 : 2;
      const auto out = [&](std::int64_t taps) { return taps == 1 ? 1 : tile; };
      const bool winograd = kernel.starts_with("simd.conv_winograd");
      check_simd(layer, kernel, winograd ? winograd_tolerance({conv.kernel[0], conv.kernel[1], out(conv.kernel[0]), out(conv.kernel[1])}) : 0.0);
    }
    layer.kernel = "simd.conv_by_hand";
    CHECK_ERROR(simd_kernel(layer), ErrorCode::invalid_argument, "conv_by_hand");
  }
  CHECK(seen == std::set<std::string>{"simd.conv_direct", "simd.conv_igemm", "simd.conv_winograd2", "simd.conv_winograd4"});
  CHECK(simd_kernels(make_case({.in = {1, 6, 6, 12}, .out_channels = 12, .kernel = {3, 3}, .groups = 12})).empty());
}

TEST_CASE("what has no SIMD kernel is left to the reference") {
  SimdCase layer = make_case({.in = {1, 4, 4, 3}, .out_channels = 2, .kernel = {2, 2}});
  layer.inputs[1].constant = false;
  check_declined(layer);
}

}  // namespace
}  // namespace dnntune::test
