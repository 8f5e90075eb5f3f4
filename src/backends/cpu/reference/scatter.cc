// SPDX-License-Identifier: Apache-2.0
// ScatterElements and ScatterND. Indices are run-time data: all are checked before anything is written.
#include "kernels/reference/scatter.h"

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "kernels/reference/copy.h"
#include "kernels/reference/gather.h"

namespace dnntune::backends::cpu {
namespace {

using kernels::reference::ScatterReduction;
using kernels::reference::Strides;

ScatterReduction scatter_reduction_of(const LayerSpec& layer) {
  const std::string name = layer.node.attributes.text("reduction", "none");
  if (name == "none") return ScatterReduction::none;
  if (name == "add") return ScatterReduction::add;
  if (name == "mul") return ScatterReduction::mul;
  if (name == "max") return ScatterReduction::max;
  if (name == "min") return ScatterReduction::min;
  throw_invalid(layer, fmt::format("attribute reduction is '{}'", name));
}

void check_common(const LayerSpec& layer) {
  require_operands(layer, 3, 1);
  require_same_type(layer, input(layer, 0), output(layer, 0));
  require_same_type(layer, input(layer, 0), input(layer, 2));
  require(input(layer, 0).shape == output(layer, 0).shape, layer, "the output must have the data's shape");
}

void check_tuples(const std::string& name, const void* indices, DataType type, std::int64_t tuples, int length, const std::int64_t* dims) {
  const std::int64_t at = kernels::reference::find_bad_tuple(indices, type, tuples, length, dims);
  if (at < 0) return;
  throw_contents(name, fmt::format("index {} at position {} is outside a dimension of {}",
                                   kernels::reference::index_at(indices, type, at), at, dims[at % length]));
}

void copy_data(const Buffers& buffers, std::int64_t bytes, base::ThreadPool& pool) {
  const kernels::reference::CopyBytesArgs args{in<void>(buffers, 0), out<void>(buffers, 0)};
  if (args.from != args.to) run_parallel(pool, bytes, kernels::reference::copy_bytes, args);
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_scatter_elements(const LayerSpec& layer) {
  check_common(layer);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& indices = input(layer, 1);
  const std::size_t rank = x.shape.size();
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), rank);
  require(indices.shape == input(layer, 2).shape, layer, "indices and updates differ in shape");
  require(indices.shape.size() == rank, layer, "the indices' rank differs from the data's");
  for (std::size_t d = 0; d < rank; ++d)
    require(d == axis || indices.shape[d] <= x.shape[d], layer, "the indices are larger than the data");
  const auto kernel = require_kernel(layer, kernels::reference::scatter_elements_kernel(indices.type, x.type, scatter_reduction_of(layer)));

  Shape lanes = indices.shape;
  Strides from = dense_strides(indices.shape), to = dense_strides(x.shape);
  kernels::reference::ScatterElementsArgs args;
  args.count = indices.shape[axis];
  args.index_stride = from[axis];
  args.axis_dim = x.shape[axis];
  args.axis_stride = to[axis];
  const auto at = static_cast<std::ptrdiff_t>(axis);
  lanes.erase(lanes.begin() + at);
  from.erase(from.begin() + at);
  to.erase(to.begin() + at);
  return make_layer({.kernel = "reference.scatter_elements"},
                    [kernel, args, walk = kernels::reference::make_walk<2>(lanes, {from, to}, layer_name(layer)), name = layer_name(layer),
                     type = indices.type, count = elements(indices.shape),
                     bytes = bytes_of(x)](const Buffers& buffers, base::ThreadPool& pool) {
                      auto call = args;
                      call.indices = in<void>(buffers, 1);
                      call.updates = in<void>(buffers, 2);
                      call.y = out<void>(buffers, 0);
                      call.walk = &walk;
                      check_tuples(name, call.indices, type, count, 1, &call.axis_dim);
                      copy_data(buffers, bytes, pool);
                      run_parallel(pool, walk.count, grain_of(call.count), kernel, call);
                    });
}

std::unique_ptr<PreparedLayer> reference::prepare_scatter_nd(const LayerSpec& layer) {
  check_common(layer);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& indices = input(layer, 1);
  require(!indices.shape.empty(), layer, "the indices need a dimension");
  const std::int64_t length = indices.shape.back();
  require(length >= 0 && length <= static_cast<std::int64_t>(x.shape.size()), layer, "an index tuple is longer than the data's rank");
  const auto split = x.shape.begin() + static_cast<std::ptrdiff_t>(length);
  Shape shape(indices.shape.begin(), indices.shape.end() - 1);
  shape.insert(shape.end(), split, x.shape.end());
  require(input(layer, 2).shape == shape, layer, fmt::format("the updates' shape should be {}", to_string(shape)));
  const auto kernel = require_kernel(layer, kernels::reference::scatter_nd_kernel(indices.type, x.type, scatter_reduction_of(layer)));

  kernels::reference::ScatterNdArgs args;
  args.tuples = elements(indices.shape, 0, indices.shape.size() - 1);
  args.tuple_length = static_cast<int>(length);
  args.slice = elements(x.shape, static_cast<std::size_t>(length), x.shape.size());
  return make_layer({.kernel = "reference.scatter_nd"},
                    [kernel, args, dims = Shape(x.shape.begin(), split), strides = dense_strides(x.shape), name = layer_name(layer),
                     type = indices.type, bytes = bytes_of(x)](
                        const Buffers& buffers, base::ThreadPool& pool) {
                      auto call = args;
                      call.indices = in<void>(buffers, 1);
                      call.updates = in<void>(buffers, 2);
                      call.y = out<void>(buffers, 0);
                      call.dims = dims.data();
                      call.strides = strides.data();
                      check_tuples(name, call.indices, type, call.tuples, call.tuple_length, call.dims);
                      copy_data(buffers, bytes, pool);
                      run_parallel(pool, call.slice, grain_of(call.tuples), kernel, call);
                    });
}

}  // namespace dnntune::backends::cpu
