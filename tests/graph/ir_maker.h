// SPDX-License-Identifier: Apache-2.0
// Source graphs for tests, in a few words.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "graph/graph_impl.h"

namespace dnntune::graph::testing {

inline Tensor floats(Shape shape, std::vector<float> values) { return Tensor::from<float>(std::move(shape), values); }
inline Tensor ints(std::vector<std::int64_t> values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return Tensor::from<std::int64_t>({count}, values);
}
/// 0.5, -0.25, 0.75 and so on: small, exact, of both signs.
inline Tensor pattern(Shape shape, int seed = 1) {
  Tensor tensor(DataType::float32, std::move(shape));
  int state = seed;
  for (float& value : tensor.as_mutable<float>()) {
    state = (state * 37 + 11) % 101;
    value = static_cast<float>(state - 50) / 64.0f;
  }
  return tensor;
}

/// Values are called by name; a name not seen before comes into being as an output.
class IrMaker {
 public:
  Ir ir;

  ValueId id(const std::string& name) {
    if (name.empty()) return kAbsent;
    const auto [it, is_new] = ids_.emplace(name, static_cast<ValueId>(ir.values.size()));
    if (is_new) {
      Value value;
      value.name = name;
      ir.add_value(std::move(value));
    }
    return it->second;
  }
  std::string input(const std::string& name, Shape shape, DataType type = DataType::float32, std::vector<std::string> dim_names = {}) {
    Value& value = ir.value(id(name));
    value.type = type;
    value.shape = std::move(shape);
    value.dim_names = std::move(dim_names);
    ir.inputs.push_back(id(name));
    return name;
  }
  std::string constant(const std::string& name, Tensor tensor) {
    Value& value = ir.value(id(name));
    value.type = tensor.type();
    value.shape = tensor.shape();
    value.constant = std::move(tensor);
    return name;
  }
  Node& node(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
             NodeAttributes attributes = {}) {
    Node node;
    const OpInfo* info = find_operator(op);
    node.op = info == nullptr ? Op::Unknown : info->op;
    node.op_type = op;
    node.name = op + "_" + std::to_string(ir.nodes.size());
    node.attributes = Attributes(std::move(attributes));
    for (const std::string& name : inputs) node.inputs.push_back(id(name));
    for (const std::string& name : outputs) node.outputs.push_back(id(name));
    ir.nodes.push_back(std::move(node));
    return ir.nodes.back();
  }
  void output(const std::string& name) { ir.outputs.push_back(id(name)); }

  Graph graph(const Evaluator* evaluator = nullptr, Bindings bindings = {}, bool allow_unsupported = false) const {
    return Graph(make_graph_impl(ir, ModelInfo{}, std::move(bindings), evaluator, {}, allow_unsupported));
  }

 private:
  std::unordered_map<std::string, ValueId> ids_;
};

}  // namespace dnntune::graph::testing
