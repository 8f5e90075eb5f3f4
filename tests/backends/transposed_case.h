// SPDX-License-Identifier: Apache-2.0
// A transposed convolution as a case for any backend.
#pragma once

#include <cstdint>

#include "backends/simd_harness.h"
#include "graph/windows.h"

namespace dnntune::test {

struct Transposed {
  Shape in;  ///< N, spatial..., C
  std::int64_t out_channels;
  Shape kernel;
  Shape strides;
  NodeAttributes more = {};
  std::int64_t groups = 1;
  graph::Activation activation = {};
  bool bias = true;
};

inline SimdCase transposed_case(const Transposed& conv) {
  NodeAttributes attributes = {{"kernel_shape", conv.kernel}, {"strides", conv.strides}, {"group", conv.groups}};
  attributes.insert(attributes.end(), conv.more.begin(), conv.more.end());
  SimdCase layer;
  layer.node = make_node(graph::Op::ConvTranspose, attributes, conv.activation);
  Shape weights = {conv.in.back(), conv.out_channels / conv.groups};
  weights.insert(weights.end(), conv.kernel.begin(), conv.kernel.end());
  layer.inputs = {{random_tensor(conv.in, 1), false}, {random_tensor(weights, 2), true}};
  if (conv.bias) layer.inputs.push_back({random_tensor({conv.out_channels}, 3), true});
  Shape out = {conv.in[0]};
  const Shape spatial(conv.in.begin() + 1, conv.in.end() - 1);
  for (const graph::Window& window : graph::transposed_windows(layer.node.attributes, spatial, conv.kernel)) out.push_back(window.output);
  out.push_back(conv.out_channels);
  layer.outputs = {out};
  return layer;
}

}  // namespace dnntune::test
