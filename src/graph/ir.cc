// SPDX-License-Identifier: Apache-2.0
#include "graph/ir.h"

#include <algorithm>

#include "base/checked.h"

namespace dnntune::graph {

bool Value::is_static() const noexcept {
  return shape && std::all_of(shape->begin(), shape->end(), [](std::int64_t dim) { return dim >= 0; });
}

std::int64_t Value::size_bytes() const {
  if (!is_static()) return 0;
  return base::checked_mul(base::element_count(*shape, name), static_cast<std::int64_t>(size_of(type)), name);
}

void Value::set_constant(Tensor tensor) {
  type = tensor.type();
  shape = tensor.shape();
  constant = std::move(tensor);
  weights = {};
}

void Value::set_constant(Weights large) {
  type = DataType::float32;
  shape = large.shape();
  weights = std::move(large);
  constant = {};
}

ValueId Ir::add_value(Value value) {
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size() - 1);
}

Uses::Uses(const Ir& ir) : producer(ir.values.size(), -1), consumers(ir.values.size()), is_output(ir.values.size(), false) {
  for (std::size_t i = 0; i < ir.nodes.size(); ++i) {
    for (const ValueId id : ir.nodes[i].inputs)
      if (id != kAbsent) consumers[static_cast<std::size_t>(id)].push_back(static_cast<int>(i));
    for (const ValueId id : ir.nodes[i].outputs)
      if (id != kAbsent) producer[static_cast<std::size_t>(id)] = static_cast<int>(i);
  }
  for (const ValueId id : ir.outputs) is_output[static_cast<std::size_t>(id)] = true;
}

}  // namespace dnntune::graph
