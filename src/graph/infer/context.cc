// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"
#include "graph/infer/infer.h"

namespace dnntune::graph::infer {

void check_limits(const Shape& shape, std::string_view what) {
  if (shape.size() > kMaxRank)
    throw Error(ErrorCode::limit_exceeded, fmt::format("{}: rank {} is beyond the limit of {}", what, shape.size(), kMaxRank));
  std::int64_t count = 1;
  for (const std::int64_t dim : shape) {
    if (dim > kMaxElements || (dim > 0 && count > kMaxElements / dim))
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("{}: shape {} is beyond the limit of {} elements", what, to_string(shape), kMaxElements));
    if (dim > 0) count *= dim;
  }
}

std::optional<std::vector<std::int64_t>> Context::integers(std::size_t i) const {
  if (!has_input(i) || !input(i).is_constant()) return std::nullopt;
  if (const Weights& large = input(i).weights; large.defined()) fail(fmt::format("operand '{}' has {} entries", input(i).name, large.element_count()));
  const Tensor& tensor = input(i).constant;
  // These operands hold one entry a dimension; a longer one would only waste memory.
  if (tensor.element_count() > 4096) fail(fmt::format("operand '{}' has {} entries", input(i).name, tensor.element_count()));
  std::vector<std::int64_t> values;
  if (tensor.type() == DataType::int64) {
    const auto data = tensor.as<std::int64_t>();
    values.assign(data.begin(), data.end());
  } else if (tensor.type() == DataType::int32) {
    const auto data = tensor.as<std::int32_t>();
    values.assign(data.begin(), data.end());
  } else {
    fail(fmt::format("operand '{}' must be int64 or int32, not {}", input(i).name, to_string(tensor.type())));
  }
  return values;
}

std::optional<std::vector<float>> Context::floats(std::size_t i) const {
  if (!has_input(i) || !input(i).is_constant()) return std::nullopt;
  if (const Weights& large = input(i).weights; large.defined()) fail(fmt::format("operand '{}' has {} entries", input(i).name, large.element_count()));
  const Tensor& tensor = input(i).constant;
  if (tensor.type() != DataType::float32)
    fail(fmt::format("operand '{}' must be float32, not {}", input(i).name, to_string(tensor.type())));
  if (tensor.element_count() > 4096) fail(fmt::format("operand '{}' has {} entries", input(i).name, tensor.element_count()));
  const auto data = tensor.as<float>();
  return std::vector<float>(data.begin(), data.end());
}

void Context::output(std::size_t i, DataType type, std::optional<Shape> shape) {
  if (!has_output(i)) return;
  Value& value = ir_.value(node_.outputs[i]);
  if (shape) {
    for (std::int64_t& dim : *shape) dim = std::max<std::int64_t>(dim, -1);
    check_limits(*shape, fmt::format("output '{}' of node '{}' ({})", value.name, node_.name, node_.op_type));
  }
  if (type != DataType::undefined) value.type = type;
  value.shape = std::move(shape);
}

std::size_t Context::axis(std::int64_t axis, std::size_t rank) const {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) fail(fmt::format("axis {} is outside [{}, {}]", axis, -signed_rank, signed_rank - 1));
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

void Context::require_rank(std::size_t i, std::size_t rank) const {
  const Shape* s = shape(i);
  if (s != nullptr && s->size() != rank) fail(fmt::format("input {} must have rank {}, not {}", i, rank, s->size()));
}

void Context::require_equal(std::int64_t a, std::int64_t b, std::string_view rule) const {
  if (a >= 0 && b >= 0 && a != b) fail(fmt::format("{} ({} against {})", rule, a, b));
}

std::string Context::describe() const {
  std::string text = fmt::format("node '{}' ({})", node_.name, node_.op_type);
  for (std::size_t i = 0; i < node_.inputs.size() && i < 8; ++i) {
    text += i == 0 ? " with inputs " : ", ";
    if (!has_input(i)) {
      text += "(none)";
      continue;
    }
    const Value& value = input(i);
    text += fmt::format("'{}' {}{}", value.name, to_string(value.type), value.shape ? to_string(*value.shape) : "[unknown rank]");
  }
  return text;
}

void Context::fail(const std::string& rule) const {
  throw Error(ErrorCode::invalid_model, fmt::format("{}: {}", describe(), rule));
}

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  const std::size_t offset = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    const std::int64_t x = longer[offset + i], y = shorter[i];
    std::int64_t& out = result[offset + i];
    if (x == y || y == 1) {
      out = x;
    } else if (x == 1) {
      out = y;
    } else if (x < 0 || y < 0) {
      out = std::max(x, y);  // the unknown one must turn out to be 1 or equal
    } else {
      return std::nullopt;
    }
  }
  return result;
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.size() > to.size()) return false;
  const std::size_t offset = to.size() - from.size();
  for (std::size_t i = 0; i < from.size(); ++i)
    if (from[i] != 1 && from[i] >= 0 && to[offset + i] >= 0 && from[i] != to[offset + i]) return false;
  return true;
}

}  // namespace dnntune::graph::infer
