// SPDX-License-Identifier: Apache-2.0
// What the convolutions read from a layer: of floats, transposed, of 8-bit integers.
#pragma once

#include "backends/layer_helpers.h"
#include "backends/cpu/reference/window_of.h"
#include "kernels/reference/conv.h"

namespace dnntune::backends::cpu::reference {

/// Where the operands are.
struct ConvOperands {
  std::size_t weights = 1, bias = 2;
  bool is_transposed = false;
};

/// Everything but the pointers. Throws invalid_model when shapes and attributes do not fit together.
inline kernels::reference::ConvArgs read_conv_args(const LayerSpec& layer, const ConvOperands& at) {
  const bool is_transposed = at.is_transposed;
  const Shape& in = input(layer, 0).shape;
  const Shape& weights = input(layer, at.weights).shape;
  const Shape& out = output(layer, 0).shape;
  require(weights.size() == in.size() && out.size() == in.size(), layer, "input, weights and output differ in rank");
  kernels::reference::ConvArgs args;
  args.in_size = spatial_size(layer, in);
  args.out_size = spatial_size(layer, out);
  require(in[0] == out[0], layer, "input and output differ in batch");
  args.batch = in[0];
  args.in_channels = in.back();
  args.out_channels = out.back();
  args.groups = layer.node.attributes.integer("group", 1);
  require(args.groups >= 1 && args.in_channels % args.groups == 0 && args.out_channels % args.groups == 0, layer,
          "attribute 'group' does not divide the channels");
  Shape kernel(weights.begin() + 2, weights.end());
  require(layer.node.attributes.integers("kernel_shape", kernel) == kernel, layer,
          "attribute 'kernel_shape' is not the weights'");
  args.window = is_transposed ? transposed_window(layer, kernel) : sliding_window(layer, kernel);
  kernel.insert(kernel.begin(), {is_transposed ? args.in_channels : args.out_channels,
                                 (is_transposed ? args.out_channels : args.in_channels) / args.groups});
  require_shape(layer, input(layer, at.weights), kernel, "the weights");
  if (input(layer, at.bias).present()) require_shape(layer, input(layer, at.bias), {args.out_channels}, "the bias");
  args.activation = fused_activation(layer);
  return args;
}

}  // namespace dnntune::backends::cpu::reference
