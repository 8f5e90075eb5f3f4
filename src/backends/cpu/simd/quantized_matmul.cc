// SPDX-License-Identifier: Apache-2.0
// QLinearMatMul and MatMulInteger with one constant B.
#include <memory>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/quantized_product.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {

std::unique_ptr<PreparedLayer> prepare_quantized_matmul(const LayerSpec& layer) {
  const std::size_t at = layer.node.op == graph::Op::QLinearMatMul ? 3 : 1;
  const Shape &a = input(layer, 0).shape, &b = input(layer, at).shape;
  if (!input(layer, at).constant.defined() || a.size() < 2 || b.size() != 2 || elements(output(layer, 0).shape) == 0) return nullptr;
  const bool trans_b = layer.node.attributes.integer("transB", 0) != 0;
  QuantizedProduct::Shape shape;
  shape.k = a.back();
  shape.n = b[trans_b ? 0 : 1];
  if (shape.k == 0 || b[trans_b ? 1 : 0] != shape.k) return nullptr;
  shape.m = elements(a) / shape.k;
  if (elements(output(layer, 0).shape) != shape.m * shape.n) return nullptr;
  shape.a_bytes = shape.m * shape.k;
  shape.a_stride = shape.k;
  shape.c_stride = shape.n;
  shape.b_stride_k = trans_b ? 1 : shape.n;
  shape.b_stride_n = trans_b ? shape.k : 1;
  const std::optional<ProductConstants> constants = product_constants(layer, at, a[a.size() - 2], shape.n);
  if (!constants) return nullptr;
  auto product = std::make_unique<QuantizedProduct>(layer, shape, *constants);
  const LayerTraits traits = {.kernel = "simd.quantized_gemm", .scratch_bytes = product->scratch_bytes(), .weight_bytes = product->weight_bytes(), .shares_weights = true};
  const bool x_signed = constants->x_signed;
  return make_layer(traits, [product = std::move(product), x_signed](const Buffers& buffers, base::ThreadPool& pool) {
    const std::int32_t x_zero = read_zero_point(buffers.inputs, {.zero_point = 2}, x_signed);
    product->run(in<std::uint8_t>(buffers, 0), out<void>(buffers, 0), x_zero, buffers.scratch, pool);
  });
}

}  // namespace dnntune::backends::cpu::simd
