// SPDX-License-Identifier: Apache-2.0
// Conv and ConvTranspose: the same operands but for the order of the weights.
#include "kernels/reference/conv.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/reference/window_of.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::ConvArgs;
using kernels::reference::ConvKernel;

/// Everything but the pointers.
ConvArgs read_args(const LayerSpec& layer, bool is_transposed) {
  const Shape& in = input(layer, 0).shape;
  const Shape& weights = input(layer, 1).shape;
  const Shape& out = output(layer, 0).shape;
  require(weights.size() == in.size() && out.size() == in.size(), layer, "input, weights and output differ in rank");
  ConvArgs args;
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
  require_shape(layer, input(layer, 1), kernel, "the weights");
  if (input(layer, 2).present()) require_shape(layer, input(layer, 2), {args.out_channels}, "the bias");
  args.activation = fused_activation(layer);
  return args;
}

/// `kernel_for` gives the kernel for an element type.
std::unique_ptr<PreparedLayer> make(std::string_view name, const LayerSpec& layer, bool is_transposed, ConvKernel (*kernel_for)(DataType) noexcept) {
  const DataType type = input(layer, 0).type;
  for (const std::size_t i : {1u, 2u}) require_type(layer, input(layer, i), type, "an input");
  require_type(layer, output(layer, 0), type, "the output");
  const ConvKernel kernel = require_kernel(layer, kernel_for(type));
  const ConvArgs args = read_args(layer, is_transposed);
  const std::int64_t pixels = args.batch * kernels::reference::volume(args.out_size);
  const std::int64_t cost = elements(input(layer, 1).shape);
  return make_layer({name}, [args, pixels, cost, kernel](const Buffers& buffers, base::ThreadPool& pool) {
    ConvArgs bound = args;
    bound.input = in<void>(buffers, 0);
    bound.weights = in<void>(buffers, 1);
    bound.bias = in<void>(buffers, 2);
    bound.output = out<void>(buffers, 0);
    run_parallel(pool, pixels, grain(cost), kernel, bound);
  });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_conv(const LayerSpec& layer) {
  return make("reference.conv", layer, false, kernels::reference::conv_kernel);
}

std::unique_ptr<PreparedLayer> prepare_conv_transpose(const LayerSpec& layer) {
  return make("reference.conv_transpose", layer, true, kernels::reference::conv_transpose_kernel);
}

}  // namespace dnntune::backends::cpu::reference
