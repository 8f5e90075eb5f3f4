// SPDX-License-Identifier: Apache-2.0
// Operators that are strided copies: Transpose, Concat, Split, Slice, Expand, Tile.
#include <algorithm>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "kernels/reference/copy.h"

namespace dnntune::backends::cpu {
namespace {

using kernels::reference::Strides;
using kernels::reference::Walk;

// One strided copy from an input to an output; offsets in elements.
struct Move {
  std::size_t input = 0;
  std::int64_t input_offset = 0;
  std::size_t output = 0;
  std::int64_t output_offset = 0;
  Walk<2> walk;
};

// All moves are one parallel job: their elements are numbered through.
std::unique_ptr<PreparedLayer> make_moves(const LayerSpec& layer, std::string_view name, std::vector<Move> moves) {
  const std::size_t bytes = size_of(input(layer, 0).type);
  const auto kernel = require_kernel(layer, kernels::reference::copy_kernel(bytes));
  std::erase_if(moves, [](const Move& move) { return move.walk.count == 0; });
  std::int64_t total = 0;
  for (const Move& move : moves) total += move.walk.count;
  return make_layer({.kernel = name}, [kernel, bytes, total, moves = std::move(moves)](const Buffers& buffers, base::ThreadPool& pool) {
    pool.parallel_for(total, kElementGrain, [&](base::Range range, int) {
      std::int64_t start = 0;
      for (const Move& move : moves) {
        const base::Range mine{std::max(range.begin - start, std::int64_t{0}), std::min(range.end - start, move.walk.count)};
        start += move.walk.count;
        if (mine.begin >= mine.end) continue;
        const auto step = static_cast<std::int64_t>(bytes);
        kernel({in<std::byte>(buffers, move.input) + move.input_offset * step,
                out<std::byte>(buffers, move.output) + move.output_offset * step, &move.walk},
               mine);
      }
    });
  });
}

Walk<2> walk_of(const LayerSpec& layer, const Shape& dims, const Strides& from, const Strides& to) {
  return kernels::reference::make_walk<2>(dims, {from, to}, layer_name(layer));
}

void require_shape(const LayerSpec& layer, const Shape& got, const Shape& wanted) {
  require(got == wanted, layer, fmt::format("the output's shape should be {}", to_string(wanted)));
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_transpose(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& y = output(layer, 0);
  require_same_type(layer, x, y);
  const std::size_t rank = x.shape.size();
  std::vector<std::int64_t> order(rank);
  std::iota(order.rbegin(), order.rend(), 0);
  order = layer.node.attributes.integers("perm", order);
  require(order.size() == rank && y.shape.size() == rank, layer, "perm must name every dimension once");
  const Strides dense = dense_strides(x.shape);
  Strides from(rank);
  Shape shape(rank);
  std::vector<bool> seen(rank, false);
  for (std::size_t d = 0; d < rank; ++d) {
    const std::size_t source = normalized_axis(layer, order[d], rank);
    require(!seen[source], layer, "perm must name every dimension once");
    seen[source] = true;
    from[d] = dense[source];
    shape[d] = x.shape[source];
  }
  require_shape(layer, y.shape, shape);
  return make_moves(layer, "reference.transpose", {Move{.walk = walk_of(layer, shape, from, dense_strides(shape))}});
}

std::unique_ptr<PreparedLayer> reference::prepare_concat(const LayerSpec& layer) {
  require_operands(layer, layer.inputs.size(), 1);
  const TensorSpec& y = output(layer, 0);
  require(layer.node.attributes.has("axis"), layer, "attribute axis is missing");
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), y.shape.size());
  const Strides to = dense_strides(y.shape);
  std::vector<Move> moves;
  std::int64_t at = 0;
  for (std::size_t k = 0; k < layer.inputs.size(); ++k) {
    const TensorSpec& x = layer.inputs[k];
    require_same_type(layer, x, y);
    require(x.shape.size() == y.shape.size(), layer, "the inputs' ranks differ");
    Shape expected = y.shape;
    expected[axis] = x.shape[axis];
    require(x.shape == expected, layer, "the inputs differ in a dimension other than the axis");
    require(x.shape[axis] <= y.shape[axis] - at, layer, "the inputs are larger than the output");
    moves.push_back({.input = k, .output_offset = at * to[axis], .walk = walk_of(layer, x.shape, dense_strides(x.shape), to)});
    at += x.shape[axis];
  }
  require(at == y.shape[axis], layer, "the inputs do not add up to the output");
  return make_moves(layer, "reference.concat", std::move(moves));
}

// The sizes of the parts are those of the outputs; input 1 and the attribute only say how they came about.
std::unique_ptr<PreparedLayer> reference::prepare_split(const LayerSpec& layer) {
  require_operands(layer, 1, 0);
  require(!layer.outputs.empty(), layer, "it needs an output");
  const TensorSpec& x = input(layer, 0);
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), x.shape.size());
  std::vector<std::int64_t> sizes;
  if (input(layer, 1).present()) {
    sizes = constant_integers(layer, 1);
    require(sizes.size() == layer.outputs.size(), layer, "input 1 must give a size for every output");
  } else {
    const auto parts = static_cast<std::int64_t>(layer.outputs.size());
    const std::int64_t size = (x.shape[axis] + parts - 1) / parts;  // the last part may be smaller
    for (std::int64_t k = 0; k < parts; ++k) sizes.push_back(std::clamp<std::int64_t>(x.shape[axis] - k * size, 0, size));
  }
  const Strides from = dense_strides(x.shape);
  std::vector<Move> moves;
  std::int64_t at = 0;
  for (std::size_t k = 0; k < layer.outputs.size(); ++k) {
    const TensorSpec& y = layer.outputs[k];
    require(sizes[k] >= 0 && sizes[k] <= x.shape[axis] - at, layer, "the parts are larger than the input");
    if (y.present()) {
      require_same_type(layer, x, y);
      Shape shape = x.shape;
      shape[axis] = sizes[k];
      require_shape(layer, y.shape, shape);
      moves.push_back({.input_offset = at * from[axis], .output = k, .walk = walk_of(layer, shape, from, dense_strides(shape))});
    }
    at += sizes[k];
  }
  require(at == x.shape[axis], layer, "the parts do not add up to the input");
  return make_moves(layer, "reference.split", std::move(moves));
}

