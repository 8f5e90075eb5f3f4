// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/pool.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/reference/window_of.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::volume;

kernels::reference::PoolArgs read_pool_args(const LayerSpec& layer) {
  const Shape& in = input(layer, 0).shape;
  const Shape& out = output(layer, 0).shape;
  kernels::reference::PoolArgs args;
  args.in_size = spatial_size(layer, in);
  require(out.size() == in.size() && out[0] == in[0] && out.back() == in.back(), layer, "input and output do not match");
  args.out_size = spatial_size(layer, out);
  args.batch = in[0];
  args.channels = in.back();
  const std::vector<std::int64_t> kernel = layer.node.attributes.integers("kernel_shape");
  require(kernel.size() + 2 == in.size(), layer, "attribute 'kernel_shape' must have one value a spatial dimension");
  args.window = sliding_window(layer, kernel);
  return args;
}

/// Binds `args` (anything with a PoolArgs `pool`) to its kernel.
template <typename Args>
std::unique_ptr<PreparedLayer> make_pool(const LayerSpec& layer, std::string_view name, const Args& args, kernels::reference::Kernel<Args> kernel) {
  require_kernel(layer, kernel);
  return make_layer({name}, [args, kernel](const Buffers& buffers, base::ThreadPool& pool) {
    Args bound = args;
    bound.pool.input = in<void>(buffers, 0);
    bound.pool.output = out<void>(buffers, 0);
    if constexpr (requires { bound.indices; }) bound.indices = out<std::int64_t>(buffers, 1);
    const kernels::reference::PoolArgs& shape = args.pool;
    run_parallel(pool, shape.batch * volume(shape.out_size), grain(volume(shape.window.kernel) * shape.channels), kernel, bound);
  });
}

std::unique_ptr<PreparedLayer> prepare_max(const LayerSpec& layer) {
  const TensorSpec& indices = output(layer, 1);
  if (indices.present()) {  // stays in ONNX order, see kernels/reference/pool.h
    const Shape& out = output(layer, 0).shape;
    Shape wanted = out;
    wanted.insert(wanted.begin() + 1, wanted.back());
    wanted.pop_back();
    require_type(layer, indices, DataType::int64, "Indices");
    require_shape(layer, indices, wanted, "Indices");
  }
  const bool column_major = layer.node.attributes.integer("storage_order", 0) != 0;
  return make_pool<kernels::reference::MaxPoolArgs>(layer, "reference.max_pool", {read_pool_args(layer), nullptr, column_major},
                                                    kernels::reference::max_pool_kernel(input(layer, 0).type));
}

std::unique_ptr<PreparedLayer> prepare_average(const LayerSpec& layer) {
  const bool count_include_pad = layer.node.attributes.integer("count_include_pad", 0) != 0;
  return make_pool<kernels::reference::AveragePoolArgs>(layer, "reference.average_pool", {read_pool_args(layer), count_include_pad},
                                                        kernels::reference::average_pool_kernel(input(layer, 0).type));
}

std::unique_ptr<PreparedLayer> prepare_lp(const LayerSpec& layer) {
  const std::int64_t p = layer.node.attributes.integer("p", 2);
  require(p >= 1, layer, "attribute 'p' must be at least 1");
  return make_pool<kernels::reference::LpPoolArgs>(layer, "reference.lp_pool", {read_pool_args(layer), static_cast<double>(p)},
                                                   kernels::reference::lp_pool_kernel(input(layer, 0).type));
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_pool(const LayerSpec& layer) {
  require_type(layer, output(layer, 0), input(layer, 0).type, "the output");
  switch (layer.node.op) {
    case graph::Op::MaxPool: return prepare_max(layer);
    case graph::Op::AveragePool: return prepare_average(layer);
    case graph::Op::LpPool: return prepare_lp(layer);
    default: throw_unsupported(layer, "not a pool");
  }
}

}  // namespace dnntune::backends::cpu::reference
