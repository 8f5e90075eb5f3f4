// SPDX-License-Identifier: Apache-2.0
// Transposed convolutions on an OpenCL device against the reference kernels, tiled for CPUs and for GPUs, over shapes
// around the edges of phases, tiles and vectors.
#include <doctest/doctest.h>

#include "backends/opencl_harness.h"
#include "backends/transposed_case.h"

namespace dnntune::test {
namespace {

using Kind = graph::Activation::Kind;

void check_transposed(const Transposed& conv, const std::string& kernel = "opencl.conv_transpose", OpenClChecks checks = {}) {
  CAPTURE(to_string(conv.in));
  CAPTURE(conv.out_channels);
  CAPTURE(to_string(conv.kernel));
  CAPTURE(to_string(conv.strides));
  checks.as_gpu = true;
  check_opencl(transposed_case(conv), kernel, checks);
}

TEST_CASE("transposed: kernels and strides in every relation") {
  for (const std::int64_t kernel : {1, 2, 3, 5})
    for (const std::int64_t stride : {1, 2, 3}) {
      check_transposed({.in = {2, 3, 5, 5}, .out_channels = 7, .kernel = {kernel, kernel}, .strides = {stride, stride}});
      check_transposed({.in = {1, 1, 30, 4}, .out_channels = 17, .kernel = {kernel, 2}, .strides = {stride, 1}, .bias = false});
    }
}

TEST_CASE("transposed: channels around the vectors") {
  for (const std::int64_t channels : {1, 3, 4, 19})
    for (const std::int64_t out : {1, 5, 16, 33})
      check_transposed({.in = {1, 4, 6, channels}, .out_channels = out, .kernel = {4, 4}, .strides = {2, 2}, .more = {{"pads", Shape{1, 1, 1, 1}}}});
}

TEST_CASE("transposed: padding, dilation and sizes of the output") {
  const auto wide = [](Shape kernel, Shape strides, NodeAttributes more) {
    check_transposed({.in = {1, 5, 7, 6}, .out_channels = 9, .kernel = std::move(kernel), .strides = std::move(strides), .more = std::move(more)});
  };
  wide({3, 3}, {2, 2}, {{"pads", Shape{1, 1, 1, 1}}, {"output_padding", Shape{1, 1}}});
  wide({3, 4}, {3, 2}, {{"pads", Shape{2, 0, 1, 3}}});
  wide({3, 3}, {2, 2}, {{"dilations", Shape{2, 2}}});
  wide({3, 3}, {2, 3}, {{"dilations", Shape{3, 2}}});
  wide({3, 3}, {1, 1}, {{"pads", Shape{1, 2, 2, 0}}});
  wide({3, 3}, {2, 2}, {{"auto_pad", std::string("SAME_UPPER")}});
  wide({4, 4}, {2, 2}, {{"auto_pad", std::string("SAME_LOWER")}});
  wide({3, 3}, {2, 2}, {{"output_shape", Shape{10, 13}}});
  wide({2, 1}, {2, 4}, {{"output_padding", Shape{5, 2}}});  // beyond the reach of the kernel there is the bias alone
  check_transposed({.in = {2, 40, 3}, .out_channels = 5, .kernel = {4}, .strides = {2}, .more = {{"pads", Shape{1, 1}}}});
  check_transposed({.in = {1, 1, 1, 3}, .out_channels = 5, .kernel = {1, 1}, .strides = {3, 3}});  // phases without an output
}

TEST_CASE("transposed: groups, and one channel a group") {
  check_transposed({.in = {1, 3, 4, 8}, .out_channels = 6, .kernel = {3, 3}, .strides = {2, 2}, .groups = 2});
  check_transposed({.in = {2, 3, 5, 12}, .out_channels = 76, .kernel = {2, 2}, .strides = {2, 2}, .groups = 4});
  check_transposed({.in = {1, 3, 5, 5}, .out_channels = 10, .kernel = {3, 3}, .strides = {2, 1}, .groups = 5});
  for (const std::int64_t channels : {2, 5, 32}) {
    check_transposed({.in = {2, 3, 4, channels}, .out_channels = channels, .kernel = {4, 4}, .strides = {2, 2}, .more = {{"pads", Shape{1, 1, 1, 1}}},
           .groups = channels}, "opencl.conv_transpose_depthwise");
    check_transposed({.in = {1, 5, 4, channels}, .out_channels = channels, .kernel = {3, 2}, .strides = {2, 3}, .more = {{"dilations", Shape{3, 2}}},
           .groups = channels, .bias = false}, "opencl.conv_transpose_depthwise");
  }
}

TEST_CASE("transposed: activations") {
  const graph::Activation activations[] = {{.kind = Kind::relu}, {.kind = Kind::clip, .alpha = -0.25f, .beta = 0.5f}, {.kind = Kind::tanh}};
  for (const graph::Activation& activation : activations)
    for (const std::int64_t groups : {1, 8})
      check_transposed({.in = {1, 3, 4, 8}, .out_channels = 8, .kernel = {2, 3}, .strides = {2, 2}, .groups = groups, .activation = activation});
}

TEST_CASE("transposed: what is left to others") {
  SimdCase dynamic = transposed_case({.in = {1, 3, 4, 5}, .out_channels = 6, .kernel = {2, 2}, .strides = {2, 2}});
  dynamic.inputs[1].constant = false;
  check_refused(dynamic, "not constant");
  check_refused(transposed_case({.in = {1, 3, 4, 2, 5}, .out_channels = 6, .kernel = {2, 2, 2}, .strides = {2, 2, 2}}), "spatial dimensions");
}

}  // namespace
}  // namespace dnntune::test
