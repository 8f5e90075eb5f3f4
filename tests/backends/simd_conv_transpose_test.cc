// SPDX-License-Identifier: Apache-2.0
// Transposed convolutions on the SIMD kernels against the reference.
#include <doctest/doctest.h>

#include "backends/transposed_case.h"

namespace dnntune::test {
namespace {

using Kind = graph::Activation::Kind;

void check(const Transposed& conv) {
  CAPTURE(to_string(conv.in));
  CAPTURE(conv.out_channels);
  CAPTURE(to_string(conv.kernel));
  CAPTURE(to_string(conv.strides));
  check_simd(transposed_case(conv), "simd.conv_transpose");
}

TEST_CASE("kernels and strides in every relation") {
  // Rows of a phase that are copied, and (from 24 pixels on) written in place.
  for (const std::int64_t width : {1, 5, 24, 31})
    for (const std::int64_t kernel : {1, 2, 3, 4, 5})
      for (const std::int64_t stride : {1, 2, 3})
        check({.in = {2, 3, width, 5}, .out_channels = 7, .kernel = {kernel, kernel}, .strides = {stride, stride}});
}

TEST_CASE("channels around vector lengths") {
  for (const std::int64_t channels : {1, 3, 8, 15, 16, 17, 33})
    for (const std::int64_t out : {1, 3, 8, 16, 17, 40}) {
      check({.in = {1, 4, 6, channels}, .out_channels = out, .kernel = {4, 4}, .strides = {2, 2}, .more = {{"pads", Shape{1, 1, 1, 1}}}});
      check({.in = {1, 2, 30, channels}, .out_channels = out, .kernel = {2, 2}, .strides = {2, 2}});
    }
}

TEST_CASE("padding, dilation and sizes of the output") {
  for (const std::int64_t width : {4, 27}) {
    check({.in = {1, 5, width, 6}, .out_channels = 9, .kernel = {3, 3}, .strides = {2, 2},
           .more = {{"pads", Shape{1, 1, 1, 1}}, {"output_padding", Shape{1, 1}}}});
    check({.in = {1, 5, width, 6}, .out_channels = 9, .kernel = {3, 4}, .strides = {3, 2}, .more = {{"pads", Shape{2, 0, 1, 3}}}});
    check({.in = {1, 5, width, 6}, .out_channels = 9, .kernel = {3, 3}, .strides = {2, 2}, .more = {{"dilations", Shape{2, 2}}}});
    check({.in = {1, 5, width, 6}, .out_channels = 9, .kernel = {3, 3}, .strides = {2, 3}, .more = {{"dilations", Shape{3, 2}}}});
    check({.in = {1, 5, width, 6}, .out_channels = 9, .kernel = {3, 3}, .strides = {1, 1}, .more = {{"pads", Shape{1, 2, 2, 0}}}});
    check({.in = {1, 5, width, 6}, .out_channels = 9, .kernel = {3, 3}, .strides = {2, 2}, .more = {{"auto_pad", std::string("SAME_UPPER")}}});
    // Beyond the reach of the kernel there is the bias alone.
    check({.in = {1, 2, width, 6}, .out_channels = 9, .kernel = {2, 1}, .strides = {2, 4},
           .more = {{"output_padding", Shape{5, 2}}}});
  }
  check({.in = {2, 40, 3}, .out_channels = 5, .kernel = {4}, .strides = {2}, .more = {{"pads", Shape{1, 1}}}});
}

TEST_CASE("groups") {
  for (const std::int64_t width : {4, 27}) {
    check({.in = {1, 3, width, 8}, .out_channels = 6, .kernel = {3, 3}, .strides = {2, 2}, .groups = 2});
    check({.in = {1, 3, width, 32}, .out_channels = 64, .kernel = {2, 2}, .strides = {2, 2}, .groups = 4});
    check({.in = {1, 3, width, 5}, .out_channels = 5, .kernel = {4, 4}, .strides = {2, 2}, .groups = 5});
  }
}

TEST_CASE("fused activations") {
  for (const graph::Activation activation :
       {graph::Activation{Kind::relu, 0, 0}, graph::Activation{Kind::clip, -0.5f, 0.5f}, graph::Activation{Kind::tanh, 0, 0}})
    for (const std::int64_t width : {4, 27})
      check({.in = {1, 3, width, 8}, .out_channels = 19, .kernel = {2, 3}, .strides = {2, 2}, .groups = 1, .activation = activation});
}

TEST_CASE("layers of real networks") {
  check({.in = {1, 28, 28, 64}, .out_channels = 32, .kernel = {2, 2}, .strides = {2, 2}});
  check({.in = {1, 4, 4, 512}, .out_channels = 64, .kernel = {4, 4}, .strides = {2, 2}, .more = {{"pads", Shape{1, 1, 1, 1}}}});
}

TEST_CASE("weights that are not constant are left to the reference") {
  SimdCase layer = transposed_case({.in = {1, 3, 4, 5}, .out_channels = 6, .kernel = {2, 2}, .strides = {2, 2}});
  layer.inputs[1].constant = false;
  check_declined(layer);
}

}  // namespace
}  // namespace dnntune::test
