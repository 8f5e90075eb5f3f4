// SPDX-License-Identifier: Apache-2.0
#include "graph/lower/partial.h"

#include <algorithm>

#include "graph/infer/infer.h"

namespace dnntune::graph::lowering {
namespace {

/// A shape has at most this many entries; longer lists are data.
constexpr std::size_t kMaxEntries = 64;

bool is_integer(DataType type) { return type == DataType::int64 || type == DataType::int32; }

/// Elements of a short constant list or number.
std::optional<std::vector<std::int64_t>> elements(const Tensor& tensor) {
  if (!tensor.defined() || tensor.shape().size() > 1 || tensor.element_count() > kMaxEntries) return std::nullopt;
  if (tensor.type() == DataType::int64) {
    const auto data = tensor.as<std::int64_t>();
    return std::vector<std::int64_t>(data.begin(), data.end());
  }
  if (tensor.type() != DataType::int32) return std::nullopt;
  const auto data = tensor.as<std::int32_t>();
  return std::vector<std::int64_t>(data.begin(), data.end());
}

/// Small enough that no sum or product of two overflows.
bool is_small(std::int64_t x) { return x > -(std::int64_t{1} << 31) && x < (std::int64_t{1} << 31); }

/// True when the node's output has the elements of its input, in order.
bool passes_on(const Ir& ir, const Node& node) {
  switch (node.op) {
    case Op::Identity:
    case Op::Reshape:
    case Op::Flatten:
    case Op::Squeeze:
    case Op::Unsqueeze: return true;
    case Op::Cast: return is_integer(ir.value(node.inputs[0]).type);
    default: return false;
  }
}

}  // namespace

std::optional<PartialIntegers::List> PartialIntegers::list_of(const Ir& ir, const Node& node, std::size_t input) const {
  if (input >= node.inputs.size() || node.inputs[input] == kAbsent) return std::nullopt;
  if (const Value& value = ir.value(node.inputs[input]); value.is_constant()) {
    auto list = elements(value.constant);
    return list && std::none_of(list->begin(), list->end(), is_open) ? list : std::nullopt;
  }
  const auto found = lists_.find(node.inputs[input]);
  return found == lists_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<PartialIntegers::List> PartialIntegers::arithmetic(const Ir& ir, const Node& node) const {
  const auto a = list_of(ir, node, 0), b = list_of(ir, node, 1);
  if (!a || !b || a->empty() || b->empty() || (a->size() != b->size() && a->size() != 1 && b->size() != 1)) return std::nullopt;
  List result(std::max(a->size(), b->size()), kNowhere);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t x = (*a)[a->size() == 1 ? 0 : i], y = (*b)[b->size() == 1 ? 0 : i];
    if (!is_small(x) || !is_small(y)) continue;
    if (node.op == Op::Add) result[i] = x + y;
    if (node.op == Op::Sub) result[i] = x - y;
    if (node.op == Op::Mul) result[i] = x * y;
    if (node.op == Op::Div && y != 0) result[i] = x / y;
    if (!is_small(result[i])) result[i] = kNowhere;
  }
  return result;
}

std::optional<PartialIntegers::List> PartialIntegers::slice(const Ir& ir, const Node& node) const {
  const auto x = list_of(ir, node, 0), starts = list_of(ir, node, 1), ends = list_of(ir, node, 2), steps = list_of(ir, node, 4);
  const bool has_steps = node.inputs.size() > 4 && node.inputs[4] != kAbsent;
  if (!x || !starts || !ends || starts->size() != 1 || ends->size() != 1 || (has_steps && (!steps || *steps != List{1}))) return std::nullopt;
  const auto size = static_cast<std::int64_t>(x->size());
  const auto position = [&](std::int64_t p) -> std::int64_t { return std::clamp<std::int64_t>(p < 0 ? (p < -size ? 0 : p + size) : p, 0, size); };
  if (is_open((*starts)[0]) || is_open((*ends)[0])) return std::nullopt;
  const std::int64_t from = position((*starts)[0]), to = std::max(from, position((*ends)[0]));
  return List(x->begin() + from, x->begin() + to);
}

std::optional<PartialIntegers::List> PartialIntegers::compute(const Ir& ir, const Node& node) {
  if (passes_on(ir, node)) return list_of(ir, node, 0);
  switch (node.op) {
    case Op::Shape: {
      const auto& shape = ir.value(node.inputs[0]).shape;
      if (!shape) return std::nullopt;
      const auto rank = static_cast<std::int64_t>(shape->size());
      const auto position = [&](const char* name, std::int64_t fallback) {
        const std::int64_t p = node.attributes.integer(name, fallback);
        return std::clamp<std::int64_t>(p < 0 ? std::max(p, -rank) + rank : p, 0, rank);
      };
      const std::int64_t start = position("start", 0), end = std::max(start, position("end", rank));
      List list;
      for (std::int64_t d = start; d < end; ++d) {
        const auto axis = static_cast<std::size_t>(d);
        list.push_back((*shape)[axis] >= 0 ? (*shape)[axis] : open_dimension(node.inputs[0], axis));
      }
      return list;
    }
    case Op::Gather: {
      const auto x = list_of(ir, node, 0), at = list_of(ir, node, 1);
      const auto& shape = ir.value(node.inputs[0]).shape;
      if (!x || !at || !shape || shape->size() != 1) return std::nullopt;
      List list;
      for (std::int64_t i : *at) {
        if (is_open(i)) return std::nullopt;
        if (i < 0) i += static_cast<std::int64_t>(x->size());
        if (i < 0 || i >= static_cast<std::int64_t>(x->size())) return std::nullopt;
        list.push_back((*x)[static_cast<std::size_t>(i)]);
      }
      return list;
    }
    case Op::Concat: {
      List list;
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const auto part = list_of(ir, node, i);
        if (!part) return std::nullopt;
        list.insert(list.end(), part->begin(), part->end());
      }
      return list;
    }
    case Op::Slice: return slice(ir, node);
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div: return arithmetic(ir, node);
    default: return std::nullopt;
  }
}

