// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/instance_normalization.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {

std::unique_ptr<PreparedLayer> prepare_instance_normalization(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  require(shape.size() >= 3, layer, "needs a batch, at least one spatial and a channel dimension");
  const DataType type = input(layer, 0).type;
  require_shape(layer, output(layer, 0), shape, "the output");
  require_type(layer, output(layer, 0), type, "the output");
  const std::int64_t channels = shape.back();
  const std::int64_t positions = elements(shape, 1, shape.size() - 1);
  const bool grouped = layer.node.op == graph::Op::GroupNormalization;
  const std::int64_t groups = grouped ? layer.node.attributes.integer("num_groups", 1) : channels;
  require(groups == channels || (groups > 0 && channels % groups == 0), layer, "the channels are not a multiple of attribute 'num_groups'");
  // Before opset 21 scale and bias were of groups.
  const bool per_group = grouped && input(layer, 1).shape == Shape{groups};
  for (const std::size_t i : {1u, 2u}) {
    require_type(layer, input(layer, i), type, "a parameter");
    require_shape(layer, input(layer, i), {per_group ? groups : channels}, "a parameter");
  }
  const std::int64_t width = groups == 0 ? 1 : channels / groups, planes = shape.front() * groups;
  const double epsilon = layer.node.attributes.number("epsilon", 1e-5f);
  const auto kernel = require_kernel(layer, kernels::reference::instance_normalization_kernel(type));
  return make_layer({.kernel = grouped ? "reference.group_normalization" : "reference.instance_normalization", .in_place = true}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    run_parallel(pool, planes, grain(positions * width), kernel,
                 {in<void>(buffers, 0), in<void>(buffers, 1), in<void>(buffers, 2), out<void>(buffers, 0), positions, channels, epsilon, width, per_group});
  });
}

}  // namespace dnntune::backends::cpu::reference
