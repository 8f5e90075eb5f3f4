// SPDX-License-Identifier: Apache-2.0
// Gather, GatherElements and GatherND. Indices are run-time data: all are checked before any is used.
#include "kernels/reference/gather.h"

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu {
namespace {

using kernels::reference::Strides;

void check_indices(const std::string& name, const void* indices, DataType type, std::int64_t count, std::int64_t dim) {
  const std::int64_t at = kernels::reference::find_bad_index(indices, type, count, dim);
  if (at < 0) return;
  throw_contents(name, fmt::format("index {} at position {} is outside a dimension of {}",
                                   kernels::reference::index_at(indices, type, at), at, dim));
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_gather(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& indices = input(layer, 1);
  const TensorSpec& y = output(layer, 0);
  require_same_type(layer, x, y);
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), x.shape.size());
  Shape shape(x.shape.begin(), x.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), x.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.shape.end());
  require(y.shape == shape, layer, "the output's shape does not fit the indices");
  const Lanes lanes = lanes_of(x.shape, axis);
  const auto kernel = require_kernel(layer, kernels::reference::gather_kernel(indices.type));
  return make_layer({.kernel = "reference.gather"}, [kernel, lanes, name = layer_name(layer), type = indices.type,
                                                     count = elements(indices.shape), bytes = size_of(x.type)](
                                                        const Buffers& buffers, base::ThreadPool& pool) {
    check_indices(name, in<void>(buffers, 1), type, count, lanes.dim);
    const kernels::reference::GatherArgs args{in<void>(buffers, 0), in<void>(buffers, 1), out<void>(buffers, 0), count, lanes.dim,
                                              static_cast<std::size_t>(lanes.inner) * bytes};
    run_parallel(pool, lanes.outer * count, grain_of(lanes.inner), kernel, args);
  });
}

/// Gather with the indices of what the condition keeps.
std::unique_ptr<PreparedLayer> reference::prepare_compress(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& condition = input(layer, 1);
  require_same_type(layer, x, output(layer, 0));
  require_type(layer, condition, DataType::boolean, "the condition");
  if (!condition.constant.defined()) throw_unsupported(layer, "the condition must be constant");
  Lanes lanes{1, elements(x.shape), 1};
  Shape shape{0};
  std::size_t axis = 0;
  if (layer.node.attributes.has("axis")) {
    axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), x.shape.size());
    lanes = lanes_of(x.shape, axis);
    shape = x.shape;
  }
  std::vector<std::int64_t> kept;
  const auto keeps = condition.constant.as<bool>();
  require(static_cast<std::int64_t>(keeps.size()) <= lanes.dim, layer, "the condition is longer than the axis");
  for (std::size_t i = 0; i < keeps.size(); ++i)
    if (keeps[i]) kept.push_back(static_cast<std::int64_t>(i));
  const auto count = static_cast<std::int64_t>(kept.size());
  shape[axis] = count;
  require_shape(layer, output(layer, 0), shape, "the output");
  return make_layer({.kernel = "reference.compress"}, [kernel = kernels::reference::gather_kernel(DataType::int64), lanes, kept = std::move(kept), count,
                                                       bytes = size_of(x.type)](const Buffers& buffers, base::ThreadPool& pool) {
    const kernels::reference::GatherArgs args{in<void>(buffers, 0), kept.data(), out<void>(buffers, 0), count, lanes.dim,
                                              static_cast<std::size_t>(lanes.inner) * bytes};
    run_parallel(pool, lanes.outer * count, grain_of(lanes.inner), kernel, args);
  });
}

