// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"
#include "dnntune/error.h"
#include "runtime/layout_pass.h"

namespace dnntune::runtime {
namespace {

std::int64_t bytes_of(DataType type, const Shape& shape) {
  return base::element_count(shape, "value") * static_cast<std::int64_t>(size_of(type));
}

}  // namespace

int PhysicalGraph::storage(int id) const {
  while (value(id).storage_of >= 0) id = value(id).storage_of;
  return id;
}

LayoutPass::LayoutPass(const graph::Ir& ir) : ir_(ir) {
  logicals_.resize(ir.values.size());
  for (const graph::ValueId id : ir.inputs) {
    add_logical(id);
    if (!logical(id).is_constant()) add_form(id, plain_order(shape(id).size()), -1);
  }
  find_preferences();
}

PhysicalGraph LayoutPass::run() {
  for (std::size_t i = 0; i < ir_.nodes.size(); ++i) {
    const graph::Node& node = ir_.nodes[i];
    if (!node.unsupported.empty())
      throw Error(ErrorCode::unsupported, fmt::format("layer '{}' ({}) cannot run here: {}", node.name, node.op_type, node.unsupported));
    layer_ = static_cast<int>(i);
    for (const graph::ValueId id : node.inputs)
      if (id != graph::kAbsent) add_logical(id);
    for (const graph::ValueId id : node.outputs)
      if (id != graph::kAbsent) add_logical(id);
    place_layer(*this, node);
  }
  layer_ = -1;
  for (const graph::ValueId id : ir_.inputs) graph_.inputs.push_back(logical(id).is_constant() ? -1 : logical(id).forms.front());
  for (const graph::ValueId id : ir_.outputs) {
    add_logical(id);
    graph_.outputs.push_back(want_plain(id));
  }
  return std::move(graph_);
}

void LayoutPass::add_logical(graph::ValueId id) {
  Logical& entry = logical(id);
  if (entry.type != DataType::undefined) return;
  const graph::Value& value = ir_.value(id);
  if (!value.is_static())
    throw Error(ErrorCode::unsupported,
                fmt::format("the shape of value '{}' is not known before the run: it depends on what other values contain", value.name));
  entry.name = value.name;
  entry.type = value.type;
  entry.shape = *value.shape;
  if (!value.is_constant()) return;
  entry.constant = value.constant;
  entry.weights = value.weights;
  const int form = add_form(id, plain_order(entry.shape.size()), -1);
  graph_.values[static_cast<std::size_t>(form)].constant = entry.constant;
  graph_.values[static_cast<std::size_t>(form)].weights = entry.weights;
}

int LayoutPass::add_form(LogicalId id, const Order& order, int storage_of) {
  Logical& entry = logical(id);
  const int physical = static_cast<int>(graph_.values.size());
  graph_.values.push_back({entry.name, entry.type, order, in_order(entry.shape, order), {}, storage_of});
  if (storage_of >= 0) {
    const PhysicalValue& shared = graph_.value(storage_of);
    PhysicalValue& view = graph_.values.back();
    if (shared.constant.defined()) view.constant = shared.constant.reshaped(view.shape);
    if (shared.weights.defined()) view.weights = shared.weights.reshaped(view.shape);
  }
  entry.forms.push_back(physical);
  return physical;
}

int LayoutPass::want(LogicalId id, const Order& order) {
  if (forms(id).empty()) throw Error(ErrorCode::internal, fmt::format("value '{}' is read before it is written", logical(id).name));
  for (const int form : forms(id))
    if (order_of(form) == order) return form;
  for (const int form : forms(id))
    if (same_memory(order_of(form), order, shape(id))) return add_form(id, order, form);
  return convert(id, forms(id).front(), order);
}

int LayoutPass::convert(LogicalId id, int from, const Order& order) {
  const std::vector<std::int64_t> perm = transpose_between(order_of(from), order);
  const int to = add_form(id, order, -1);
  if (logical(id).is_constant()) {
    const PhysicalValue& source = graph_.value(from);
    graph_.values[static_cast<std::size_t>(to)].constant = transposed(source.weights.defined() ? source.weights.whole() : source.constant, perm);
    return to;
  }
  Step step;
  step.node.op = graph::Op::Transpose;
  step.node.op_type = "Transpose";
  step.node.name = fmt::format("layout of '{}'", logical(id).name);
  step.node.attributes.set("perm", perm);
  step.node.inputs = {from};
  step.node.outputs = {to};
  step.layer = layer_;
  step.conversion = !own_work_;
  graph_.steps.push_back(std::move(step));
  return to;
}

void LayoutPass::convert_as_own_work(LogicalId id, const Order& order) {
  own_work_ = true;
  want(id, order);
  own_work_ = false;
}

LayoutPass::LogicalId LayoutPass::extended(LogicalId id, std::size_t rank) {
  if (shape(id).size() == rank) return id;
  const auto [it, is_new] = extended_.try_emplace({id, rank}, static_cast<LogicalId>(logicals_.size()));
  const LogicalId result = it->second;
  if (is_new) {
    Logical entry = logical(id);
    entry.forms.clear();
    entry.shape.insert(entry.shape.begin(), rank - shape(id).size(), 1);
    if (entry.constant.defined()) entry.constant = entry.constant.reshaped(entry.shape);
    if (entry.weights.defined()) entry.weights = entry.weights.reshaped(entry.shape);
    logicals_.push_back(std::move(entry));
  }
  // Forms that have come since the last call are views too.
  const int added = static_cast<int>(rank - shape(id).size());
  const std::vector<int> sources = forms(id);
  for (const int form : sources) {
    Order order = plain_order(static_cast<std::size_t>(added));
    for (const int d : order_of(form)) order.push_back(d + added);
    const auto& known = forms(result);
    if (std::none_of(known.begin(), known.end(), [&](int k) { return order_of(k) == order; })) add_form(result, order, form);
  }
  return result;
}

int LayoutPass::want_broadcast(LogicalId id, const Order& order) {
  if (base::element_count(shape(id), "value") == 1) return want_plain(id);
  return want(extended(id, order.size()), order);
}

std::int64_t LayoutPass::conversion_bytes(LogicalId id, const Order& order) {
  if (is_constant(id) || base::element_count(shape(id), "value") <= 1) return 0;
  const LogicalId wide = extended(id, order.size());
  for (const int form : forms(wide))
    if (same_memory(order_of(form), order, shape(wide))) return 0;
  return bytes_of(logical(id).type, shape(id));
}

int LayoutPass::write(graph::ValueId id, const Order& order) { return id == graph::kAbsent ? -1 : add_form(id, order, -1); }

void LayoutPass::relabel(graph::ValueId id, int physical, const Order& order) {
  for (const int form : forms(id))
    if (order_of(form) == order) return;
  add_form(id, order, physical);
}

int LayoutPass::add_constant(const std::string& name, Tensor tensor) {
  PhysicalValue value{name, tensor.type(), plain_order(tensor.shape().size()), tensor.shape(), std::move(tensor), -1};
  graph_.values.push_back(std::move(value));
  return static_cast<int>(graph_.values.size()) - 1;
}

int LayoutPass::integers(const std::string& name, DataType type, const std::vector<std::int64_t>& values) {
  const Shape shape = {static_cast<std::int64_t>(values.size())};
  if (type != DataType::int32) return add_constant(name, Tensor::from(shape, values));
  return add_constant(name, Tensor::from(shape, std::vector<std::int32_t>(values.begin(), values.end())));
}

void LayoutPass::emit(graph::Node node, std::vector<int> inputs, std::vector<int> outputs) {
  node.inputs = std::move(inputs);
  node.outputs = std::move(outputs);
  graph_.steps.push_back({std::move(node), layer_, false});
}

// Looking ahead decides only where copies are made, never what is computed.
void LayoutPass::find_preferences() {
  channels_last_wanted_.assign(ir_.values.size(), false);
  for (auto node = ir_.nodes.rbegin(); node != ir_.nodes.rend(); ++node) {
    const graph::OpInfo* info = graph::find_operator(node->op);
    if (info == nullptr || node->inputs.empty() || node->outputs.empty() || info->layout == graph::Layout::plain) {
      const bool view = info != nullptr && info->kernel_family == "view";
      if (!view) continue;
    }
    bool wanted = info->layout == graph::Layout::channels_last;
    if (!wanted && node->outputs[0] != graph::kAbsent) wanted = channels_last_wanted_[static_cast<std::size_t>(node->outputs[0])];
    if (!wanted) continue;
    const std::size_t count = info->layout == graph::Layout::channels_last ? 1 : node->inputs.size();
    for (std::size_t i = 0; i < count; ++i)
      if (node->inputs[i] != graph::kAbsent) channels_last_wanted_[static_cast<std::size_t>(node->inputs[i])] = true;
  }
}

PhysicalGraph assign_layout(const graph::Ir& lowered) { return LayoutPass(lowered).run(); }

}  // namespace dnntune::runtime
