// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/batch_normalization.h"

#include "backends/cpu/families.h"
#include "backends/cpu/layer_helpers.h"

namespace dnntune::backends::cpu::reference {
namespace {

/// T holds the data, P the parameters.
template <typename T, typename P>
std::unique_ptr<PreparedLayer> make(std::int64_t pixels, std::int64_t channels, double epsilon) {
  return make_layer({.kernel = "reference.batch_normalization", .in_place = true},
                    [=](const Buffers& buffers, base::ThreadPool& pool) {
                      const kernels::reference::BatchNormalizationArgs<T, P> args{
                          in<T>(buffers, 0), in<P>(buffers, 1), in<P>(buffers, 2), in<P>(buffers, 3),
                          in<P>(buffers, 4), out<T>(buffers, 0), channels,         epsilon};
                      pool.parallel_for(pixels, grain(channels), [&](base::Range range, int) {
                        kernels::reference::batch_normalization(args, range);
                      });
                    });
}

}  // namespace

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
  return dispatch_float(layer, type, [&]<typename T>() -> std::unique_ptr<PreparedLayer> {
    if (parameter_type == type) return make<T, T>(pixels, channels, epsilon);
    if (parameter_type == DataType::float32) return make<T, float>(pixels, channels, epsilon);
    throw_unsupported(layer, "there is no kernel for parameters of this type");
  });
}

}  // namespace dnntune::backends::cpu::reference
