// SPDX-License-Identifier: Apache-2.0
#include "dnntune/builder.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "backends/cpu/cpu_backend.h"
#include "dnntune/error.h"
#include "dnntune/version.h"
#include "graph/attribute_types.h"
#include "graph/graph_impl.h"
#include "graph/lower.h"
#include "onnx/axes.h"
#include "onnx/operator_form.h"
#include "onnx/unique_names.h"
#include "onnx/wire.h"

namespace dnntune {

using graph::Node;
using graph::Value;
using graph::ValueId;

struct GraphBuilder::State {
  graph::Ir ir;
  graph::ModelInfo model;
  std::unordered_map<std::string, ValueId> ids;
  onnx::UniqueNames names;  ///< Of values and nodes alike, so that a node and its output can share theirs.

  explicit State(std::string name) {
    ir.name = std::move(name);
    model.producer_name = "dnntune";
    model.producer_version = version();
  }

  ValueId find(const std::string& name) const {
    const auto it = ids.find(name);
    if (it == ids.end()) throw Error(ErrorCode::invalid_argument, fmt::format("there is no value '{}' in network '{}'", name, ir.name));
    return it->second;
  }
  ValueId add(Value value) {
    const std::string name = value.name;
    return ids[name] = ir.add_value(std::move(value));
  }
  /// Takes back the newest values, down to `count` of them.
  void drop_values(std::size_t count) {
    for (; ir.values.size() > count; ir.values.pop_back()) {
      ids.erase(ir.values.back().name);
      names.release(ir.values.back().name);
    }
  }
};

namespace {

/// What a file could not carry must not get in.
void check_text(const std::string& text, const char* what) {
  if (!onnx::is_utf8(text) || text.find('\0') != std::string::npos)
    throw Error(ErrorCode::invalid_argument, fmt::format("a {} must be UTF-8 without NUL characters", what));
}

}  // namespace

GraphBuilder::GraphBuilder(std::string name) : state_(std::make_unique<State>(std::move(name))) {}
GraphBuilder::~GraphBuilder() = default;
GraphBuilder::GraphBuilder(GraphBuilder&&) noexcept = default;
GraphBuilder& GraphBuilder::operator=(GraphBuilder&&) noexcept = default;

std::string GraphBuilder::input(const std::string& name, DataType type, Shape shape) {
  if (name.empty()) throw Error(ErrorCode::invalid_argument, "an input needs a name");
  check_text(name, "name");
  if (size_of(type) == 0) throw Error(ErrorCode::invalid_argument, fmt::format("input '{}' needs an element type", name));
  for (const std::int64_t dim : shape)
    if (dim < -1) throw Error(ErrorCode::invalid_argument, fmt::format("input '{}' has dimension {}", name, dim));
  if (!state_->names.take(name)) throw Error(ErrorCode::invalid_argument, fmt::format("the name '{}' is taken", name));
  Value value;
  value.name = name;
  value.type = type;
  value.shape = std::move(shape);
  state_->ir.inputs.push_back(state_->add(std::move(value)));
  return name;
}

std::string GraphBuilder::constant(const std::string& name, Tensor tensor) {
  if (!tensor.defined()) throw Error(ErrorCode::invalid_argument, fmt::format("constant '{}' has no value", name));
  check_text(name, "name");
  Value value;
  value.name = state_->names.make(name.empty() ? "constant" : name);
  value.type = tensor.type();
  value.shape = tensor.shape();
  value.constant = std::move(tensor);
  const std::string result = value.name;
  state_->add(std::move(value));
  return result;
}

std::string GraphBuilder::node(const std::string& op, const std::vector<std::string>& inputs, const NodeAttributes& attributes,
                               const std::string& name) {
  return node_multi(op, inputs, 1, attributes, name).front();
}

std::vector<std::string> GraphBuilder::node_multi(const std::string& op, const std::vector<std::string>& inputs, int outputs,
                                                  const NodeAttributes& attributes, const std::string& name) {
  State& s = *state_;
  const graph::OpInfo* info = graph::find_operator(op);
  if (info == nullptr) throw Error(ErrorCode::invalid_argument, fmt::format("there is no operator '{}'", op));
  if (outputs < 1 || outputs > info->max_outputs)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} has {} to {} outputs, not {}", op, info->min_outputs, info->max_outputs, outputs));
  check_text(name, "name");
  Node node;
  node.op = info->op;
  node.op_type = op;
  node.domain = graph::domain_of(info->op);
  for (const auto& [key, value] : attributes) node.attributes.set(key, value);  // of two with one name, the last
  for (const std::string& input : inputs) node.inputs.push_back(input.empty() ? graph::kAbsent : s.find(input));
  while (!node.inputs.empty() && node.inputs.back() == graph::kAbsent) node.inputs.pop_back();

  const std::size_t values_before = s.ir.values.size();
  node.name = s.names.make(name.empty() ? fmt::format("{}_{}", op, s.ir.nodes.size()) : name);
  std::vector<std::string> results;
  try {
    for (int i = 0; i < outputs; ++i) {
      Value value;
      value.name = outputs == 1 ? node.name : s.names.make(fmt::format("{}_{}", node.name, i));
      results.push_back(value.name);
      node.outputs.push_back(s.add(std::move(value)));
    }
    if (const auto axes = onnx::take_axes_attribute(node)) {
      node.inputs.resize(2, graph::kAbsent);
      node.inputs[1] = s.find(constant(node.name + ":axes", Tensor::from<std::int64_t>({static_cast<std::int64_t>(axes->size())}, *axes)));
    }
    onnx::check_arity(node, *info);
    onnx::check_axes_can_be_written(s.ir, node);
    graph::check_attribute_types(node);
    graph::infer_node(s.ir, node);
  } catch (const Error& error) {
    s.drop_values(values_before);
    s.names.release(node.name);
    // What breaks the rules here is an argument, not a file.
    throw Error(error.code() == ErrorCode::invalid_model ? ErrorCode::invalid_argument : error.code(), error.what());
  }
  auto& opsets = s.model.other_opsets;
  const bool is_imported = node.domain.empty() || std::any_of(opsets.begin(), opsets.end(), [&](const auto& opset) { return opset.first == node.domain; });
  if (!is_imported) opsets.emplace_back(node.domain, 1);
  s.ir.nodes.push_back(std::move(node));
  return results;
}

void GraphBuilder::output(const std::string& value) {
  const ValueId id = state_->find(value);
  auto& outputs = state_->ir.outputs;
  if (std::find(outputs.begin(), outputs.end(), id) != outputs.end())
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is an output already", value));
  outputs.push_back(id);
}

void GraphBuilder::metadata(const std::string& key, const std::string& value) {
  check_text(key, "metadata key");
  check_text(value, "metadata value");
  state_->model.metadata.emplace_back(key, value);
}

Shape GraphBuilder::shape_of(const std::string& value) const {
  const Value& v = state_->ir.value(state_->find(value));
  if (!v.shape) throw Error(ErrorCode::invalid_argument, fmt::format("the shape of '{}' is not known yet", value));
  return *v.shape;
}

Graph GraphBuilder::build() {
  if (state_->ir.outputs.empty()) throw Error(ErrorCode::invalid_argument, fmt::format("network '{}' has no outputs", state_->ir.name));
  auto impl = graph::make_graph_impl(state_->ir, state_->model, {}, &backends::cpu::evaluator(), {}, false);
  state_ = std::make_unique<State>("");
  return Graph(std::move(impl));
}

}  // namespace dnntune