std::unique_ptr<PreparedLayer> reference::prepare_gather_elements(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& indices = input(layer, 1);
  require_same_type(layer, x, output(layer, 0));
  require(output(layer, 0).shape == indices.shape, layer, "the output must have the indices' shape");
  const std::size_t rank = x.shape.size();
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), rank);
  require(indices.shape.size() == rank, layer, "the indices' rank differs from the data's");
  for (std::size_t d = 0; d < rank; ++d)
    require(d == axis || indices.shape[d] <= x.shape[d], layer, "the indices are larger than the data");
  Strides strides = dense_strides(x.shape);
  const std::int64_t axis_stride = std::exchange(strides[axis], 0);
  const auto kernel = require_kernel(layer, kernels::reference::gather_elements_kernel(indices.type, size_of(x.type)));
  return make_layer({.kernel = "reference.gather_elements"},
                    [kernel, name = layer_name(layer), type = indices.type, dim = x.shape[axis], axis_stride,
                     walk = kernels::reference::make_walk<1>(indices.shape, {strides}, layer_name(layer))](const Buffers& buffers,
                                                                                                          base::ThreadPool& pool) {
                      check_indices(name, in<void>(buffers, 1), type, walk.count, dim);
                      const kernels::reference::GatherElementsArgs args{in<void>(buffers, 0), in<void>(buffers, 1), out<void>(buffers, 0),
                                                                        dim, axis_stride, &walk};
                      run_parallel(pool, walk.count, kernel, args);
                    });
}

std::unique_ptr<PreparedLayer> reference::prepare_gather_nd(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& indices = input(layer, 1);
  const TensorSpec& y = output(layer, 0);
  require_same_type(layer, x, y);
  const auto batch_rank = static_cast<std::size_t>(layer.node.attributes.integer("batch_dims", 0));
  const std::size_t index_rank = indices.shape.size();
  require(index_rank >= 1 && batch_rank < index_rank && batch_rank <= x.shape.size(), layer, "batch_dims is out of range");
  const std::int64_t length = indices.shape.back();
  require(length >= 0 && length <= static_cast<std::int64_t>(x.shape.size() - batch_rank), layer,
          "an index tuple is longer than the data's rank");
  for (std::size_t d = 0; d < batch_rank; ++d) require(x.shape[d] == indices.shape[d], layer, "the batch dimensions differ");
  const std::size_t slice_at = batch_rank + static_cast<std::size_t>(length);

  Shape shape(indices.shape.begin(), indices.shape.end() - 1);
  shape.insert(shape.end(), x.shape.begin() + static_cast<std::ptrdiff_t>(slice_at), x.shape.end());
  require(y.shape == shape, layer, "the output's shape does not fit the indices");

  const std::size_t bytes = size_of(x.type);
  const auto kernel = require_kernel(layer, kernels::reference::gather_nd_kernel(indices.type));
  kernels::reference::GatherNdArgs args;
  args.tuples_per_batch = elements(indices.shape, batch_rank, index_rank - 1);
  args.batch_bytes = static_cast<std::size_t>(elements(x.shape, batch_rank, x.shape.size())) * bytes;
  args.tuple_length = static_cast<int>(length);
  args.slice_bytes = static_cast<std::size_t>(elements(x.shape, slice_at, x.shape.size())) * bytes;
  const std::int64_t tuples = elements(indices.shape, 0, index_rank - 1);
  std::vector<std::int64_t> dims(x.shape.begin() + static_cast<std::ptrdiff_t>(batch_rank), x.shape.begin() + static_cast<std::ptrdiff_t>(slice_at));
  std::vector<std::size_t> strides;
  const Strides dense = dense_strides(x.shape);
  for (std::size_t d = batch_rank; d < slice_at; ++d) strides.push_back(static_cast<std::size_t>(dense[d]) * bytes);

  return make_layer({.kernel = "reference.gather_nd"},
                    [kernel, args, tuples, dims = std::move(dims), strides = std::move(strides), name = layer_name(layer),
                     type = indices.type](const Buffers& buffers, base::ThreadPool& pool) {
                      auto call = args;
                      call.x = in<void>(buffers, 0);
                      call.indices = in<void>(buffers, 1);
                      call.y = out<void>(buffers, 0);
                      call.dims = dims.data();
                      call.strides = strides.data();
                      const std::int64_t at = kernels::reference::find_bad_tuple(call.indices, type, tuples, call.tuple_length, call.dims);
                      if (at >= 0)
                        throw_contents(name, fmt::format("index {} at position {} is outside a dimension of {}",
                                                         kernels::reference::index_at(call.indices, type, at), at,
                                                         dims[static_cast<std::size_t>(at % call.tuple_length)]));
                      run_parallel(pool, tuples, grain_of(static_cast<std::int64_t>(call.slice_bytes)), kernel, call);
                    });
}

}  // namespace dnntune::backends::cpu
