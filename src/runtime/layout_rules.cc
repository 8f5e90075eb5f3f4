// SPDX-License-Identifier: Apache-2.0
// How each kind of operator takes part in the layout pass.
#include <algorithm>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/checked.h"
#include "dnntune/error.h"
#include "runtime/layout_pass.h"

namespace dnntune::runtime {
namespace {

using graph::Node;
using graph::Op;

int rank_of(const LayoutPass& pass, graph::ValueId id) { return static_cast<int>(pass.shape(id).size()); }

std::vector<int> write_all(LayoutPass& pass, const Node& node, const Order& order) {
  std::vector<int> outputs;
  for (const graph::ValueId id : node.outputs) outputs.push_back(pass.write(id, order));
  return outputs;
}

bool has_input(const Node& node, std::size_t index) { return index < node.inputs.size() && node.inputs[index] != graph::kAbsent; }

/// The operands in ONNX's order, from `first` on.
void want_rest_plain(LayoutPass& pass, const Node& node, std::size_t first, std::vector<int>& inputs) {
  for (std::size_t i = first; i < node.inputs.size(); ++i)
    inputs.push_back(node.inputs[i] == graph::kAbsent ? -1 : pass.want_plain(node.inputs[i]));
}

void place_plain(LayoutPass& pass, const Node& node) {
  std::vector<int> inputs, outputs;
  want_rest_plain(pass, node, 0, inputs);
  for (const graph::ValueId id : node.outputs)
    outputs.push_back(id == graph::kAbsent ? -1 : pass.write(id, plain_order(pass.shape(id).size())));
  pass.emit(node, std::move(inputs), std::move(outputs));
}

/// Input 0 and output 0 are N, spatial..., C; other operands are as ONNX has them.
void place_channels_last(LayoutPass& pass, const Node& node) {
  const Order order = channels_last_order(pass.shape(node.inputs[0]).size());
  std::vector<int> inputs = {pass.want(node.inputs[0], order)}, outputs;
  want_rest_plain(pass, node, 1, inputs);
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    const graph::ValueId id = node.outputs[i];
    if (id == graph::kAbsent) {
      outputs.push_back(-1);
      continue;
    }
    const std::size_t rank = pass.shape(id).size();
    outputs.push_back(pass.write(id, i == 0 ? channels_last_order(rank) : plain_order(rank)));
  }
  pass.emit(node, std::move(inputs), std::move(outputs));
}

/// Networks mix two or three.
constexpr std::size_t kMostOrders = 16;

/// The order in which the fewest bytes must be copied; channels-last or plain, as the layers that
/// follow want it, where that is equal.
Order cheapest_order(LayoutPass& pass, const Node& node, std::size_t rank) {
  const graph::ValueId output = node.outputs[0];
  std::vector<Order> candidates;
  const Order usual[2] = {plain_order(rank), channels_last_order(rank)};
  const bool channels_last = pass.wanted_channels_last(output);
  candidates.push_back(usual[channels_last ? 1 : 0]);
  candidates.push_back(usual[channels_last ? 0 : 1]);
  for (const graph::ValueId id : node.inputs) {
    if (id == graph::kAbsent || pass.is_constant(id) || pass.shape(id).size() != rank) continue;
    for (const int form : pass.forms(id)) {
      // Each candidate is compared with every input, of which there may be tens of thousands.
      const Order& order = pass.order_of(form);
      if (candidates.size() < kMostOrders && std::find(candidates.begin(), candidates.end(), order) == candidates.end()) candidates.push_back(order);
    }
  }
  std::int64_t least = -1;
  Order best;
  for (const Order& order : candidates) {
    std::int64_t bytes = 0;
    for (const graph::ValueId id : node.inputs)
      if (id != graph::kAbsent) bytes += pass.conversion_bytes(id, order);
    if (least >= 0 && bytes >= least) continue;
    least = bytes;
    best = order;
  }
  return best;
}

void place_elementwise(LayoutPass& pass, const Node& node) {
  const Order order = cheapest_order(pass, node, pass.shape(node.outputs[0]).size());
  std::vector<int> inputs;
  for (const graph::ValueId id : node.inputs) inputs.push_back(id == graph::kAbsent ? -1 : pass.want_broadcast(id, order));
  pass.emit(node, std::move(inputs), write_all(pass, node, order));
}

/// Reshape, Flatten, Squeeze, Unsqueeze, Identity: the same bytes under other dimensions.
void place_view(LayoutPass& pass, const Node& node) {
  const graph::ValueId input = node.inputs[0], output = node.outputs[0];
  const Shape &from = pass.shape(input), &to = pass.shape(output);
  if (base::element_count(from, "view") != base::element_count(to, "view"))
    throw Error(ErrorCode::invalid_model, fmt::format("layer '{}' ({}): {} cannot become {}", node.name, node.op_type, to_string(from), to_string(to)));
  const auto relabel_all = [&] {
    bool any = false;
    const std::vector<int> forms = pass.forms(input);
    for (const int form : forms) {
      const std::optional<Order> order = node.op == Op::Identity ? pass.order_of(form) : reshaped_order(from, pass.order_of(form), to);
      if (order) pass.relabel(output, form, *order);
      any = any || order;
    }
    return any;
  };
  if (relabel_all()) return;
  // One copy is needed: into the order that the following layers want, if that one can be reached.
  Order order = plain_order(from.size());
  if (pass.wanted_channels_last(output)) {
    const Order near = reshapable_order(from, pass.order_of(pass.forms(input).front()), to);
    const std::optional<Order> result = reshaped_order(from, near, to);
    if (result && *result == channels_last_order(to.size())) order = near;
  }
  pass.want(input, order);
  relabel_all();
}

/// Only names the dimensions anew; a copy is made where plain order is what the following layers want.
void place_transpose(LayoutPass& pass, const Node& node) {
  const graph::ValueId input = node.inputs[0], output = node.outputs[0];
  const int rank = rank_of(pass, input);
  std::vector<std::int64_t> perm = node.attributes.integers("perm");
  if (perm.empty())
    for (int d = rank; d-- > 0;) perm.push_back(d);
  std::vector<int> new_name(static_cast<std::size_t>(rank));
  for (int d = 0; d < rank; ++d) new_name[static_cast<std::size_t>(perm[static_cast<std::size_t>(d)])] = d;
  const std::vector<int> forms = pass.forms(input);
  for (const int form : forms) {
    Order order;
    for (const int d : pass.order_of(form)) order.push_back(new_name[static_cast<std::size_t>(d)]);
    pass.relabel(output, form, order);
  }
  if (!pass.wanted_channels_last(output)) pass.convert_as_own_work(output, plain_order(static_cast<std::size_t>(rank)));
}

/// A negative axis counts from the end.
int normalised_axis(const Node& node, std::int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    throw Error(ErrorCode::invalid_model, fmt::format("layer '{}' ({}): axis {} is not in [-{}, {})", node.name, node.op_type, axis, rank, rank));
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

/// Concat and Split: any common order, with the axis moved.
void place_along_axis(LayoutPass& pass, const Node& node) {
  const int rank = rank_of(pass, node.inputs[0]);
  const int axis = normalised_axis(node, node.attributes.integer("axis", 0), rank);
  std::vector<int> inputs;
  Order order;
  if (node.op == Op::Concat) {
    order = cheapest_order(pass, node, static_cast<std::size_t>(rank));
    for (const graph::ValueId id : node.inputs) inputs.push_back(pass.want(id, order));
  } else {
    const int form = pass.forms(node.inputs[0]).front();
    order = pass.order_of(form);
    inputs.push_back(form);
    want_rest_plain(pass, node, 1, inputs);
  }
  Node moved = node;
  moved.attributes.set("axis", std::int64_t{position_of(axis, order)});
  pass.emit(std::move(moved), std::move(inputs), write_all(pass, node, order));
}

/// QuantizeLinear and DequantizeLinear: the order in which the input is there, with the axis moved. Where a copy must
/// follow, floats are copied before they become bytes: there is a fast kernel for those.
void place_quantization(LayoutPass& pass, const Node& node) {
  const bool copies_floats = node.op == Op::QuantizeLinear && pass.wanted_channels_last(node.outputs[0]);
  const int form = copies_floats ? pass.want(node.inputs[0], channels_last_order(pass.shape(node.inputs[0]).size())) : pass.forms(node.inputs[0]).front();
  const Order order = pass.order_of(form);
  std::vector<int> inputs = {form};
  want_rest_plain(pass, node, 1, inputs);
  Node moved = node;
  if (base::element_count(pass.shape(node.inputs[1]), "scale") != 1) {
    const int axis = normalised_axis(node, node.attributes.integer("axis", 1), static_cast<int>(order.size()));
    moved.attributes.set("axis", std::int64_t{position_of(axis, order)});
  }
  pass.emit(std::move(moved), std::move(inputs), write_all(pass, node, order));
}

std::vector<std::int64_t> integer_values(const Tensor& tensor) {
  if (tensor.type() == DataType::int32) {
    const auto values = tensor.as<std::int32_t>();
    return {values.begin(), values.end()};
  }
  const auto values = tensor.as<std::int64_t>();
  return {values.begin(), values.end()};
}

/// Contents of a constant integer operand; nothing when it is absent or only known during the run.
std::optional<std::vector<std::int64_t>> constant_integers(LayoutPass& pass, const Node& node, std::size_t index) {
  if (!has_input(node, index)) return std::nullopt;
  const Tensor& tensor = pass.constant(node.inputs[index]);
  if (tensor.type() != DataType::int32 && tensor.type() != DataType::int64) return std::nullopt;
  return integer_values(tensor);
}

void place_slice(LayoutPass& pass, const Node& node) {
  const int form = pass.forms(node.inputs[0]).front();
  const Order order = pass.order_of(form);
  const int rank = static_cast<int>(order.size());
  const auto starts = constant_integers(pass, node, 1);
  std::optional<std::vector<std::int64_t>> axes = constant_integers(pass, node, 3);
  if (order == plain_order(order.size()) || !starts || (has_input(node, 3) && !axes)) {
    place_plain(pass, node);
    return;
  }
  if (!axes) {
    axes.emplace();
    for (std::size_t d = 0; d < starts->size(); ++d) axes->push_back(static_cast<std::int64_t>(d));
  }
  for (std::int64_t& axis : *axes) axis = position_of(normalised_axis(node, axis, rank), order);
  std::vector<int> inputs = {form, pass.want_plain(node.inputs[1]), pass.want_plain(node.inputs[2]),
                             pass.integers(node.name + " axes", pass.constant(node.inputs[1]).type(), *axes)};
  want_rest_plain(pass, node, 4, inputs);
  pass.emit(node, std::move(inputs), write_all(pass, node, order));
}

void place_pad(LayoutPass& pass, const Node& node) {
  const int form = pass.forms(node.inputs[0]).front();
  const Order order = pass.order_of(form);
  const auto pads = constant_integers(pass, node, 1);
  if (order == plain_order(order.size()) || has_input(node, 3) || !pads || pads->size() != 2 * order.size()) {
    place_plain(pass, node);
    return;
  }
  std::vector<std::int64_t> moved;
  for (const std::size_t side : {std::size_t{0}, order.size()})
    for (const int d : order) moved.push_back((*pads)[side + static_cast<std::size_t>(d)]);
  std::vector<int> inputs = {form, pass.integers(node.name + " pads", DataType::int64, moved)};
  want_rest_plain(pass, node, 2, inputs);
  pass.emit(node, std::move(inputs), write_all(pass, node, order));
}

/// Softmax, LogSoftmax, Hardmax: over the channels of an image in channels-last, else plain.
void place_softmax(LayoutPass& pass, const Node& node) {
  const int rank = rank_of(pass, node.inputs[0]);
  const int axis = rank == 0 ? 0 : normalised_axis(node, node.attributes.integer("axis", -1), rank);
  // Before opset 13 all axes from `axis` on were one vector, in ONNX's order.
  const bool flattens = node.attributes.integer("flatten_axis_semantics", 0) != 0;
  if (rank < 3 || axis != 1 || flattens) {
    place_plain(pass, node);
    return;
  }
  const Order order = channels_last_order(static_cast<std::size_t>(rank));
  Node moved = node;
  moved.attributes.set("axis", std::int64_t{rank - 1});
  const int input = pass.want(node.inputs[0], order);
  pass.emit(std::move(moved), {input}, write_all(pass, node, order));
}

/// Reductions over exactly the spatial axes, or over the channels of an image, in channels-last; others plain.
void place_reduce(LayoutPass& pass, const Node& node) {
  const int rank = rank_of(pass, node.inputs[0]);
  std::vector<std::int64_t> axes = node.attributes.integers("axes");
  if (has_input(node, 1)) axes = constant_integers(pass, node, 1).value_or(std::vector<std::int64_t>{});
  for (std::int64_t& axis : axes) axis = normalised_axis(node, axis, rank);
  std::sort(axes.begin(), axes.end());
  std::vector<std::int64_t> spatial;
  for (int d = 2; d < rank; ++d) spatial.push_back(d);
  const bool over_channels = rank >= 4 && axes == std::vector<std::int64_t>{1};
  if (rank < 3 || (axes != spatial && !over_channels)) {
    place_plain(pass, node);
    return;
  }

  const Order order = channels_last_order(static_cast<std::size_t>(rank));
  for (std::int64_t& axis : axes) axis = position_of(static_cast<int>(axis), order);
  Node moved = node;
  std::vector<int> inputs = {pass.want(node.inputs[0], order)};
  if (has_input(node, 1))
    inputs.push_back(pass.integers(node.name + " axes", DataType::int64, axes));
  else
    moved.attributes.set("axes", axes);
  // Without keepdims N, C or N, spatial... remain: that is the plain order either way.
  const std::size_t out_rank = pass.shape(node.outputs[0]).size();
  const Order out_order = out_rank == static_cast<std::size_t>(rank) ? order : plain_order(out_rank);
  pass.emit(std::move(moved), std::move(inputs), write_all(pass, node, out_order));
}

/// One operand of Resize, which has an entry a dimension (roi: two), in another order.
int reordered_operand(LayoutPass& pass, const Node& node, std::size_t index, const Order& order) {
  if (!has_input(node, index)) return -1;
  const int plain = pass.want_plain(node.inputs[index]);
  const Tensor& tensor = pass.constant(node.inputs[index]);
  const std::size_t rank = order.size();
  if (!tensor.defined() || tensor.element_count() % rank != 0 || tensor.element_count() == 0) return plain;
  const auto blocks = static_cast<std::int64_t>(tensor.element_count() / rank);
  Tensor moved(tensor.type(), tensor.shape());
  const std::size_t element = size_of(tensor.type());
  const auto* source = static_cast<const std::byte*>(tensor.data());
  auto* target = static_cast<std::byte*>(moved.mutable_data());
  for (std::int64_t block = 0; block < blocks; ++block)
    for (const int d : order) {
      const std::byte* from = source + (static_cast<std::size_t>(block) * rank + static_cast<std::size_t>(d)) * element;
      target = std::copy(from, from + element, target);
    }
  return pass.add_constant(fmt::format("{} operand {}", node.name, index), std::move(moved));
}

/// Channels-last when N and C keep their size and scale: a condition on the layer alone.
void place_resize(LayoutPass& pass, const Node& node) {
  const Shape &from = pass.shape(node.inputs[0]), &to = pass.shape(node.outputs[0]);
  const std::size_t rank = from.size();
  // Operands of some axes alone are not put in another order.
  bool image = rank >= 3 && from[0] == to[0] && from[1] == to[1] && !node.attributes.has("axes") && !node.attributes.has("keep_aspect_ratio_policy");
  if (image && has_input(node, 2)) {
    const Tensor& scales = pass.constant(node.inputs[2]);
    if (scales.type() == DataType::float32 && scales.element_count() == rank)
      image = scales.as<float>()[0] == 1.0f && scales.as<float>()[1] == 1.0f;
    else
      image = scales.defined() && scales.element_count() == 0;
  }
  if (!image || node.attributes.text("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize") {
    place_plain(pass, node);
    return;
  }
  const Order order = channels_last_order(rank);
  std::vector<int> inputs = {pass.want(node.inputs[0], order)};
  for (std::size_t i = 1; i < node.inputs.size(); ++i) inputs.push_back(reordered_operand(pass, node, i, order));
  pass.emit(node, std::move(inputs), write_all(pass, node, order));
}

}  // namespace

void place_layer(LayoutPass& pass, const Node& node) {
  const graph::OpInfo* info = graph::find_operator(node.op);
  if (info == nullptr)
    throw Error(ErrorCode::unsupported, fmt::format("layer '{}': no operator '{}' in this build", node.name, node.op_type));
  if (info->kernel_family == "view") return place_view(pass, node);
  switch (info->layout) {
    case graph::Layout::plain: return place_plain(pass, node);
    case graph::Layout::channels_last: return place_channels_last(pass, node);
    case graph::Layout::elementwise: return place_elementwise(pass, node);
    case graph::Layout::permutable: break;
  }
  if (info->kernel_family == "softmax") return place_softmax(pass, node);
  if (info->kernel_family == "reduce") return place_reduce(pass, node);
  switch (node.op) {
    case Op::Transpose: return place_transpose(pass, node);
    case Op::Concat:
    case Op::Split: return place_along_axis(pass, node);
    case Op::QuantizeLinear:
    case Op::DequantizeLinear: return place_quantization(pass, node);
    case Op::Slice: return place_slice(pass, node);
    case Op::Pad: return place_pad(pass, node);
    case Op::Resize: return place_resize(pass, node);
    default:
      throw Error(ErrorCode::internal, fmt::format("layer '{}': no layout rule for {}", node.name, node.op_type));
  }
}

}  // namespace dnntune::runtime
