// SPDX-License-Identifier: Apache-2.0
// ConvInteger and QLinearConv.
#include "kernels/reference/quantized_conv.h"

#include "backends/cpu/families.h"
#include "backends/layer_helpers.h"
#include "backends/cpu/reference/conv_args.h"
#include "backends/cpu/reference/quantization.h"

namespace dnntune::backends::cpu::reference {
namespace {

std::unique_ptr<PreparedLayer> make(const LayerSpec& layer, const ConvOperands& at) {
  kernels::reference::QuantizedConvArgs args;
  args.conv = read_conv_args(layer, at);
  const ProductQuantization quantization(layer, at.weights, 1, args.conv.out_channels);
  args.input_signed = quantization.x_signed();
  args.weights_signed = quantization.weights_signed();
  const std::int64_t pixels = args.conv.batch * kernels::reference::volume(args.conv.out_size);
  const std::int64_t cost = elements(input(layer, at.weights).shape);
  return make_layer({.kernel = "reference.quantized_conv", .scratch_bytes = quantization.scratch_bytes()},
                    [=](const Buffers& buffers, base::ThreadPool& pool) {
                      const auto values = quantization.read(buffers.inputs, buffers.scratch);
                      kernels::reference::QuantizedConvArgs own = args;
                      own.input = in<std::uint8_t>(buffers, 0);
                      own.weights = in<std::uint8_t>(buffers, at.weights);
                      own.bias = in<std::int32_t>(buffers, at.bias);
                      own.input_zero = values.x_zeros[0];
                      own.weight_zeros = values.weight_zeros;
                      own.multipliers = values.multipliers;
                      own.quantizer = values.quantizer;
                      own.output = out<void>(buffers, 0);
                      pool.parallel_for(pixels, grain(cost), [&](base::Range range, int) { kernels::reference::quantized_conv(own, range); });
                    });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_conv_integer(const LayerSpec& layer) { return make(layer, {.bias = layer.inputs.size()}); }
std::unique_ptr<PreparedLayer> prepare_qlinear_conv(const LayerSpec& layer) { return make(layer, {.weights = 3, .bias = 8}); }

}  // namespace dnntune::backends::cpu::reference
