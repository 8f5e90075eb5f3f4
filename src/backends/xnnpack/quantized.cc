// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, DequantizeLinear, QLinearAdd, QLinearGlobalAveragePool with constant scales. Only ratios of scales
// count: where several tensors have one, the output's is given as 1.
#include "backends/cpu/reference/quantization.h"
#include "backends/xnnpack/binders.h"

namespace dnntune::backends::xnnpack {
namespace {

using cpu::ScaleOperands;

bool is_bytes(const TensorSpec& operand) noexcept { return operand.type == DataType::uint8 || operand.type == DataType::int8; }

TensorType bytes(const TensorSpec& operand, Dims dims, float scale, std::int32_t zero_point) {
  return {.type = cpu::is_signed(operand) ? xnn_datatype_qint8 : xnn_datatype_quint8, .dims = std::move(dims), .scale = scale, .zero_point = zero_point};
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_conversion(const LayerSpec& layer) {
  constexpr ScaleOperands kScale{1, 2};
  const bool quantizes = layer.node.op == graph::Op::QuantizeLinear;
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  const TensorSpec &real = quantizes ? x : y, &stored = quantizes ? y : x;
  if (!cpu::has_known_scale(layer, kScale)) return refuse(layer, "scales that are not constant, or of each channel");
  if (real.type != DataType::float32 || !is_bytes(stored) || x.shape != y.shape || elements(x.shape) == 0) return refuse(layer, "other than float32 and bytes");
  const auto pointers = cpu::constant_pointers(layer);
  const Dims dims = dims_of({elements(x.shape)});
  const TensorType of_stored = bytes(stored, dims, cpu::read_scale(pointers, kScale), cpu::read_zero_point(pointers, kScale, cpu::is_signed(stored)));
  Subgraph graph(2);
  graph.input(0, quantizes ? TensorType{.dims = dims} : of_stored);
  graph.output(1, quantizes ? of_stored : TensorType{.dims = dims});
  graph.node([&](xnn_subgraph_t g) { return define_unary(g, {Unary::convert}, 0, 1); });
  return make_layer(layer, graph, {.kernel = quantizes ? "xnnpack.quantize" : "xnnpack.dequantize"});
}

std::unique_ptr<PreparedLayer> prepare_quantized_add(const LayerSpec& layer) {
  constexpr ScaleOperands kA{1, 2}, kB{4, 5}, kY{6, 7};
  const TensorSpec &a = input(layer, 0), &b = input(layer, 3), &y = output(layer, 0);
  for (const ScaleOperands& at : {kA, kB, kY})
    if (!cpu::has_known_scale(layer, at)) return refuse(layer, "scales that are not constant");
  if (!is_bytes(a) || a.type != b.type || a.type != y.type) return refuse(layer, "operands of different types");
  if (a.shape != y.shape || b.shape != y.shape || elements(y.shape) == 0) return refuse(layer, "operands of different shapes");
  if (a.is_constant() || b.is_constant()) return refuse(layer, "an operand that is constant");
  const auto pointers = cpu::constant_pointers(layer);
  const bool is_signed = cpu::is_signed(y);
  const kernels::Quantizer quantizer = cpu::read_quantizer(pointers, kY, is_signed, cpu::clamping_activation(layer));
  if (quantizer.low >= quantizer.high) return refuse(layer, "its activation");
  const Dims dims = dims_of({elements(y.shape)});
  const float y_scale = cpu::read_scale(pointers, kY);
  Subgraph graph(3);
  graph.input(0, bytes(a, dims, cpu::read_scale(pointers, kA) / y_scale, cpu::read_zero_point(pointers, kA, is_signed)));
  graph.input(1, bytes(b, dims, cpu::read_scale(pointers, kB) / y_scale, cpu::read_zero_point(pointers, kB, is_signed)));
  graph.output(2, bytes(y, dims, 1.0f, quantizer.zero_point));
  graph.node([&](xnn_subgraph_t g) { return define_binary(g, Binary::add, 0, 1, 2, {quantizer.least(), quantizer.most()}); });
  return make_layer(layer, graph, {.kernel = "xnnpack.quantized_add", .operands = {0, 3}, .in_place = true});
}

std::unique_ptr<PreparedLayer> prepare_quantized_global_average(const LayerSpec& layer) {
  constexpr ScaleOperands kX{1, 2}, kY{3, 4};
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  if (!cpu::has_known_scale(layer, kX) || !cpu::has_known_scale(layer, kY)) return refuse(layer, "scales that are not constant");
  if (!is_bytes(x) || x.type != y.type || x.shape.size() < 3 || elements(x.shape) == 0) return refuse(layer, "other than images of bytes");
  if (layer.node.attributes.integer("channels_last", 0) != 0) return refuse(layer, "an order of dimensions that it names itself");
  if (cpu::clamping_activation(layer).kind != kernels::Activation::Kind::none) return refuse(layer, "its activation");
  const auto pointers = cpu::constant_pointers(layer);
  const bool is_signed = cpu::is_signed(y);
  const std::int64_t batch = x.shape.front(), channels = x.shape.back();
  Subgraph graph(2);
  graph.input(0, bytes(x, dims_of({batch, 1, elements(x.shape, 1, x.shape.size() - 1), channels}),
                       cpu::read_scale(pointers, kX) / cpu::read_scale(pointers, kY), cpu::read_zero_point(pointers, kX, is_signed)));
  graph.output(1, bytes(y, dims_of({batch, 1, 1, channels}), 1.0f, cpu::read_zero_point(pointers, kY, is_signed)));
  graph.node([&](xnn_subgraph_t g) { return define_global_average(g, 0, 1); });
  return make_layer(layer, graph, {.kernel = "xnnpack.quantized_global_pool"});
}

}  // namespace dnntune::backends::xnnpack
