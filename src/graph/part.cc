// SPDX-License-Identifier: Apache-2.0
#include "graph/part.h"

namespace dnntune::graph {
namespace {

std::size_t slot(ValueId id) { return static_cast<std::size_t>(id); }

}  // namespace

Part part_of(const Ir& whole, std::span<const int> nodes) {
  std::vector<bool> inside(whole.values.size(), false), read_outside(whole.values.size(), false);
  std::vector<bool> chosen(whole.nodes.size(), false);
  for (const int n : nodes) chosen[static_cast<std::size_t>(n)] = true;
  for (std::size_t n = 0; n < whole.nodes.size(); ++n) {
    for (const ValueId id : whole.nodes[n].outputs)
      if (id != kAbsent && chosen[n]) inside[slot(id)] = true;
    for (const ValueId id : whole.nodes[n].inputs)
      if (id != kAbsent && !chosen[n]) read_outside[slot(id)] = true;
  }
  for (const ValueId id : whole.outputs) read_outside[slot(id)] = true;

  Part part;
  part.ir.name = whole.name;
  std::vector<ValueId> renumbered(whole.values.size(), kAbsent);
  const auto move = [&](ValueId id) {
    if (id == kAbsent) return kAbsent;
    ValueId& to = renumbered[slot(id)];
    if (to != kAbsent) return to;
    to = part.ir.add_value(Value(whole.value(id)));
    if (!inside[slot(id)] && !whole.value(id).is_constant()) {
      part.ir.inputs.push_back(to);
      part.inputs.push_back(id);
    }
    return to;
  };
  for (const int n : nodes) {
    Node node = whole.nodes[static_cast<std::size_t>(n)];
    for (ValueId& id : node.inputs) id = move(id);
    for (ValueId& id : node.outputs) {
      const ValueId outer = id;
      id = move(id);
      if (id == kAbsent || !read_outside[slot(outer)]) continue;
      part.ir.outputs.push_back(id);
      part.outputs.push_back(outer);
    }
    part.ir.nodes.push_back(std::move(node));
  }
  return part;
}

}  // namespace dnntune::graph
