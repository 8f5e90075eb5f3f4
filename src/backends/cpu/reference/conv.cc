// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/conv.h"

#include "backends/cpu/families.h"
#include "backends/cpu/layer_helpers.h"
#include "backends/cpu/reference/window_of.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::volume;

template <typename T>
kernels::reference::ConvArgs<T> read_args(const LayerSpec& layer) {
  const Shape& in = input(layer, 0).shape;
  const Shape& weights = input(layer, 1).shape;
  const Shape& out = output(layer, 0).shape;
  kernels::reference::ConvArgs<T> args;
  require(weights.size() == in.size() && out.size() == in.size(), layer, "input, weights and output differ in rank");
  args.in_size = spatial_size(layer, in);
  args.out_size = spatial_size(layer, out);
  args.batch = in[0];
  args.in_channels = in.back();
  args.out_channels = out.back();
  args.groups = layer.node.attributes.integer("group", 1);
  require(args.groups >= 1 && args.in_channels % args.groups == 0 && args.out_channels % args.groups == 0, layer,
          "attribute 'group' does not divide the channels");
  require(weights[0] == args.out_channels && weights[1] == args.in_channels / args.groups && out[0] == args.batch, layer,
          "weights must be [output channels, input channels / group, kernel...]");
  const Shape kernel(weights.begin() + 2, weights.end());
  require(layer.node.attributes.integers("kernel_shape", kernel) == kernel, layer, "attribute 'kernel_shape' is not the weights'");
  args.window = sliding_window(layer, kernel);
  if (input(layer, 2).present()) require_shape(layer, input(layer, 2), {args.out_channels}, "the bias");
  args.activation = fused_activation(layer);
  return args;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_conv(const LayerSpec& layer) {
  const DataType type = input(layer, 0).type;
  for (const std::size_t i : {1u, 2u}) require_type(layer, input(layer, i), type, "an input");
  require_type(layer, output(layer, 0), type, "the output");
  return dispatch_float(layer, type, [&]<typename T>() {
    const auto args = read_args<T>(layer);
    const std::int64_t cost = elements(input(layer, 1).shape);
    return make_layer({"reference.conv"}, [args, cost](const Buffers& buffers, base::ThreadPool& pool) {
      auto bound = args;
      bound.input = in<T>(buffers, 0);
      bound.weights = in<T>(buffers, 1);
      bound.bias = in<T>(buffers, 2);
      bound.output = out<T>(buffers, 0);
      pool.parallel_for(args.batch * volume(args.out_size), grain(cost),
                        [&](base::Range pixels, int) { kernels::reference::conv(bound, pixels); });
    });
  });
}

}  // namespace dnntune::backends::cpu::reference
