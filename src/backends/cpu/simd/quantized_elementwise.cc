// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, DequantizeLinear, QLinearAdd and QLinearGlobalAveragePool with constant scales, and maxima of bytes.
#include "kernels/simd/quantized_elementwise.h"

#include <algorithm>
#include <optional>

#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/reference/quantization.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using namespace kernels::simd;

bool is_bytes(const TensorSpec& operand) { return operand.type == DataType::uint8 || operand.type == DataType::int8; }

}  // namespace

std::unique_ptr<PreparedLayer> prepare_quantize(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  if (!has_known_scale(layer, {1, 2}) || x.type != DataType::float32 || !is_bytes(y) || x.shape != y.shape) return nullptr;
  kernels::simd::QuantizeArgs args;
  const auto pointers = constant_pointers(layer);
  args.scale = read_scale(pointers, {1, 2});
  args.is_signed = is_signed(y);
  args.quantizer = read_quantizer(pointers, {1, 2}, args.is_signed, {});
  return make_layer({.kernel = "simd.quantize"}, [args, count = elements(x.shape), kernel = byte_kernels().quantize](const Buffers& buffers, base::ThreadPool& pool) {
    kernels::simd::QuantizeArgs own = args;
    own.x = in<float>(buffers, 0);
    own.y = out<std::uint8_t>(buffers, 0);
    run_parallel(pool, count, kernel, own);
  });
}

std::unique_ptr<PreparedLayer> prepare_dequantize(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  if (!has_known_scale(layer, {1, 2}) || !is_bytes(x) || y.type != DataType::float32 || x.shape != y.shape) return nullptr;
  kernels::simd::DequantizeArgs args;
  const auto pointers = constant_pointers(layer);
  args.scale = read_scale(pointers, {1, 2});
  args.is_signed = is_signed(x);
  args.zero_point = read_zero_point(pointers, {1, 2}, args.is_signed);
  return make_layer({.kernel = "simd.dequantize"}, [args, count = elements(x.shape), kernel = byte_kernels().dequantize](const Buffers& buffers, base::ThreadPool& pool) {
    kernels::simd::DequantizeArgs own = args;
    own.x = in<std::uint8_t>(buffers, 0);
    own.y = out<float>(buffers, 0);
    run_parallel(pool, count, kernel, own);
  });
}

std::unique_ptr<PreparedLayer> prepare_quantized_add(const LayerSpec& layer) {
  constexpr ScaleOperands kA{1, 2}, kB{4, 5}, kY{6, 7};
  const TensorSpec &a = input(layer, 0), &b = input(layer, 3), &y = output(layer, 0);
  if (!has_known_scale(layer, kA) || !has_known_scale(layer, kB) || !has_known_scale(layer, kY)) return nullptr;
  if (!is_bytes(a) || a.type != b.type || a.type != y.type || a.shape != b.shape || a.shape != y.shape) return nullptr;
  const auto pointers = constant_pointers(layer);
  kernels::simd::QuantizedAddArgs args;
  args.is_signed = is_signed(y);
  args.a_ratio = read_scale(pointers, kA) / read_scale(pointers, kY);
  args.b_ratio = read_scale(pointers, kB) / read_scale(pointers, kY);
  args.a_zero = read_zero_point(pointers, kA, args.is_signed);
  args.b_zero = read_zero_point(pointers, kB, args.is_signed);
  args.quantizer = read_quantizer(pointers, kY, args.is_signed, clamping_activation(layer));
  return make_layer({.kernel = "simd.quantized_add", .in_place = true},
                    [args, count = elements(y.shape), kernel = byte_kernels().add](const Buffers& buffers, base::ThreadPool& pool) {
                      kernels::simd::QuantizedAddArgs own = args;
                      own.a = in<std::uint8_t>(buffers, 0);
                      own.b = in<std::uint8_t>(buffers, 3);
                      own.y = out<std::uint8_t>(buffers, 0);
                      run_parallel(pool, count, kernel, own);
                    });
}

std::unique_ptr<PreparedLayer> prepare_quantized_global_pool(const LayerSpec& layer) {
  constexpr ScaleOperands kX{1, 2}, kY{3, 4};
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  if (!has_known_scale(layer, kX) || !has_known_scale(layer, kY) || !is_bytes(x) || x.type != y.type || x.shape.size() < 3 || elements(x.shape) == 0) return nullptr;
  if (elements(y.shape) != x.shape.front() * x.shape.back() || layer.node.attributes.integer("channels_last", 0) != 0) return nullptr;
  const auto pointers = constant_pointers(layer);
  QuantizedMeanArgs args;
  args.positions = elements(x.shape, 1, x.shape.size() - 1);
  args.channels = x.shape.back();
  args.is_signed = is_signed(y);
  args.multiplier = read_scale(pointers, kX) / (read_scale(pointers, kY) * static_cast<float>(args.positions));
  args.x_zero = read_zero_point(pointers, kX, args.is_signed);
  args.quantizer = read_quantizer(pointers, kY, args.is_signed, clamping_activation(layer));
  const std::int64_t blocks = x.shape.front() * divide_up(args.channels, kMeanChannels);
  return make_layer({.kernel = "simd.quantized_global_pool"}, [args, blocks, kernel = byte_kernels().mean](const Buffers& buffers, base::ThreadPool& pool) {
    QuantizedMeanArgs own = args;
    own.x = in<std::uint8_t>(buffers, 0);
    own.y = out<std::uint8_t>(buffers, 0);
    pool.parallel_for(blocks, grain_for(args.positions * kMeanChannels * 2), [&](base::Range range, int) { kernel(own, range); });
  });
}

std::unique_ptr<PreparedLayer> prepare_byte_max_pool(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  if (layer.node.op != graph::Op::MaxPool || !is_bytes(x) || x.type != y.type || output(layer, 1).present()) return nullptr;
  const std::optional<ImageWindow> image = image_window(layer, layer.node.attributes.integers("kernel_shape"));
  if (!image || image->in_channels != image->out_channels) return nullptr;
  ByteMaxPoolArgs args;
  args.channels = image->in_channels;
  set_window(args, *image);
  args.is_signed = is_signed(x);
  const std::int64_t row_bytes = args.out_w * args.channels * args.kernel_h * args.kernel_w;
  return make_layer({.kernel = "simd.max_pool"}, [args, row_bytes, rows = image->batch * args.out_h, kernel = byte_kernels().max_pool](const Buffers& buffers, base::ThreadPool& pool) {
    ByteMaxPoolArgs own = args;
    own.input = in<std::uint8_t>(buffers, 0);
    own.output = out<std::uint8_t>(buffers, 0);
    pool.parallel_for(rows, grain_for(row_bytes), [&](base::Range range, int) { kernel(own, range); });
  });
}

}  // namespace dnntune::backends::cpu::simd
