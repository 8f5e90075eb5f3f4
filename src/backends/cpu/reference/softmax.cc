// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/softmax.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {
namespace {

kernels::reference::Softmax softmax_of(const LayerSpec& layer) {
  switch (layer.node.op) {
    case graph::Op::Softmax: return kernels::reference::Softmax::softmax;
    case graph::Op::LogSoftmax: return kernels::reference::Softmax::log_softmax;
    case graph::Op::Hardmax: return kernels::reference::Softmax::hardmax;
    default: throw_unsupported(layer, "not a softmax");
  }
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_softmax(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  require_shape(layer, output(layer, 0), shape, "the output");
  require_type(layer, output(layer, 0), input(layer, 0).type, "the output");
  // Before opset 13 the axes from `axis` on form one vector; the importer keeps that as an attribute.
  const bool flattens = layer.node.attributes.integer("flatten_axis_semantics", 0) != 0;
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", flattens ? 1 : -1), shape.size());
  const std::int64_t outer = elements(shape, 0, axis);
  const std::int64_t size = flattens ? elements(shape, axis, shape.size()) : shape[axis];
  const std::int64_t inner = flattens ? 1 : elements(shape, axis + 1, shape.size());
  const kernels::reference::Softmax kind = softmax_of(layer);
  const auto kernel = require_kernel(layer, kernels::reference::softmax_kernel(input(layer, 0).type));
  return make_layer({.kernel = "reference.softmax", .in_place = true}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    run_parallel(pool, outer * inner, grain(size * 16), kernel, {in<void>(buffers, 0), out<void>(buffers, 0), size, inner, kind});
  });
}

}  // namespace dnntune::backends::cpu::reference
