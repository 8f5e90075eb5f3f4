// SPDX-License-Identifier: Apache-2.0
#include "graph/lower/bind.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/infer/infer.h"

namespace dnntune::graph::lowering {
namespace {

std::string_view symbol(const Value& value, std::size_t axis) {
  return axis < value.dim_names.size() ? std::string_view(value.dim_names[axis]) : std::string_view();
}

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

}  // namespace

StatedShapes::StatedShapes(Ir& ir, const Bindings& bindings) {
  std::unordered_map<std::string_view, ValueId> inputs;
  for (const ValueId id : ir.inputs) inputs.emplace(ir.value(id).name, id);
  const auto find = [&](const std::string& name) -> Value& {
    const auto it = inputs.find(name);
    if (it == inputs.end()) fail(fmt::format("the graph has no input '{}'", name));
    return ir.value(it->second);
  };
  for (const auto& [name, shape] : bindings.input_shapes) bind_shape(find(name), shape);
  for (const auto& [name, tensor] : bindings.input_values) {
    Value& input = find(name);
    if (input.type != DataType::undefined && input.type != tensor.type())
      fail(fmt::format("input '{}' is {}, the value given is {}", name, to_string(input.type), to_string(tensor.type())));
    bind_shape(input, tensor.shape());
    input.type = tensor.type();
    input.constant = tensor;
  }
  for (const ValueId id : ir.inputs) close_dimensions(ir.value(id));
}

void StatedShapes::bind_shape(Value& input, const Shape& shape) {
  const std::string what = fmt::format("shape {} for input '{}'", to_string(shape), input.name);
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t dim) { return dim < 0; }))
    fail(fmt::format("{}: a dimension is negative", what));
  infer::check_limits(shape, what);
  if (input.shape) {
    if (input.shape->size() != shape.size()) fail(fmt::format("{}: the model wants {}", what, to_string(*input.shape)));
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if ((*input.shape)[i] >= 0 && (*input.shape)[i] != shape[i]) as_stated_ = false;
      if ((*input.shape)[i] < 0 && !symbol(input, i).empty()) symbols_.emplace(symbol(input, i), shape[i]);
    }
  }
  input.shape = shape;
}

void StatedShapes::close_dimensions(Value& input) const {
  if (!input.shape) return;
  for (std::size_t i = 0; i < input.shape->size(); ++i) {
    std::int64_t& dim = (*input.shape)[i];
    if (dim >= 0) continue;
    const auto known = symbols_.find(symbol(input, i));
    dim = known == symbols_.end() ? 1 : known->second;
  }
  infer::check_limits(*input.shape, fmt::format("input '{}'", input.name));
}

std::optional<Shape> StatedShapes::of(const Value& value) const {
  if (!as_stated_ || !value.shape) return std::nullopt;
  Shape shape = *value.shape;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const auto known = symbols_.find(symbol(value, i));
    if (shape[i] < 0) shape[i] = known == symbols_.end() ? -1 : known->second;
  }
  return shape;
}

}  // namespace dnntune::graph::lowering
