// SPDX-License-Identifier: Apache-2.0
// A PreparedLayer of a product with packed weights.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "backends/cpu/layer_helpers.h"

namespace dnntune::backends::cpu::simd {

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
