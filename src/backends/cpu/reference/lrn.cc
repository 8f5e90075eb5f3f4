// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/lrn.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {

std::unique_ptr<PreparedLayer> prepare_lrn(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  require(shape.size() >= 2, layer, "needs a batch and a channel dimension");
  require_shape(layer, output(layer, 0), shape, "the output");
  require_type(layer, output(layer, 0), input(layer, 0).type, "the output");
  const graph::Attributes& attributes = layer.node.attributes;
  const std::int64_t size = attributes.integer("size", 0);
  const std::int64_t channels = shape.back();
  require(size >= 1 && size <= (std::int64_t{1} << 30), layer, "attribute 'size' must be in [1, 2^30]");
  const double alpha = attributes.number("alpha", 1e-4f);
  const double beta = attributes.number("beta", 0.75f);
  const double bias = attributes.number("bias", 1.0f);
  const std::int64_t pixels = elements(shape, 0, shape.size() - 1);
  const auto kernel = require_kernel(layer, kernels::reference::lrn_kernel(input(layer, 0).type));
  return make_layer({"reference.lrn"}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    run_parallel(pool, pixels, grain(channels * size), kernel, {in<void>(buffers, 0), out<void>(buffers, 0), channels, size, alpha, beta, bias});
  });
}

}  // namespace dnntune::backends::cpu::reference
