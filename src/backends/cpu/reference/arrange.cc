// SPDX-License-Identifier: Apache-2.0
// OneHot, Trilu and ReverseSequence.
#include "kernels/reference/arrange.h"

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "kernels/reference/gather.h"

namespace dnntune::backends::cpu {

std::unique_ptr<PreparedLayer> reference::prepare_one_hot(const LayerSpec& layer) {
  require_operands(layer, 3, 1);
  const TensorSpec& indices = input(layer, 0);
  const TensorSpec& depth = input(layer, 1);
  const TensorSpec& values = input(layer, 2);
  const TensorSpec& y = output(layer, 0);
  require_same_type(layer, values, y);
  require(values.shape == Shape{2}, layer, "values must be [off, on]");
  require(indices.type != DataType::boolean, layer, "indices must be numbers");
  if (!depth.constant.defined()) throw_unsupported(layer, "input 1 (depth) must be constant");
  require(depth.constant.element_count() == 1, layer, "depth must be a single number");
  const std::int64_t count = kernels::reference::index_at(depth.constant.data(), depth.type, 0);
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", -1), indices.shape.size() + 1);
  Shape shape = indices.shape;
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), count);
  require(y.shape == shape, layer, fmt::format("the output's shape should be {}", to_string(shape)));

  const auto kernel = require_kernel(layer, kernels::reference::one_hot_kernel(size_of(y.type)));
  return make_layer({.kernel = "reference.one_hot"}, [kernel, lanes = lanes_of(shape, axis), type = indices.type](const Buffers& buffers,
                                                                                                                base::ThreadPool& pool) {
    const kernels::reference::OneHotArgs args{in<void>(buffers, 0),  type,      in<void>(buffers, 2),
                                              out<void>(buffers, 0), lanes.dim, lanes.inner};
    run_parallel(pool, lanes.outer * lanes.inner, grain_of(lanes.dim), kernel, args);
  });
}

std::unique_ptr<PreparedLayer> reference::prepare_trilu(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& x = input(layer, 0);
  require_same_type(layer, x, output(layer, 0));
  require(x.shape == output(layer, 0).shape, layer, "the output must have the input's shape");
  const std::size_t rank = x.shape.size();
  require(rank >= 2, layer, "the input needs two dimensions");
  kernels::reference::TriluArgs args;
  args.rows = x.shape[rank - 2];
  args.columns = x.shape[rank - 1];
  args.upper = layer.node.attributes.integer("upper", 1) != 0;
  if (input(layer, 1).present()) {
    const std::vector<std::int64_t> k = constant_integers(layer, 1);
    require(k.size() == 1, layer, "k must be a scalar");
    args.k = k.front();
  }
  const auto kernel = require_kernel(layer, kernels::reference::trilu_kernel(size_of(x.type)));
  return make_layer({.kernel = "reference.trilu", .in_place = true},
                    [kernel, args, rows = elements(x.shape, 0, rank - 1)](const Buffers& buffers, base::ThreadPool& pool) {
                      auto call = args;
                      call.x = in<void>(buffers, 0);
                      call.y = out<void>(buffers, 0);
                      run_parallel(pool, rows, grain_of(call.columns), kernel, call);
                    });
}

std::unique_ptr<PreparedLayer> reference::prepare_reverse_sequence(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& lengths = input(layer, 1);
  require_same_type(layer, x, output(layer, 0));
  require(x.shape == output(layer, 0).shape, layer, "the output must have the input's shape");
  require(x.shape.size() >= 2, layer, "the input needs two dimensions");
  const std::int64_t batch_axis = layer.node.attributes.integer("batch_axis", 1);
  const std::int64_t time_axis = layer.node.attributes.integer("time_axis", 0);
  require((batch_axis == 0 && time_axis == 1) || (batch_axis == 1 && time_axis == 0), layer, "batch_axis and time_axis must be 0 and 1");
  const std::int64_t sequences = x.shape[static_cast<std::size_t>(batch_axis)];
  const std::int64_t steps = x.shape[static_cast<std::size_t>(time_axis)];
  require(lengths.type == DataType::int64 && lengths.shape == Shape{sequences}, layer, "input 1 must give a length for every sequence");
  const std::int64_t slice = elements(x.shape, 2, x.shape.size());
  kernels::reference::ReverseSequenceArgs args;
  args.d1 = x.shape[1];
  args.time_first = time_axis == 0;
  args.slice_bytes = static_cast<std::size_t>(slice) * size_of(x.type);
  return make_layer({.kernel = "reference.reverse_sequence"},
                    [args, slice, sequences, steps, name = layer_name(layer)](const Buffers& buffers, base::ThreadPool& pool) {
                      auto call = args;
                      call.x = in<void>(buffers, 0);
                      call.lengths = in<std::int64_t>(buffers, 1);
                      call.y = out<void>(buffers, 0);
                      for (std::int64_t s = 0; s < sequences; ++s)
                        if (call.lengths[s] < 0 || call.lengths[s] > steps)
                          throw_contents(name, fmt::format("length {} of sequence {} is outside [0, {}]", call.lengths[s], s, steps));
                      run_parallel(pool, sequences * steps, grain_of(slice), kernels::reference::reverse_sequence, call);
                    });
}

}  // namespace dnntune::backends::cpu