std::unique_ptr<PreparedLayer> reference::prepare_slice(const LayerSpec& layer) {
  require_operands(layer, 3, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& y = output(layer, 0);
  require_same_type(layer, x, y);
  const std::vector<std::int64_t> starts = constant_integers(layer, 1);
  const std::vector<std::int64_t> ends = constant_integers(layer, 2);
  std::vector<std::int64_t> axes(starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (input(layer, 3).present()) axes = constant_integers(layer, 3);
  std::vector<std::int64_t> steps(starts.size(), 1);
  if (input(layer, 4).present()) steps = constant_integers(layer, 4);
  require(starts.size() == ends.size() && starts.size() == axes.size() && starts.size() == steps.size(), layer,
          "starts, ends, axes and steps differ in length");

  Shape shape = x.shape;
  Strides from = dense_strides(x.shape);
  std::int64_t offset = 0;
  std::vector<bool> seen(shape.size(), false);
  for (std::size_t k = 0; k < starts.size(); ++k) {
    const std::size_t axis = normalized_axis(layer, axes[k], shape.size());
    require(!seen[axis], layer, "an axis is named twice");
    seen[axis] = true;
    const std::int64_t dim = x.shape[axis];
    // The most negative step, which has no opposite, goes as far as its neighbour: out of any dimension.
    const std::int64_t step = std::max(steps[k], -std::numeric_limits<std::int64_t>::max());
    require(step != 0, layer, "a step is 0");
    // As numpy clamps: forwards to [0, dim], backwards to [-1, dim - 1].
    const std::int64_t low = step > 0 ? 0 : -1;
    const std::int64_t high = step > 0 ? dim : dim - 1;
    const auto clamped = [&](std::int64_t index) { return std::clamp(index < 0 ? index + dim : index, low, high); };
    if (dim == 0) continue;
    const std::int64_t start = clamped(starts[k]);
    const std::int64_t distance = step > 0 ? clamped(ends[k]) - start : start - clamped(ends[k]);
    const std::int64_t stride = step > 0 ? step : -step;
    shape[axis] = distance <= 0 ? 0 : (distance - 1) / stride + 1;
    if (shape[axis] == 0) continue;
    offset += start * from[axis];
    from[axis] = shape[axis] == 1 ? 0 : from[axis] * step;  // a huge step must not overflow
  }
  require_shape(layer, y.shape, shape);
  return make_moves(layer, "reference.slice", {Move{.input_offset = offset, .walk = walk_of(layer, shape, from, dense_strides(shape))}});
}

std::unique_ptr<PreparedLayer> reference::prepare_expand(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  require_same_type(layer, input(layer, 0), output(layer, 0));
  const Shape& shape = output(layer, 0).shape;
  const Strides from = broadcast_strides(layer, input(layer, 0).shape, shape);
  return make_moves(layer, "reference.expand", {Move{.walk = walk_of(layer, shape, from, dense_strides(shape))}});
}

// Each dimension becomes two, the repeats (which stand still in x) and the dimension itself.
std::unique_ptr<PreparedLayer> reference::prepare_tile(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& y = output(layer, 0);
  require_same_type(layer, x, y);
  const std::vector<std::int64_t> repeats = constant_integers(layer, 1);
  require(repeats.size() == x.shape.size(), layer, "input 1 must give a count for every dimension");
  const Strides dense = dense_strides(x.shape);
  Shape dims, shape;
  Strides from;
  for (std::size_t d = 0; d < repeats.size(); ++d) {
    require(repeats[d] >= 0, layer, "a count is negative");
    dims.insert(dims.end(), {repeats[d], x.shape[d]});
    from.insert(from.end(), {0, dense[d]});
    shape.push_back(elements({repeats[d], x.shape[d]}));
  }
  require_shape(layer, y.shape, shape);
  return make_moves(layer, "reference.tile", {Move{.walk = walk_of(layer, dims, from, dense_strides(dims))}});
}

}  // namespace dnntune::backends::cpu
