// SPDX-License-Identifier: Apache-2.0
// Gemm with constant B: alpha goes into the packed B, beta * C becomes the bias.
#include <memory>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/packed_product.h"
#include "backends/cpu/simd/product_layer.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {

std::unique_ptr<PreparedLayer> prepare_gemm(const LayerSpec& layer) {
  const TensorSpec& a = input(layer, 0);
  const TensorSpec& b = input(layer, 1);
  const TensorSpec& c = input(layer, 2);
  const auto& attributes = layer.node.attributes;
  if (!all_float(layer) || !b.is_constant() || (c.present() && !c.is_constant())) return nullptr;
  if (a.shape.size() != 2 || b.shape.size() != 2 || attributes.integer("transA", 0) != 0) return nullptr;
  const bool transposed = attributes.integer("transB", 0) != 0;
  const std::int64_t m = a.shape[0], k = a.shape[1];
  const std::int64_t n = b.shape[transposed ? 0 : 1];
  if (k == 0 || b.shape[transposed ? 1 : 0] != k) return nullptr;
  // C as a bias: one value, or one a column.
  if (c.present() && elements(c.shape) != 1 && (elements(c.shape) != n || c.shape.back() != n)) return nullptr;

  auto product = std::make_unique<PackedProduct>(
      PackedProduct::Shape{.m = m, .a_rows = m, .a_stride = k, .c_stride = n},
      matrix_weights(layer, m, k, n, transposed, attributes.number("alpha", 1.0f), attributes.number("beta", 1.0f)),
      fused_activation(layer), layer.threads);
  const std::string_view kernel = product->kernel(kGemm, kGemmBfloat16);
  return make_product_layer(kernel, std::move(product));
}

}  // namespace dnntune::backends::cpu::simd
