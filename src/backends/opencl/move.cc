// SPDX-License-Identifier: Apache-2.0
// Operators that move elements, of any type: each is one or more strided copies.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "backends/opencl/binders.h"
#include "backends/opencl/move.h"
#include "backends/opencl/texts.h"
#include "base/half.h"

namespace dnntune::backends::opencl {
namespace {

using Strides = std::vector<std::int64_t>;

/// Neighbours that lie in one run on both sides become one; dimensions of one element go.
std::vector<MoveDim> joined(const std::vector<MoveDim>& dims) {
  std::vector<MoveDim> result;  // innermost first
  for (std::size_t d = dims.size(); d-- > 0;) {
    const MoveDim& dim = dims[d];
    if (dim.size == 1 && dim.list.empty()) continue;
    if (!result.empty() && dim.list.empty() && result.back().list.empty() && dim.from == result.back().from * result.back().size &&
        dim.to == result.back().to * result.back().size)
      result.back().size *= dim.size;
    else
      result.push_back(dim);
  }
  if (result.empty()) result.push_back({1, 1, 1, {}});
  return result;
}

/// Whether twice as large elements could be moved, and that is done.
bool widen(std::vector<MoveDim>& dims, std::int64_t& from, std::int64_t& to) {
  MoveDim& inner = dims.front();
  const auto even = [](std::int64_t x) { return x % 2 == 0; };
  if (!inner.list.empty() || inner.from != 1 || inner.to != 1 || !even(inner.size) || !even(from) || !even(to)) return false;
  for (std::size_t d = 1; d < dims.size(); ++d) {
    if (!even(dims[d].from) || !even(dims[d].to)) return false;
    for (const std::int64_t at : dims[d].list)
      if (at != kPadded && !even(at)) return false;
  }
  inner.size /= 2;
  from /= 2;
  to /= 2;
  for (std::size_t d = 1; d < dims.size(); ++d) {
    dims[d].from /= 2;
    dims[d].to /= 2;
    for (std::int64_t& at : dims[d].list)
      if (at != kPadded) at /= 2;
  }
  return true;
}

const char* unit_of(std::size_t bytes) {
  switch (bytes) {
    case 1: return "uchar";
    case 2: return "ushort";
    case 4: return "uint";
    case 8: return "uint2";
    case 16: return "uint4";
    default: refuse("elements of that size are not moved");
  }
}

std::vector<MoveDim> dims_of(const Shape& sizes, const Strides& from, const Strides& to) {
  std::vector<MoveDim> dims;
  for (std::size_t d = 0; d < sizes.size(); ++d) dims.push_back({sizes[d], from[d], to[d], {}});
  return dims;
}

Prepared make_move(OpenClContext& context, const LayerSpec& layer, std::string_view name, const Move& move) {
  LayerBuilder builder(context, layer, name);
  add_move(builder, move);
  return builder.finish();
}

/// The elements stay as they lie.
class ViewLayer final : public PreparedLayer {
 public:
  ViewLayer(Queue& queue, std::size_t bytes) : queue_(queue), bytes_(bytes) {}
  void run(const Buffers& buffers, base::ThreadPool&) const override {
    queue_.copy(*static_cast<const Memory*>(buffers.inputs[0]), *static_cast<Memory*>(buffers.outputs[0]), bytes_);
  }
  bool in_place() const noexcept override { return true; }
  std::string_view kernel() const noexcept override { return "opencl.copy"; }

