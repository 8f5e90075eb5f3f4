// SPDX-License-Identifier: Apache-2.0
// Layers on an OpenCL device against the reference kernels, over shapes around the edges of tiles and vectors.
#include <doctest/doctest.h>

#include "backends/opencl_harness.h"

namespace dnntune::test {
namespace {

using graph::Op;
using Kind = graph::Activation::Kind;
using Ints = std::vector<std::int64_t>;

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

SimdCase make_conv(const Conv& conv) {
  const std::size_t rank = conv.kernel.size();
  const Shape strides = conv.strides.empty() ? Shape(rank, 1) : conv.strides;
  const Shape dilations = conv.dilations.empty() ? Shape(rank, 1) : conv.dilations;
  const Shape pads = conv.pads.empty() ? Shape(2 * rank, 0) : conv.pads;
  Shape out = conv.in;
  out.back() = conv.out_channels;
  for (std::size_t i = 0; i < rank; ++i)
    out[i + 1] = (conv.in[i + 1] + pads[i] + pads[rank + i] - ((conv.kernel[i] - 1) * dilations[i] + 1)) / strides[i] + 1;
  Shape weights = {conv.out_channels, conv.in.back() / conv.groups};
  weights.insert(weights.end(), conv.kernel.begin(), conv.kernel.end());
  SimdCase layer;
  layer.node = make_node(Op::Conv, {{"kernel_shape", conv.kernel}, {"strides", strides}, {"dilations", dilations}, {"pads", pads}, {"group", conv.groups}},
                         conv.activation);
  layer.inputs = {{random_tensor(conv.in, 1), false}, {random_tensor(weights, 2, -0.5f, 0.5f), true}};
  if (conv.bias) layer.inputs.push_back({random_tensor({conv.out_channels}, 3), true});
  layer.outputs = {out};
  return layer;
}

void check(const Conv& conv, const std::string& kernel = "opencl.conv") {
  CAPTURE(to_string(conv.in));
  CAPTURE(conv.out_channels);
  CAPTURE(to_string(conv.kernel));
  CAPTURE(conv.groups);
  check_opencl(make_conv(conv), kernel, 4.0);
}

TEST_CASE("convolutions by every kernel") {
  for (const std::int64_t channels : {1, 3, 4, 19})
    for (const std::int64_t out : {1, 5, 16, 33}) {
      check({.in = {1, 7, 6, channels}, .out_channels = out, .kernel = {1, 1}});
      check({.in = {2, 7, 6, channels}, .out_channels = out, .kernel = {3, 3}, .strides = {2, 1}, .pads = {1, 1, 1, 0}});
    }
  check({.in = {1, 9, 8, 6}, .out_channels = 4, .kernel = {3, 2}, .dilations = {2, 3}, .pads = {2, 0, 1, 3}, .bias = false});
  check({.in = {2, 21, 5}, .out_channels = 7, .kernel = {4}, .strides = {3}, .pads = {2, 1}});
}

TEST_CASE("element-wise") {
  SimdCase add;
  add.node = make_node(Op::Add);
  add.inputs = {{random_tensor({2, 5, 7, 3}, 1), false}, {random_tensor({3}, 2), true}};
  add.outputs = {{2, 5, 7, 3}};
  check_opencl(add, "opencl.binary");
}

}  // namespace
}  // namespace dnntune::test
