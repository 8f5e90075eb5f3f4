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

/// Stores the weights of a product with m rows as the layer is to be computed.
inline void set_math(const LayerSpec& layer, std::int64_t m, PackedWeights& weights) {
  if (m == 1) {
    weights.narrow(layer.weights);
  } else if (layer.math == DataType::bfloat16) {
    weights.pair(weights.k());
  }
}

/// Reads input 0, writes output 0. `Product` is PackedProduct or WinogradConvolution.
template <typename Product>
std::unique_ptr<PreparedLayer> make_product_layer(std::string_view kernel, std::unique_ptr<Product> product) {
  const LayerTraits traits = {.kernel = kernel, .scratch_bytes = product->scratch_bytes(),
                              .weight_bytes = product->weight_bytes(), .held = kHoldsWeights,
                              .pitched_inputs = 1, .pitched_output = true};
  return make_layer(traits, [product = std::move(product)](const Buffers& buffers, base::ThreadPool& pool) {
    product->run(pitched_pair(buffers, product->input_columns(), product->output_columns()), buffers.scratch, pool);
  });
}

}  // namespace dnntune::backends::cpu::simd
