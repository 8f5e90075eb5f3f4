// SPDX-License-Identifier: Apache-2.0
// Removal of nodes and values that do nothing.
#include <algorithm>
#include <numeric>

#include "graph/lower/passes.h"

namespace dnntune::graph::lowering {
namespace {

std::size_t slot(ValueId id) { return static_cast<std::size_t>(id); }

/// Whether output `i` may be left out. The recurrent operators make all of theirs optional; the number
/// of a Split's outputs says how to split.
bool is_optional_output(const Node& node, std::size_t i) {
  const OpInfo* info = find_operator(node.op);
  if (info == nullptr || !node.unsupported.empty() || node.op == Op::Split) return false;
  if (node.op == Op::LSTM || node.op == Op::GRU || node.op == Op::RNN) return true;
  return i >= static_cast<std::size_t>(info->min_outputs);
}

}  // namespace

void erase_nodes(Ir& ir, const std::vector<bool>& marked) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ir.nodes.size(); ++i) {
    if (marked[i]) continue;
    if (kept != i) ir.nodes[kept] = std::move(ir.nodes[i]);
    ++kept;
  }
  ir.nodes.resize(kept);
}

void remove_dead_nodes(Ir& ir) {
  std::vector<bool> wanted(ir.values.size(), false);
  for (const ValueId id : ir.outputs) wanted[slot(id)] = true;
  std::vector<bool> dead(ir.nodes.size(), false);
  for (std::size_t i = ir.nodes.size(); i-- > 0;) {
    Node& node = ir.nodes[i];
    dead[i] = std::none_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) {
      return id != kAbsent && wanted[slot(id)] && !ir.value(id).is_constant();
    });
    if (dead[i]) continue;
    for (std::size_t k = 0; k < node.outputs.size(); ++k)
      if (node.outputs[k] != kAbsent && !wanted[slot(node.outputs[k])] && is_optional_output(node, k)) node.outputs[k] = kAbsent;
    while (node.outputs.back() == kAbsent) node.outputs.pop_back();
    for (const ValueId id : node.inputs)
      if (id != kAbsent) wanted[slot(id)] = true;
  }
  erase_nodes(ir, dead);
}

void remove_no_ops(Ir& ir) {
  std::vector<bool> is_output(ir.values.size(), false), removed(ir.nodes.size(), false);
  for (const ValueId id : ir.outputs) is_output[slot(id)] = true;
  std::vector<ValueId> instead(ir.values.size());
  std::iota(instead.begin(), instead.end(), 0);
  for (std::size_t i = 0; i < ir.nodes.size(); ++i) {
    Node& node = ir.nodes[i];
    for (ValueId& id : node.inputs)
      if (id != kAbsent) id = instead[slot(id)];
    if (!is_no_op(ir, node) || is_output[slot(node.outputs[0])]) continue;
    instead[slot(node.outputs[0])] = node.inputs[0];
    removed[i] = true;
  }
  erase_nodes(ir, removed);
}

void write_outputs_directly(Ir& ir) {
  const Uses uses(ir);
  std::vector<bool> removed(ir.nodes.size(), false);
  for (std::size_t i = 0; i < ir.nodes.size(); ++i) {
    const Node& node = ir.nodes[i];
    if (!is_no_op(ir, node)) continue;
    const ValueId from = node.inputs[0];
    const int producer = uses.producer[slot(from)];
    if (producer < 0 || uses.is_output[slot(from)] || uses.consumers[slot(from)].size() != 1) continue;
    Node& writer = ir.nodes[static_cast<std::size_t>(producer)];
    if (!writer.unsupported.empty()) continue;
    std::replace(writer.outputs.begin(), writer.outputs.end(), from, node.outputs[0]);
    writer.covers.insert(writer.covers.end(), node.covers.begin(), node.covers.end());
    removed[i] = true;
  }
  erase_nodes(ir, removed);
}

void remove_unused_values(Ir& ir) {
  std::vector<ValueId> renumbered(ir.values.size(), kAbsent);
  const auto each_list = [&ir](auto&& visit) {
    visit(ir.inputs);
    for (Node& node : ir.nodes) {
      visit(node.inputs);
      visit(node.outputs);
    }
    visit(ir.outputs);
  };
  each_list([&](const std::vector<ValueId>& ids) {
    for (const ValueId id : ids)
      if (id != kAbsent) renumbered[slot(id)] = 0;
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ir.values.size(); ++i) {
    if (renumbered[i] == kAbsent) continue;
    renumbered[i] = static_cast<ValueId>(kept);
    if (kept != i) ir.values[kept] = std::move(ir.values[i]);
    ++kept;
  }
  ir.values.resize(kept);
  each_list([&](std::vector<ValueId>& ids) {
    for (ValueId& id : ids)
      if (id != kAbsent) id = renumbered[slot(id)];
  });
}

}  // namespace dnntune::graph::lowering
