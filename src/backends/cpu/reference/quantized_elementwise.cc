// SPDX-License-Identifier: Apache-2.0
// QLinearAdd, QLinearGlobalAveragePool, QLinearSoftmax.
#include "kernels/reference/quantized_elementwise.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/reference/quantization.h"

namespace dnntune::backends::cpu {
namespace {

using kernels::reference::QuantizedAddArgs;
using kernels::reference::QuantizedGlobalPoolArgs;
using kernels::reference::QuantizedSoftmaxArgs;

constexpr ScaleOperands kX{1, 2}, kY{3, 4};          // of layers with one input
constexpr ScaleOperands kA{1, 2}, kB{4, 5}, kSum{6, 7};  // of the sum of two

/// Input 0 and the output are of one 8-bit type, with these scales.
void check_types(const LayerSpec& layer, ScaleOperands x, ScaleOperands y) {
  require_bytes(layer, input(layer, 0));
  require_same_type(layer, input(layer, 0), output(layer, 0));
  check_scale(layer, input(layer, 0), x);
  check_scale(layer, output(layer, 0), y);
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_qlinear_add(const LayerSpec& layer) {
  require_operands(layer, 7, 1);
  check_types(layer, kA, kSum);
  require_same_type(layer, input(layer, 0), input(layer, 3));
  check_scale(layer, input(layer, 3), kB);
  const Shape& shape = output(layer, 0).shape;
  const auto walk = kernels::reference::make_walk<2>(
      shape, {broadcast_strides(layer, input(layer, 0).shape, shape), broadcast_strides(layer, input(layer, 3).shape, shape)}, layer_name(layer));
  const kernels::Activation activation = clamping_activation(layer);
  return make_layer({.kernel = "reference.quantized_add"},
                    [walk, activation, is_signed = is_signed(output(layer, 0))](const Buffers& buffers, base::ThreadPool& pool) {
                      QuantizedAddArgs args;
                      args.a = in<std::uint8_t>(buffers, 0);
                      args.b = in<std::uint8_t>(buffers, 3);
                      args.y = out<std::uint8_t>(buffers, 0);
                      args.walk = &walk;
                      const float y_scale = read_scale(buffers.inputs, kSum);
                      args.a_ratio = read_scale(buffers.inputs, kA) / y_scale;
                      args.b_ratio = read_scale(buffers.inputs, kB) / y_scale;
                      args.a_zero = read_zero_point(buffers.inputs, kA, is_signed);
                      args.b_zero = read_zero_point(buffers.inputs, kB, is_signed);
                      args.is_signed = is_signed;
                      args.quantizer = read_quantizer(buffers.inputs, kSum, is_signed, activation);
                      run_parallel(pool, walk.count, kernels::reference::quantized_add, args);
                    });
}

std::unique_ptr<PreparedLayer> reference::prepare_qlinear_global_pool(const LayerSpec& layer) {
  require_operands(layer, 4, 1);
  check_types(layer, kX, kY);
  if (layer.node.attributes.integer("channels_last", 0) != 0) throw_unsupported(layer, "channels_last");
  const Shape &in_shape = input(layer, 0).shape, &out_shape = output(layer, 0).shape;
  require(in_shape.size() >= 2, layer, "needs a batch and a channel dimension");
  const Shape wanted = [&] {
    Shape shape(in_shape.size(), 1);
    shape.front() = in_shape.front();
    shape.back() = in_shape.back();
    return shape;
  }();
  require_shape(layer, output(layer, 0), wanted, "the output");
  QuantizedGlobalPoolArgs args;
  args.channels = in_shape.back();
  args.positions = elements(in_shape, 1, in_shape.size() - 1);
  args.is_signed = is_signed(output(layer, 0));
  const kernels::Activation activation = clamping_activation(layer);
  return make_layer({.kernel = "reference.quantized_global_pool"},
                    [args, activation, items = elements(out_shape)](const Buffers& buffers, base::ThreadPool& pool) {
                      QuantizedGlobalPoolArgs own = args;
                      own.x = in<std::uint8_t>(buffers, 0);
                      own.y = out<std::uint8_t>(buffers, 0);
                      own.multiplier = read_scale(buffers.inputs, kX) / (read_scale(buffers.inputs, kY) * static_cast<float>(args.positions));
                      own.x_zero = read_zero_point(buffers.inputs, kX, args.is_signed);
                      own.quantizer = read_quantizer(buffers.inputs, kY, args.is_signed, activation);
                      run_parallel(pool, items, grain_of(args.positions), kernels::reference::quantized_global_average_pool, own);
                    });
}

std::unique_ptr<PreparedLayer> reference::prepare_qlinear_softmax(const LayerSpec& layer) {
  require_operands(layer, 4, 1);
  check_types(layer, kX, kY);
  require_shape(layer, output(layer, 0), input(layer, 0).shape, "the output");
  const Shape& shape = input(layer, 0).shape;
  const Lanes lanes = lanes_of(shape, normalized_axis(layer, layer.node.attributes.integer("axis", -1), shape.size()));
  QuantizedSoftmaxArgs args;
  args.count = lanes.dim;
  args.inner = lanes.inner;
  args.is_signed = is_signed(output(layer, 0));
  return make_layer({.kernel = "reference.quantized_softmax"},
                    [args, items = lanes.outer * lanes.inner](const Buffers& buffers, base::ThreadPool& pool) {
                      QuantizedSoftmaxArgs own = args;
                      own.x = in<std::uint8_t>(buffers, 0);
                      own.y = out<std::uint8_t>(buffers, 0);
                      own.x_scale = read_scale(buffers.inputs, kX);
                      own.y_scale = read_scale(buffers.inputs, kY);
                      own.quantizer = read_quantizer(buffers.inputs, kY, args.is_signed, {});
                      run_parallel(pool, items, grain_of(args.count * 16), kernels::reference::quantized_softmax, own);
                    });
}

}  // namespace dnntune::backends::cpu
