// SPDX-License-Identifier: Apache-2.0
// ArgMax, ArgMin, CumSum and TopK.
#include "kernels/reference/order.h"

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu {
namespace {

// [dim] of a dimension replaced by `size`.
Shape with_dim(Shape shape, std::size_t axis, std::int64_t size) {
  shape[axis] = size;
  return shape;
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_arg_reduce(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& x = input(layer, 0);
  const graph::Attributes& attributes = layer.node.attributes;
  const std::size_t axis = normalized_axis(layer, attributes.integer("axis", 0), x.shape.size());
  Shape shape = with_dim(x.shape, axis, 1);
  if (attributes.integer("keepdims", 1) == 0) shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  require(output(layer, 0).type == DataType::int64, layer, "the output must be int64");
  require(output(layer, 0).shape == shape, layer, "the output's shape does not fit axis and keepdims");
  const Lanes lanes = lanes_of(x.shape, axis);
  const std::int64_t count = elements({lanes.outer, lanes.inner});
  require(lanes.dim > 0 || count == 0, layer, "an empty dimension has no extreme value");
  const auto kernel = require_kernel(layer, layer.node.op == graph::Op::ArgMax ? kernels::reference::arg_max_kernel(x.type)
                                                                               : kernels::reference::arg_min_kernel(x.type));
  return make_layer({.kernel = "reference.arg_reduce"},
                    [kernel, lanes, count, last = attributes.integer("select_last_index", 0) != 0](const Buffers& buffers,
                                                                                                   base::ThreadPool& pool) {
                      const kernels::reference::ArgReduceArgs args{in<void>(buffers, 0), out<std::int64_t>(buffers, 0), lanes.dim,
                                                                   lanes.inner, last};
                      run_parallel(pool, count, grain_of(lanes.dim), kernel, args);
                    });
}

std::unique_ptr<PreparedLayer> reference::prepare_cumsum(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec& x = input(layer, 0);
  require_same_type(layer, x, output(layer, 0));
  require_same_count(layer, x, output(layer, 0));
  const std::vector<std::int64_t> axis_operand = constant_integers(layer, 1);
  require(axis_operand.size() == 1, layer, "the axis must be a scalar");
  const Lanes lanes = lanes_of(x.shape, normalized_axis(layer, axis_operand.front(), x.shape.size()));
  const auto kernel = require_kernel(layer, kernels::reference::cum_sum_kernel(x.type));
  kernels::reference::CumSumArgs args;
  args.dim = lanes.dim;
  args.inner = lanes.inner;
  args.exclusive = layer.node.attributes.integer("exclusive", 0) != 0;
  args.reverse = layer.node.attributes.integer("reverse", 0) != 0;
  return make_layer({.kernel = "reference.cumsum", .in_place = true},
                    [kernel, args, count = elements({lanes.outer, lanes.inner})](const Buffers& buffers, base::ThreadPool& pool) {
                      auto call = args;
                      call.x = in<void>(buffers, 0);
                      call.y = out<void>(buffers, 0);
                      run_parallel(pool, count, grain_of(call.dim), kernel, call);
                    });
}

std::unique_ptr<PreparedLayer> reference::prepare_top_k(const LayerSpec& layer) {
  require_operands(layer, 2, 0);
  const TensorSpec& x = input(layer, 0);
  const std::vector<std::int64_t> k_operand = constant_integers(layer, 1);
  require(k_operand.size() == 1, layer, "k must be a single number");
  const std::int64_t k = k_operand.front();
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", -1), x.shape.size());
  const Lanes lanes = lanes_of(x.shape, axis);
  require(k >= 0 && k <= lanes.dim, layer, fmt::format("k = {} is outside a dimension of {}", k, lanes.dim));
  const TensorSpec& values = output(layer, 0);
  const TensorSpec& indices = output(layer, 1);
  const Shape shape = with_dim(x.shape, axis, k);
  if (values.present()) require(values.type == x.type && values.shape == shape, layer, "output 0 has the wrong type or shape");
  if (indices.present()) require(indices.type == DataType::int64 && indices.shape == shape, layer, "output 1 has the wrong type or shape");

  const auto kernel = require_kernel(layer, kernels::reference::top_k_kernel(x.type));
  kernels::reference::TopKArgs args;
  args.dim = lanes.dim;
  args.inner = lanes.inner;
  args.k = k;
  args.largest = layer.node.attributes.integer("largest", 1) != 0;  // sorted = 0 allows any order, so also this one
  const int workers = layer.threads;
  const auto scratch = static_cast<std::size_t>(elements({workers, lanes.dim})) * sizeof(kernels::reference::Ranked);
  return make_layer({.kernel = "reference.top_k", .scratch_bytes = scratch},
                    [kernel, args, workers, count = elements({lanes.outer, lanes.inner})](const Buffers& buffers, base::ThreadPool& pool) {
                      auto call = args;
                      call.x = in<void>(buffers, 0);
                      call.values = out<void>(buffers, 0);
                      call.indices = out<std::int64_t>(buffers, 1);
                      auto* const order = reinterpret_cast<kernels::reference::Ranked*>(buffers.scratch);
                      const auto run = [&](base::Range range, int worker) {
                        auto mine = call;
                        mine.order = order + worker * call.dim;
                        kernel(mine, range);
                      };
                      if (pool.threads() <= workers) pool.parallel_for(count, grain_of(call.dim), run);
                      else run({0, count}, 0);  // the scratch was planned for fewer workers
                    });
}

}  // namespace dnntune::backends::cpu
