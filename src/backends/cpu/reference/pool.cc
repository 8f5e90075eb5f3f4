// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/pool.h"

#include "backends/cpu/families.h"
#include "backends/cpu/layer_helpers.h"
#include "backends/cpu/reference/window_of.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::volume;

template <typename T>
kernels::reference::PoolArgs<T> read_args(const LayerSpec& layer) {
  const Shape& in = input(layer, 0).shape;
  const Shape& out = output(layer, 0).shape;
  kernels::reference::PoolArgs<T> args;
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

/// Binds `args` (anything with a PoolArgs `pool`) to a kernel over output pixels.
template <typename T, typename Args, typename Kernel>
std::unique_ptr<PreparedLayer> make_pool(std::string_view name, const Args& args, Kernel kernel) {
  return make_layer({name}, [args, kernel](const Buffers& buffers, base::ThreadPool& pool) {
    Args bound = args;
    bound.pool.input = in<T>(buffers, 0);
    bound.pool.output = out<T>(buffers, 0);
    if constexpr (requires { bound.indices; }) bound.indices = out<std::int64_t>(buffers, 1);
    const kernels::reference::PoolArgs<T>& shape = args.pool;
    pool.parallel_for(shape.batch * volume(shape.out_size), grain(volume(shape.window.kernel) * shape.channels),
                      [&](base::Range pixels, int) { kernel(bound, pixels); });
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
  return dispatch<float, double, kernels::Float16, kernels::BFloat16, std::int8_t, std::uint8_t>(
      layer, input(layer, 0).type, [&]<typename T>() {
        const kernels::reference::MaxPoolArgs<T> args{read_args<T>(layer), nullptr, column_major};
        return make_pool<T>("reference.max_pool", args, [](const auto& bound, base::Range pixels) noexcept {
          kernels::reference::max_pool(bound, pixels);
        });
      });
}

std::unique_ptr<PreparedLayer> prepare_average(const LayerSpec& layer) {
  const bool count_include_pad = layer.node.attributes.integer("count_include_pad", 0) != 0;
  return dispatch_float(layer, input(layer, 0).type, [&]<typename T>() {
    const kernels::reference::AveragePoolArgs<T> args{read_args<T>(layer), count_include_pad};
    return make_pool<T>("reference.average_pool", args, [](const auto& bound, base::Range pixels) noexcept {
      kernels::reference::average_pool(bound, pixels);
    });
  });
}

std::unique_ptr<PreparedLayer> prepare_lp(const LayerSpec& layer) {
  const std::int64_t p = layer.node.attributes.integer("p", 2);
  require(p >= 1, layer, "attribute 'p' must be at least 1");
  return dispatch_float(layer, input(layer, 0).type, [&]<typename T>() {
    const kernels::reference::LpPoolArgs<T> args{read_args<T>(layer), static_cast<double>(p)};
    return make_pool<T>("reference.lp_pool", args, [](const auto& bound, base::Range pixels) noexcept {
      kernels::reference::lp_pool(bound, pixels);
    });
  });
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
