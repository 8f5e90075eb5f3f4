// SPDX-License-Identifier: Apache-2.0
// A PreparedLayer of a product with packed weights.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/packed_weights.h"

namespace dnntune::backends::cpu::simd {

inline constexpr std::string_view kGemm = "simd.gemm", kGemmBfloat16 = "simd.gemm_bf16";

/// How the weights of a product with m rows are stored for the layer's arithmetic.
inline WeightStorage storage_for(const LayerSpec& layer, std::int64_t m, std::int64_t k) noexcept {
  if (m == 1) return {.row_type = layer.weights};
  return {.pair_run = layer.math == DataType::bfloat16 ? k : 0};
}

/// Input 1, a matrix of k rows and n columns times `alpha`, with input 2 times `beta` as the bias: one value, or one a
/// column. `transposed`: it lies as [n, k].
inline SharedWeights matrix_weights(const LayerSpec& layer, std::int64_t m, std::int64_t k, std::int64_t n, bool transposed, float alpha, float beta) {
  const TensorSpec &matrix = layer.inputs[1], &bias = input(layer, 2);
  const WeightStorage storage = storage_for(layer, m, k);
  FormKey key("matrix");
  key.add(k).add(n).add(std::int64_t{transposed}).add(alpha).add(beta).add(matrix).add(bias);
  storage.add_to(key);
  return shared_weights(layer, key, k, n, 1, bias.present(), storage, [&](PackedWeights& weights) {
    ConstantFloats elements_of(matrix), row(bias);
    transposed ? weights.pack_columns(0, elements_of, 0, alpha) : weights.pack_rows(0, elements_of, 0, alpha);
    if (bias.present()) weights.set_bias(row.all(), elements(bias.shape) == 1 ? 0 : 1, beta);
  });
}

/// Reads input 0, writes output 0. `Product` is PackedProduct or WinogradConvolution.
template <typename Product>
std::unique_ptr<PreparedLayer> make_product_layer(std::string_view kernel, std::unique_ptr<Product> product) {
  const LayerTraits traits = {.kernel = kernel, .scratch_bytes = product->scratch_bytes(),
                              .weight_bytes = product->weight_bytes(), .shares_weights = true, .held = kHoldsWeights,
                              .pitched_inputs = 1, .pitched_output = true};
  return make_layer(traits, [product = std::move(product)](const Buffers& buffers, base::ThreadPool& pool) {
    product->run(pitched_pair(buffers, product->input_columns(), product->output_columns()), buffers.scratch, pool);
  });
}

}  // namespace dnntune::backends::cpu::simd
