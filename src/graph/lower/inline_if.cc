// SPDX-License-Identifier: Apache-2.0
#include "graph/lower/inline_if.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/lower.h"
#include "graph/lower/partial.h"
#include "graph/lower/passes.h"

namespace dnntune::graph::lowering {
namespace {

/// Conditions follow from shapes and settings. What is larger is data, and seldom worth computing twice.
constexpr std::int64_t kMaxOperandBytes = 1 << 16;

bool is_if(const Node& node) { return node.op == Op::If && node.subgraphs.size() == 2 && !node.inputs.empty() && node.inputs[0] != kAbsent; }

class Inliner {
 public:
  Inliner(Ir& ir, const Evaluator* evaluator) : ir_(ir), evaluator_(evaluator) {
    known_.values = ir.values;
    for (std::size_t i = 0; i < ir.values.size(); ++i) {
      ids_.emplace(ir.values[i].name, static_cast<ValueId>(i));
      Value& value = known_.values[i];
      if (!value.constant.defined()) continue;
      value.type = value.constant.type();
      value.shape = value.constant.shape();
    }
    for (const Node& node : ir.nodes) node_names_.insert(node.name);
  }

  void run() {
    std::vector<Node> nodes = std::move(ir_.nodes);
    ir_.nodes.clear();
    for (Node& node : nodes) add(std::move(node));
  }

 private:
  void add(Node node) {
    if (is_if(node)) {
      const Tensor& condition = known_.value(node.inputs[0]).constant;
      if (condition.defined() && condition.type() == DataType::boolean && condition.element_count() == 1)
        return splice(node, node.subgraphs[static_cast<const std::uint8_t*>(condition.data())[0] != 0 ? 0 : 1]);
    }
    find_out(node);
    ir_.nodes.push_back(std::move(node));
  }

  void splice(const Node& node, const Subgraph& branch) {
    const Ir& inner = *branch.ir;
    std::vector<ValueId> to(inner.values.size(), kAbsent);
    for (std::size_t i = 0; i < inner.inputs.size(); ++i)
      to[static_cast<std::size_t>(inner.inputs[i])] = node.inputs[static_cast<std::size_t>(branch.captures[i])];
    for (std::size_t i = 0; i < inner.values.size(); ++i) {
      if (to[i] != kAbsent) continue;
      // A weight of the graph around has the same name here.
      const auto [entry, is_new] = ids_.try_emplace(inner.values[i].name, static_cast<ValueId>(ir_.values.size()));
      to[i] = entry->second;
      if (!is_new) continue;
      ir_.add_value(inner.values[i]);
      Value known = inner.values[i];
      if (known.constant.defined()) known.shape = known.constant.shape();
      known_.add_value(std::move(known));
    }
    const auto move = [&](std::vector<ValueId>& ids) {
      for (ValueId& id : ids)
        if (id != kAbsent) id = to[static_cast<std::size_t>(id)];
    };
    for (Node copy : inner.nodes) {
      move(copy.inputs);
      move(copy.outputs);
      add(std::move(copy));
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kAbsent) continue;
      Node copy;
      copy.op = Op::Identity;
      copy.op_type = "Identity";
      copy.name = i == 0 ? node.name : fmt::format("{}:{}", node.name, i);
      while (i > 0 && !node_names_.insert(copy.name).second) copy.name += '\'';
      copy.inputs = {to[static_cast<std::size_t>(inner.outputs[i])]};
      copy.outputs = {node.outputs[i]};
      add(std::move(copy));
    }
  }

  /// Types, shapes and small constants that hold for every size of the open dimensions.
  void find_out(const Node& node) {
    if (!node.unsupported.empty()) return;
    for (const ValueId id : node.outputs)
      if (id != kAbsent) known_.value(id).shape.reset();
    try {
      infer_node(known_, node);
      const bool small = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
        if (id == kAbsent || !known_.value(id).is_constant()) return true;
        return known_.value(id).size_bytes() <= kMaxOperandBytes;
      });
      if (!small || !fold_node(known_, node, evaluator_)) partial_.see(known_, node);
    } catch (const Error&) {
      // What does not fit is reported when the graph is made, with the shapes the caller asked for.
    }
  }

  Ir& ir_;
  const Evaluator* evaluator_;
  Ir known_;  ///< The values of `ir_` under the same ids, with what was found out; no nodes.
  PartialIntegers partial_;
  std::unordered_map<std::string, ValueId> ids_;
  std::unordered_set<std::string> node_names_;
};

}  // namespace

void inline_constant_ifs(Ir& ir, const Evaluator* evaluator) {
  if (std::any_of(ir.nodes.begin(), ir.nodes.end(), is_if)) Inliner(ir, evaluator).run();
}

}  // namespace dnntune::graph::lowering
