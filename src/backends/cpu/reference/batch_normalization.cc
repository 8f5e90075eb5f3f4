// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/batch_normalization.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {
std::unique_ptr<PreparedLayer> prepare_batch_normalization(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  require(!shape.empty(), layer, "needs a batch dimension");
  if (layer.node.attributes.integer("training_mode", 0) != 0) throw_unsupported(layer, "training_mode 1");
  require(layer.node.attributes.integer("spatial", 1) == 1, layer, "attribute 'spatial' must be 1");
  require_shape(layer, output(layer, 0), shape, "the output");
  const DataType type = input(layer, 0).type;
  const DataType parameter_type = input(layer, 1).type;
  require_type(layer, output(layer, 0), type, "the output");
  const std::int64_t channels = shape.size() == 1 ? 1 : shape.back();  // rank 1 is [N] of one channel
  for (const std::size_t i : {1u, 2u, 3u, 4u}) {
    if (input(layer, i).type != parameter_type) throw_unsupported(layer, "scale, bias, mean and variance of different types");
    require_shape(layer, input(layer, i), {channels}, "a parameter");
  }
  const double epsilon = layer.node.attributes.number("epsilon", 1e-5f);
  const std::int64_t pixels = channels == 0 ? 0 : elements(shape) / channels;
  const auto kernel = require_kernel(layer, kernels::reference::batch_normalization_kernel(type, parameter_type));
  return make_layer({.kernel = "reference.batch_normalization", .in_place = true}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    run_parallel(pool, pixels, grain(channels), kernel,
                 {in<void>(buffers, 0), in<void>(buffers, 1), in<void>(buffers, 2), in<void>(buffers, 3), in<void>(buffers, 4),
                  out<void>(buffers, 0), channels, epsilon});
  });
}

}  // namespace dnntune::backends::cpu::reference
