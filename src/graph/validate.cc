// SPDX-License-Identifier: Apache-2.0
#include "graph/validate.h"

#include <unordered_set>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/attribute_types.h"
#include "graph/infer/infer.h"

namespace dnntune::graph {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::invalid_model, message); }

std::string title(const Node& node) { return fmt::format("node '{}' ({})", node.name, node.op_type); }

class Validator {
 public:
  explicit Validator(const Ir& ir) : ir_(ir), made_(ir.values.size(), false) {}

  void run() {
    check_values();
    for (const Node& node : ir_.nodes) check_node(node);
    for (const ValueId id : ir_.outputs) {
      check_id(id, "a graph output");
      if (!made_[index(id)]) refuse(fmt::format("graph output '{}' is made by no node", ir_.value(id).name));
    }
    check_distinct(ir_.outputs, "graph output");
  }

 private:
  static std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

  void check_id(ValueId id, const std::string& where) const {
    if (id < 0 || index(id) >= ir_.values.size()) refuse(fmt::format("{} refers to a value that does not exist", where));
  }

  void check_distinct(const std::vector<ValueId>& ids, const char* what) const {
    std::unordered_set<ValueId> seen;
    for (const ValueId id : ids)
      if (!seen.insert(id).second) refuse(fmt::format("{} '{}' is listed twice", what, ir_.value(id).name));
  }

  void check_values() {
    std::unordered_set<std::string_view> names;
    for (const Value& value : ir_.values) {
      if (value.name.empty()) refuse("a value has no name");
      if (!names.insert(value.name).second) refuse(fmt::format("two values are called '{}'", value.name));
      if (value.shape) infer::check_limits(*value.shape, fmt::format("value '{}'", value.name));
      if (value.is_constant())
        infer::check_limits(value.weights.defined() ? value.weights.shape() : value.constant.shape(), fmt::format("weight '{}'", value.name));
    }
    for (std::size_t i = 0; i < ir_.values.size(); ++i) made_[i] = ir_.values[i].is_constant();
    for (const ValueId id : ir_.inputs) {
      check_id(id, "a graph input");
      if (ir_.value(id).is_constant()) refuse(fmt::format("graph input '{}' is a weight too", ir_.value(id).name));
      made_[index(id)] = true;
    }
    check_distinct(ir_.inputs, "graph input");
  }

  void check_node(const Node& node) {
    if (!node_names_.insert(node.name).second) refuse(fmt::format("two nodes are called '{}'", node.name));
    if (node.unsupported.empty()) check_arity(node);
    for (const ValueId id : node.inputs) {
      if (id == kAbsent) continue;
      check_id(id, title(node));
      if (!made_[index(id)])
        refuse(fmt::format("{} reads '{}', which no earlier node, graph input or weight makes", title(node), ir_.value(id).name));
    }
    bool makes_something = false;
    for (const ValueId id : node.outputs) {
      if (id == kAbsent) continue;
      check_id(id, title(node));
      if (made_[index(id)]) refuse(fmt::format("{} writes '{}', which exists already", title(node), ir_.value(id).name));
      made_[index(id)] = true;
      makes_something = true;
    }
    if (!makes_something) refuse(fmt::format("{} has no output", title(node)));
    if (node.unsupported.empty()) check_attribute_types(node);
    for (const Subgraph& subgraph : node.subgraphs) Validator(*subgraph.ir).run();
  }

  static void check_arity(const Node& node) {
    const OpInfo* info = find_operator(node.op);
    if (info == nullptr) return;
    const auto inputs = static_cast<int>(node.inputs.size()), outputs = static_cast<int>(node.outputs.size());
    if (inputs < info->min_inputs || (info->max_inputs != 255 && inputs > info->max_inputs))
      refuse(fmt::format("{} has {} inputs, the operator takes {} to {}", title(node), inputs, info->min_inputs, info->max_inputs));
    if (outputs < info->min_outputs || (info->max_outputs != 255 && outputs > info->max_outputs))
      refuse(fmt::format("{} has {} outputs, the operator makes {} to {}", title(node), outputs, info->min_outputs, info->max_outputs));
    for (int i = 0; i < info->min_inputs; ++i)
      if (node.inputs[static_cast<std::size_t>(i)] == kAbsent) refuse(fmt::format("{}: input {} is missing", title(node), i));
  }

  const Ir& ir_;
  std::vector<bool> made_;
  std::unordered_set<std::string_view> node_names_;
};

std::string opset_of(const std::string& domain, const ModelInfo& model) {
  if (domain.empty() || domain == "ai.onnx") return fmt::format("opset {}", model.opset);
  for (const auto& [name, version] : model.other_opsets)
    if (name == domain) return fmt::format("opset {}", version);
  return "opset not stated";
}

std::string why_unsupported(const Node& node) {
  for (const Subgraph& subgraph : node.subgraphs)
    for (const Node& inner : subgraph.ir->nodes) {
      const std::string reason = inner.unsupported.empty() ? why_unsupported(inner) : inner.unsupported;
      if (!reason.empty()) return fmt::format("in '{}', node '{}' ({}): {}", subgraph.name, inner.name, inner.op_type, reason);
    }
  if (node.op == Op::Unknown) return "there is no such operator here";
  if (node.op == Op::BatchNormalization && node.attributes.integer("training_mode", 0) != 0) return "training mode";
  return "";
}

}  // namespace

void validate(const Ir& source) { Validator(source).run(); }

std::vector<std::string> mark_unsupported(Ir& source, const ModelInfo& model) {
  std::vector<std::string> lines;
  for (Node& node : source.nodes) {
    if (node.unsupported.empty()) node.unsupported = why_unsupported(node);
    if (node.unsupported.empty()) continue;
    const std::string domain = node.domain.empty() ? "ai.onnx" : node.domain;
    lines.push_back(fmt::format("{}: {} of {}, {}: {}", node.name, node.op_type, domain, opset_of(node.domain, model), node.unsupported));
  }
  return lines;
}

}  // namespace dnntune::graph
