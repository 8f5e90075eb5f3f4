// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/global_pool.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {
namespace {

kernels::reference::GlobalPool global_pool_of(const LayerSpec& layer) {
  switch (layer.node.op) {
    case graph::Op::GlobalAveragePool: return kernels::reference::GlobalPool::average;
    case graph::Op::GlobalMaxPool: return kernels::reference::GlobalPool::maximum;
    case graph::Op::GlobalLpPool: return kernels::reference::GlobalPool::lp;
    default: throw_unsupported(layer, "not a global pool");
  }
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_global_pool(const LayerSpec& layer) {
  const Shape& in_shape = input(layer, 0).shape;
  require(in_shape.size() >= 2, layer, "needs a batch and a channel dimension");
  Shape wanted(in_shape.size(), 1);
  wanted.front() = in_shape.front();
  wanted.back() = in_shape.back();
  require_shape(layer, output(layer, 0), wanted, "the output");
  require_type(layer, output(layer, 0), input(layer, 0).type, "the output");
  const std::int64_t p = layer.node.attributes.integer("p", 2);
  require(p >= 1, layer, "attribute 'p' must be at least 1");
  const kernels::reference::GlobalPool kind = global_pool_of(layer);
  const std::int64_t batch = in_shape.front();
  const std::int64_t positions = elements(in_shape, 1, in_shape.size() - 1);
  const std::int64_t channels = in_shape.back();
  const auto kernel = require_kernel(layer, kernels::reference::global_pool_kernel(input(layer, 0).type));
  return make_layer({"reference.global_pool"}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    run_parallel(pool, batch * channels, grain(positions), kernel,
                 {in<void>(buffers, 0), out<void>(buffers, 0), positions, channels, kind, static_cast<double>(p)});
  });
}

}  // namespace dnntune::backends::cpu::reference