std::int64_t PartialIntegers::open_dimension(ValueId value, std::size_t axis) {
  origins_.push_back({value, axis});
  return kNowhere + static_cast<std::int64_t>(origins_.size());
}

/// A Reshape to the input's own open dimensions, some that are known and one of -1: what is open cancels.
void PartialIntegers::find_free_dimension(const Ir& ir, const Node& node, const List& wanted, Shape& shape) const {
  const std::optional<Shape>& x = ir.value(node.inputs[0]).shape;
  const auto free = std::find(wanted.begin(), wanted.end(), std::int64_t{-1});
  if (!x || free == wanted.end() || std::find(free + 1, wanted.end(), std::int64_t{-1}) != wanted.end()) return;
  std::vector<bool> cancelled(x->size(), false);
  std::int64_t given = 1, available = 1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == -1) continue;
    const bool copies = wanted[i] == 0 && node.attributes.integer("allowzero", 0) == 0;
    std::size_t axis = i;
    if (is_open(wanted[i])) {
      if (wanted[i] == kNowhere) return;
      const Origin& origin = origins_[static_cast<std::size_t>(wanted[i] - kNowhere) - 1];
      if (origin.value != node.inputs[0]) return;
      axis = origin.axis;
    } else if (!copies) {
      if (wanted[i] < 1 || given > infer::kMaxElements / wanted[i]) return;
      given *= wanted[i];
      continue;
    }
    if (axis >= x->size() || cancelled[axis]) return;
    cancelled[axis] = true;
  }
  for (std::size_t i = 0; i < x->size(); ++i) {
    if (cancelled[i]) continue;
    if ((*x)[i] < 1 || available > infer::kMaxElements / (*x)[i]) return;
    available *= (*x)[i];
  }
  if (available % given == 0) shape[static_cast<std::size_t>(free - wanted.begin())] = available / given;
}

/// The shape of an output that a list decides, where inference knew its rank at most.
void PartialIntegers::shape_output(Ir& ir, const Node& node) const {
  const std::size_t operand = node.op == Op::ConstantOfShape ? 0 : 1;
  if (node.op != Op::Reshape && node.op != Op::Expand && node.op != Op::ConstantOfShape) return;
  Value& output = ir.value(node.outputs[0]);
  if (output.is_static() || ir.value(node.inputs[operand]).is_constant()) return;
  const auto wanted = list_of(ir, node, operand);
  if (!wanted || wanted->size() > infer::kMaxRank) return;
  const std::optional<Shape>& x = ir.value(node.inputs[0]).shape;
  Shape shape;
  for (std::size_t i = 0; i < wanted->size(); ++i) {
    const std::int64_t dim = (*wanted)[i];
    const bool copies = node.op == Op::Reshape && dim == 0 && node.attributes.integer("allowzero", 0) == 0;
    if (copies) shape.push_back(x && i < x->size() ? (*x)[i] : -1);
    else shape.push_back(dim < 0 ? -1 : dim);
  }
  if (node.op == Op::Reshape) find_free_dimension(ir, node, *wanted, shape);
  if (node.op == Op::Expand) {
    const auto together = x ? infer::broadcast(*x, shape) : std::nullopt;
    if (!together) return;
    // An open dimension of either may turn out to be 1, and then the other one's is the output's.
    shape = *together;
    const std::size_t lead = shape.size() - wanted->size(), x_lead = shape.size() - x->size();
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::int64_t a = i < lead ? 1 : std::max<std::int64_t>((*wanted)[i - lead], -1), b = i < x_lead ? 1 : (*x)[i - x_lead];
      if ((a < 0 && b <= 1) || (b < 0 && a <= 1)) shape[i] = -1;
    }
  }
  infer::check_limits(shape, output.name);
  output.shape = std::move(shape);
}

bool PartialIntegers::see(Ir& ir, const Node& node) {
  if (!node.unsupported.empty() || node.inputs.empty() || node.inputs[0] == kAbsent || node.outputs.empty() || node.outputs[0] == kAbsent) return false;
  shape_output(ir, node);
  Value& output = ir.value(node.outputs[0]);
  if (output.is_constant() || !is_integer(output.type) || !output.is_static() || output.shape->size() > 1) return false;
  auto list = compute(ir, node);
  const std::size_t count = output.shape->empty() ? 1 : static_cast<std::size_t>(output.shape->front());
  if (!list || list->size() != count || count > kMaxEntries) return false;
  if (output.type == DataType::int32 && !std::all_of(list->begin(), list->end(), [](std::int64_t x) { return is_open(x) || is_small(x); })) return false;
  if (std::any_of(list->begin(), list->end(), is_open)) {
    lists_[node.outputs[0]] = std::move(*list);
    return false;
  }
  if (output.type == DataType::int64)
    output.constant = Tensor::from(*output.shape, *list);
  else
    output.constant = Tensor::from(*output.shape, std::vector<std::int32_t>(list->begin(), list->end()));
  return true;
}

}  // namespace dnntune::graph::lowering