 private:
  Queue& queue_;
  std::size_t bytes_;
};

}  // namespace

void add_move(LayerBuilder& builder, const Move& move) {
  std::vector<MoveDim> dims = joined(move.dims);
  std::int64_t from = move.from, to = move.to;
  const std::size_t element_bytes = size_of(builder.layer().outputs[0].type);
  std::size_t bytes = element_bytes;
  while (bytes < 16 && widen(dims, from, to)) bytes *= 2;
  const char* const unit = unit_of(bytes);

  std::vector<cl_int> walk{static_cast<cl_int>(dims.size())}, lists;
  std::int64_t count = 1;
  const std::size_t list_start = 1 + 4 * dims.size();
  for (const MoveDim& dim : dims) {
    count *= dim.size;
    walk.insert(walk.end(), {int_of(dim.size), int_of(dim.from), int_of(dim.to),
                             dim.list.empty() ? 0 : int_of(static_cast<std::int64_t>(list_start + lists.size()))});
    for (const std::int64_t at : dim.list) lists.push_back(int_of(at));
  }
  walk.insert(walk.end(), lists.begin(), lists.end());

  std::byte fill[16] = {};
  if (!move.fill.empty())
    for (std::size_t at = 0; at + element_bytes <= sizeof fill; at += element_bytes) std::memcpy(fill + at, move.fill.data(), element_bytes);
  Launch& launch = builder.launch(fmt::format("#define UNIT {}\n", unit), {texts::move()}, "move");
  builder.operand(launch, move.input);
  launch.output(move.output).memory(builder.ints(walk));
  launch.memory(builder.filled(sizeof fill, false, [&](void* place) { std::memcpy(place, fill, sizeof fill); }));
  launch.value(int_of(count)).value(int_of(from)).value(int_of(to));
  launch.over(count);
}

Prepared prepare_view(OpenClContext& context, const LayerSpec& layer) {
  take_if(!output(layer, 1).present(), "a mask is asked for");
  if (layer.inputs[0].is_constant())
    return make_move(context, layer, "opencl.copy", {.dims = {{backends::elements(layer.outputs[0].shape), 1, 1, {}}}});
  return std::make_unique<ViewLayer>(context.commands, size_of_count(backends::elements(layer.inputs[0].shape)) * size_of(layer.inputs[0].type));
}

Prepared prepare_transpose(OpenClContext& context, const LayerSpec& layer) {
  const Shape& shape = layer.outputs[0].shape;
  std::vector<std::int64_t> order(shape.size());
  std::iota(order.rbegin(), order.rend(), 0);
  order = layer.node.attributes.integers("perm", order);
  const Strides dense = dense_strides(layer.inputs[0].shape);
  Strides from;
  for (const std::int64_t axis : order) from.push_back(dense[normalized_axis(layer, axis, shape.size())]);
  return make_move(context, layer, "opencl.transpose", {.dims = dims_of(shape, from, dense_strides(shape))});
}

Prepared prepare_concat(OpenClContext& context, const LayerSpec& layer) {
  const Shape& shape = layer.outputs[0].shape;
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), shape.size());
  const Strides to = dense_strides(shape);
  LayerBuilder builder(context, layer, "opencl.concat");
  std::int64_t at = 0;
  for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
    const Shape& part = layer.inputs[i].shape;
    if (part[axis] > 0) add_move(builder, {.input = i, .to = at * to[axis], .dims = dims_of(part, dense_strides(part), to)});
    at += part[axis];
  }
  return builder.finish();
}

Prepared prepare_split(OpenClContext& context, const LayerSpec& layer) {
  const Shape& shape = layer.inputs[0].shape;
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), shape.size());
  const Strides from = dense_strides(shape);
  const auto parts = static_cast<std::int64_t>(layer.outputs.size());
  std::vector<std::int64_t> sizes(layer.outputs.size(), (shape[axis] + parts - 1) / parts);
  if (input(layer, 1).present()) sizes = constant_integers(layer, 1);
  LayerBuilder builder(context, layer, "opencl.split");
  builder.hold(1);
  std::int64_t at = 0;
  for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
    const TensorSpec& part = layer.outputs[i];
    if (part.present()) add_move(builder, {.output = i, .from = at * from[axis], .dims = dims_of(part.shape, from, dense_strides(part.shape))});
    at += sizes[i];
  }
  return builder.finish();
}

Prepared prepare_slice(OpenClContext& context, const LayerSpec& layer) {
  const Shape& in = layer.inputs[0].shape;
  const Shape& shape = layer.outputs[0].shape;
  const std::vector<std::int64_t> starts = constant_integers(layer, 1);
  std::vector<std::int64_t> axes(starts.size()), steps(starts.size(), 1);
  std::iota(axes.begin(), axes.end(), 0);
  if (input(layer, 3).present()) axes = constant_integers(layer, 3);
  if (input(layer, 4).present()) steps = constant_integers(layer, 4);
  Strides from = dense_strides(in);
  Move move;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = normalized_axis(layer, axes[i], in.size());
    const std::int64_t dim = in[axis], low = steps[i] > 0 ? 0 : -1, high = steps[i] > 0 ? dim : dim - 1;
    move.from += std::clamp(starts[i] < 0 ? starts[i] + dim : starts[i], low, high) * from[axis];
    from[axis] = shape[axis] == 1 ? 0 : from[axis] * steps[i];  // a huge step must not overflow
  }
  move.dims = dims_of(shape, from, dense_strides(shape));
  return make_move(context, layer, "opencl.slice", move);
}

