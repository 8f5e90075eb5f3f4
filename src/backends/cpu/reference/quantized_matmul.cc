// SPDX-License-Identifier: Apache-2.0
// MatMulInteger and QLinearMatMul.
#include "kernels/reference/quantized_matmul.h"

#include "backends/cpu/families.h"
#include "backends/layer_helpers.h"
#include "backends/cpu/reference/matmul_setting.h"
#include "backends/cpu/reference/quantization.h"

namespace dnntune::backends::cpu::reference {
namespace {

std::unique_ptr<PreparedLayer> make_quantized_product(const LayerSpec& layer, const MatmulOperands& at) {
  const MatmulSetting setting = read_matmul_setting(layer, at);
  const ProductQuantization quantization(layer, at.b, setting.m, setting.n);
  const std::int64_t rows = elements(setting.batch_dims) * setting.m;
  return make_layer({.kernel = "reference.quantized_matmul", .scratch_bytes = quantization.scratch_bytes()},
                    [=](const Buffers& buffers, base::ThreadPool& pool) {
                      const auto values = quantization.read(buffers.inputs, buffers.scratch);
                      kernels::reference::QuantizedMatmulArgs args;
                      args.a = in<std::uint8_t>(buffers, 0);
                      args.b = in<std::uint8_t>(buffers, at.b);
                      args.bias = in<std::int32_t>(buffers, at.bias);
                      args.output = out<void>(buffers, 0);
                      args.a_signed = quantization.x_signed();
                      args.b_signed = quantization.weights_signed();
                      args.m = setting.m;
                      args.n = setting.n;
                      args.k = setting.k;
                      args.b_row_stride = at.trans_b ? 1 : setting.n;
                      args.b_column_stride = at.trans_b ? setting.k : 1;
                      args.a_batches = {setting.batch_dims, setting.a_batches};
                      args.b_batches = {setting.batch_dims, setting.b_batches};
                      args.a_zeros = values.x_zeros;
                      args.b_zeros = values.weight_zeros;
                      args.multipliers = values.multipliers;
                      args.quantizer = values.quantizer;
                      pool.parallel_for(rows, grain(args.n * args.k), [&](base::Range range, int) { kernels::reference::quantized_matmul(args, range); });
                    });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_matmul_integer(const LayerSpec& layer) { return make_quantized_product(layer, {.bias = layer.inputs.size()}); }
std::unique_ptr<PreparedLayer> prepare_qlinear_matmul(const LayerSpec& layer) {
  return make_quantized_product(layer, {.b = 3, .bias = 8, .trans_b = layer.node.attributes.integer("transB", 0) != 0});
}

}  // namespace dnntune::backends::cpu::reference