Prepared prepare_pad(OpenClContext& context, const LayerSpec& layer) {
  const Shape& in = layer.inputs[0].shape;
  const Shape& shape = layer.outputs[0].shape;
  take_if(!input(layer, 2).present() || input(layer, 2).is_constant(), "the value to pad with is not constant");
  const std::vector<std::int64_t> pads = constant_integers(layer, 1);
  const std::string mode = layer.node.attributes.text("mode", "constant");
  const auto modulo = [](std::int64_t a, std::int64_t b) { return (a % b + b) % b; };
  const auto source = [&](std::int64_t at, std::int64_t dim) -> std::int64_t {
    if (at >= 0 && at < dim) return at;
    if (mode == "constant") return kPadded;
    if (mode == "edge") return at < 0 ? 0 : dim - 1;
    if (mode == "wrap") return modulo(at, dim);
    if (dim == 1) return 0;
    const std::int64_t turn = modulo(at, 2 * (dim - 1));  // reflect: there and back
    return turn < dim ? turn : 2 * (dim - 1) - turn;
  };
  const Strides from = dense_strides(in), to = dense_strides(shape);
  Move move;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    MoveDim dim{shape[d], from[d], to[d], {}};
    if (pads[d] != 0 || pads[d + shape.size()] != 0) {
      for (std::int64_t i = 0; i < shape[d]; ++i) {
        const std::int64_t at = source(i - pads[d], in[d]);
        dim.list.push_back(at == kPadded ? kPadded : at * from[d]);
      }
    }
    move.dims.push_back(std::move(dim));
  }
  LayerBuilder builder(context, layer, "opencl.pad");
  builder.hold(1);
  builder.hold(2);
  if (const TensorSpec& value = input(layer, 2); value.present()) {
    move.fill.resize(size_of(layer.outputs[0].type));
    if (builder.half()) {
      const std::uint16_t half = base::float_to_float16(constant_floats(value).at(0));
      std::memcpy(move.fill.data(), &half, sizeof half);
    } else {
      std::memcpy(move.fill.data(), value.constant.data(), move.fill.size());
    }
  }
  add_move(builder, move);
  return builder.finish();
}

Prepared prepare_gather(OpenClContext& context, const LayerSpec& layer) {
  const Shape& in = layer.inputs[0].shape;
  take_if(layer.inputs[1].constant.defined(), "its indices are not constant");
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), in.size());
  const std::int64_t outer = backends::elements(in, 0, axis), inner = backends::elements(in, axis + 1, in.size());
  MoveDim gathered{0, 0, inner, {}};
  for (const std::int64_t index : constant_integers(layer, 1)) {
    take_if(index >= -in[axis] && index < in[axis], "an index is out of range");
    gathered.list.push_back((index < 0 ? index + in[axis] : index) * inner);
  }
  gathered.size = static_cast<std::int64_t>(gathered.list.size());
  LayerBuilder builder(context, layer, "opencl.gather");
  builder.hold(1);
  const std::int64_t count = gathered.size;
  add_move(builder, {.dims = {{outer, in[axis] * inner, count * inner, {}}, std::move(gathered), {inner, 1, 1, {}}}});
  return builder.finish();
}

Prepared prepare_expand(OpenClContext& context, const LayerSpec& layer) {
  const Shape& shape = layer.outputs[0].shape;
  const Strides from = broadcast_strides(layer, layer.inputs[0].shape, shape);
  return make_move(context, layer, "opencl.expand", {.dims = dims_of(shape, from, dense_strides(shape))});
}

// Each dimension becomes two, the repeats (which stand still in the input) and the dimension itself.
Prepared prepare_tile(OpenClContext& context, const LayerSpec& layer) {
  const Shape& in = layer.inputs[0].shape;
  const std::vector<std::int64_t> repeats = constant_integers(layer, 1);
  const Strides dense = dense_strides(in);
  Shape sizes;
  Strides from;
  for (std::size_t d = 0; d < in.size(); ++d) {
    sizes.insert(sizes.end(), {repeats[d], in[d]});
    from.insert(from.end(), {0, dense[d]});
  }
  return make_move(context, layer, "opencl.tile", {.dims = dims_of(sizes, from, dense_strides(sizes))});
}

// DepthToSpace and SpaceToDepth: the same pairs of places, walked along the output.
Prepared prepare_blocks(OpenClContext& context, const LayerSpec& layer) {
  const bool to_space = layer.node.op == graph::Op::DepthToSpace;
  const Shape& deep = (to_space ? layer.inputs : layer.outputs)[0].shape;
  const std::int64_t block = layer.node.attributes.integer("blocksize", 1), width = deep[2], depth = deep[3];
  const std::int64_t channels = depth / (block * block), rows = deep[0] * deep[1];
  const bool channel_first = layer.node.attributes.text("mode", "DCR") == "CRD";
  const std::int64_t wide_pixel = channels, wide_row = width * block * channels;
  // Sizes, steps on the deep side, steps on the wide side.
  const MoveDim row{rows, width * depth, block * wide_row, {}};
  const MoveDim block_row{block, channel_first ? block : block * channels, wide_row, {}};
  const MoveDim column{width, depth, block * wide_pixel, {}};
  const MoveDim block_column{block, channel_first ? 1 : channels, wide_pixel, {}};
  const MoveDim channel{channels, channel_first ? block * block : 1, 1, {}};
  if (to_space) return make_move(context, layer, "opencl.depth_to_space", {.dims = {row, block_row, column, block_column, channel}});
  std::vector<MoveDim> dims{row, column, block_row, block_column, channel};
  for (MoveDim& dim : dims) std::swap(dim.from, dim.to);
  return make_move(context, layer, "opencl.space_to_depth", {.dims = std::move(dims)});
}

}  // namespace dnntune::backends::opencl
