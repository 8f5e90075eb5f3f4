// SPDX-License-Identifier: Apache-2.0
#include "onnx/graph_reader.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "onnx/operator_form.h"
#include "onnx/rewrite.h"
#include "onnx/schema.h"
#include "onnx/subgraph.h"
#include "onnx/topology.h"
#include "onnx/value_info.h"

namespace dnntune::onnx {
namespace {

using graph::kAbsent;
using graph::Node;
using graph::Value;
using graph::ValueId;
using protozero::pbf_wire_type;

[[noreturn]] void broken(std::string message) { throw Error(ErrorCode::invalid_model, std::move(message)); }

std::string_view tensor_name(pbf_reader tensor) {
  std::string_view name;
  while (tensor.next(schema::TensorProto::name, pbf_wire_type::length_delimited)) name = read_name(tensor, "an initialiser's name");
  return name;
}

std::string_view sparse_tensor_name(pbf_reader sparse) {
  std::string_view name;
  while (sparse.next(schema::SparseTensorProto::values, pbf_wire_type::length_delimited)) name = tensor_name(sparse.get_message());
  return name;
}

void add_outputs_of(Bytes node, std::vector<std::string_view>& names) {
  pbf_reader reader = reader_of(node);
  while (reader.next(schema::NodeProto::output, pbf_wire_type::length_delimited)) names.push_back(read_name(reader, "the name of a node's output"));
}

/// Inputs of a control-flow node before what its sub-graphs capture. A Loop may leave its first two out.
std::size_t own_input_count(const ParsedNode& node) {
  return std::max<std::size_t>(node.inputs.size(), node.op_type == "Loop" ? 2 : 1);
}

/// Where the inputs begin that a Scan hands to its body: before opset 9 the first one is the batch's lengths.
std::size_t scan_state_inputs_from(const Node& node, std::optional<std::int64_t> opset) {
  return node.op_type == "Scan" && opset.value_or(17) < 9 ? 1 : 0;
}

/// What a sub-graph is read with: the values it captures, and what the node gives its inputs.
struct Surroundings {
  std::string title;                 ///< "node 'l' (Loop)", for messages.
  std::vector<Value> captured;       ///< As known in the graph around, constants included.
  std::vector<DataType> input_types; ///< undefined: whatever the sub-graph states.
};

/// Builds one graph, step by step.
class GraphReader {
 public:
  GraphReader(const GraphFields& fields, ReadingFile& file) : fields_(fields), file_(file) {}

  graph::Ir read(const Surroundings* surroundings = nullptr);

 private:
  void read_nodes();
  void add_captures(const Surroundings& surroundings);
  void add_initialisers();
  void add_inputs(const Surroundings* surroundings);
  void add_nodes();
  void resolve_node_inputs();
  void add_value_infos();
  void add_outputs(bool is_main);
  void add_opaque_constants();
  void read_subgraphs(Node& node, const UpgradeContext& context);
  graph::Subgraph read_subgraph(const Node& node, const ParsedNode& parsed, std::string_view name, Bytes bytes, const UpgradeContext& context);
  Bytes with_free_names(Bytes graph);

  ValueId add_copy(ValueId id);
  ValueId add_value(std::string_view name, Value value, std::string_view what);
  ValueId find(std::string_view name) const {
    const auto it = ids_.find(name);
    return it == ids_.end() ? kAbsent : it->second;
  }

  const GraphFields& fields_;
  ReadingFile& file_;
  graph::Ir ir_;
  std::vector<ParsedNode> nodes_;                      ///< In an order in which they can run.
  std::unordered_map<std::string, const ParsedNode*> control_flow_;  ///< By node name.
  std::unordered_set<std::string_view> used_;          ///< What nodes read, and graph outputs.
  std::unordered_map<std::string_view, ValueId> ids_;  ///< Views into the file.
  StrangeValues strange_;
  std::vector<std::pair<ValueId, Bytes>> opaque_initialisers_;  ///< Those among `strange_`, with their bytes.
  ValueId first_node_output_ = 0;
};

graph::Ir GraphReader::read(const Surroundings* surroundings) {
  ir_.name = fields_.graph_name;
  if (surroundings != nullptr) add_captures(*surroundings);
  read_nodes();
  sort_nodes(nodes_);
  add_initialisers();
  add_inputs(surroundings);
  add_nodes();
  resolve_node_inputs();
  add_value_infos();
  add_outputs(surroundings == nullptr);
  const auto control_flow = [this](Node& node, const UpgradeContext& context) { read_subgraphs(node, context); };
  const std::vector<Value> inferred = bring_to_form(ir_, file_.value_names, file_.opset.value_or(17), strange_, control_flow);
  if (surroundings != nullptr) {
    // Captures come after the sub-graph's own inputs. What a node outside must know of it are its outputs.
    for (const Value& captured : surroundings->captured)
      if (!captured.is_constant()) ir_.inputs.push_back(find(captured.name));
    // The shapes of inputs are what a run brings, whatever the file states.
    for (const ValueId id : ir_.inputs) {
      ir_.value(id).shape.reset();
      ir_.value(id).dim_names.clear();
    }
    for (const ValueId id : ir_.outputs)
      if (const Value& known = inferred[static_cast<std::size_t>(id)]; known.type != DataType::undefined) ir_.value(id).type = known.type;
  }
  add_opaque_constants();
  return std::move(ir_);
}

void GraphReader::add_captures(const Surroundings& surroundings) {
  for (const Value& captured : surroundings.captured) {
    const ValueId id = ir_.add_value(captured);
    ids_[captured.name] = id;
  }
}

ValueId GraphReader::add_value(std::string_view name, Value value, std::string_view what) {
  if (name.empty()) broken(fmt::format("{} without a name", what));
  if (!file_.value_names.take(name)) broken(fmt::format("{} '{}' is defined a second time", what, name));
  require_count(ir_.values.size() + 1, kMaxValues, "values of the graph");
  value.name = name;
  return ids_[name] = ir_.add_value(std::move(value));
}

void GraphReader::read_nodes() {
  std::vector<Bytes> nodes = fields_.nodes;
  if (!file_.functions.empty()) {
    std::vector<std::string_view> own;
    for (const Bytes bytes : fields_.inputs) own.push_back(read_value_info(bytes, "graph input").name);
    for (const Bytes bytes : fields_.initialisers) own.push_back(tensor_name(reader_of(bytes)));
    for (const Bytes bytes : fields_.sparse_initialisers) own.push_back(sparse_tensor_name(reader_of(bytes)));
    for (const Bytes bytes : nodes) add_outputs_of(bytes, own);
    file_.functions.expand(nodes, file_.opset, file_.value_names, own, *file_.made, file_.function_work);
  }
  file_.nodes += nodes.size();
  require_count(file_.nodes, kMaxNodes, "nodes of the model");
  nodes_.reserve(nodes.size());
  for (const Bytes bytes : nodes) {
    const ParsedNode& node = nodes_.emplace_back(read_node(bytes, file_.tensors));
    used_.insert(node.inputs.begin(), node.inputs.end());
    used_.insert(node.captures.begin(), node.captures.end());
  }
  for (const Bytes bytes : fields_.outputs) used_.insert(read_value_info(bytes, "graph output").name);
}

void GraphReader::add_initialisers() {
  TensorSource weights = file_.tensors;
  weights.defers_weights = true;
  for (const Bytes bytes : fields_.initialisers) {
    const std::string_view name = tensor_name(reader_of(bytes));
    if (!name.empty() && !used_.contains(name)) continue;  // nothing reads it
    ParsedTensor parsed = read_tensor(bytes, weights, "initialiser");
    Value value;
    // External elements will be written into the file itself, so the bytes here would be wrong.
    if (!parsed.external) value.raw = bytes;
    if (parsed.weights.defined()) value.set_constant(std::move(parsed.weights));
    if (parsed.tensor.defined()) value.set_constant(std::move(parsed.tensor));
    const ValueId id = add_value(name, std::move(value), "initialiser");
    if (parsed.unsupported.empty()) continue;
    strange_.emplace(id, parsed.unsupported);
    opaque_initialisers_.emplace_back(id, bytes);
  }
  for (const Bytes bytes : fields_.sparse_initialisers) {
    const std::string_view name = sparse_tensor_name(reader_of(bytes));
    if (!used_.contains(name)) continue;
    const ValueId id = add_value(name, {}, "sparse initialiser");
    strange_.emplace(id, "a sparse tensor");
    opaque_initialisers_.emplace_back(id, bytes);
  }
}

/// Files of IR version 3 list initialisers as inputs too, later ones those that may be overridden;
/// either way they are constants here.
void GraphReader::add_inputs(const Surroundings* surroundings) {
  std::unordered_set<std::string_view> initialisers;
  for (const Bytes bytes : fields_.initialisers) initialisers.insert(tensor_name(reader_of(bytes)));
  for (const Bytes bytes : fields_.inputs) {
    ParsedValueInfo info = read_value_info(bytes, "graph input");
    if (initialisers.contains(info.name)) continue;
    Value value;
    value.type = info.type;
    value.shape = std::move(info.shape);
    value.dim_names = std::move(info.dim_names);
    if (surroundings != nullptr && info.unsupported.empty() && info.type == DataType::undefined && ir_.inputs.size() < surroundings->input_types.size())
      info.type = value.type = surroundings->input_types[ir_.inputs.size()];
    const bool strange = info.type == DataType::undefined;
    if (strange) value.raw = bytes;
    const ValueId id = add_value(info.name, std::move(value), "graph input");
    if (strange) strange_.emplace(id, info.unsupported.empty() ? "without an element type" : info.unsupported);
    ir_.inputs.push_back(id);
  }
}

void GraphReader::add_nodes() {
  first_node_output_ = static_cast<ValueId>(ir_.values.size());
  // Names in the file come before made ones.
  std::vector<bool> keeps_name;
  for (const ParsedNode& parsed : nodes_) keeps_name.push_back(!parsed.name.empty() && file_.node_names.take(parsed.name));
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    ParsedNode& parsed = nodes_[n];
    Node node;
    node.op_type = parsed.op_type;
    if (!is_default_domain(parsed.domain)) node.domain = parsed.domain;
    if (keeps_name[n]) node.name = parsed.name;
    else node.name = file_.node_names.make(parsed.name.empty() ? fmt::format("{}_{}", parsed.op_type, n) : std::string(parsed.name));
    // The elements of a constant in another file cannot be copied with the node's bytes.
    const bool outside = parsed.external_data && node.domain.empty() && node.op_type == "Constant";
    if (!outside) node.raw = parsed.raw;
    node.attributes = std::move(parsed.attributes);
    for (const std::string_view name : parsed.outputs)
      node.outputs.push_back(name.empty() ? kAbsent : add_value(name, {}, "the output of a node"));
    if (node.domain.empty() && is_control_flow(node.op_type)) control_flow_.emplace(node.name, &parsed);
    ir_.nodes.push_back(std::move(node));
  }
}

void GraphReader::resolve_node_inputs() {
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    Node& node = ir_.nodes[n];
    const auto add = [&](std::string_view name) {
      const ValueId id = name.empty() ? kAbsent : find(name);
      if (id == kAbsent && !name.empty())
        broken(fmt::format("node '{}' reads '{}', which is no graph input, no initialiser and no node's output", node.name, name));
      node.inputs.push_back(id);
    };
    for (const std::string_view name : nodes_[n].inputs) add(name);
    if (node.domain.empty() && is_control_flow(node.op_type)) node.inputs.resize(own_input_count(nodes_[n]), kAbsent);
    // Outer values that sub-graphs read are inputs here, so that no cut can lose them. Such nodes are
    // written from their own bytes.
    for (const std::string_view name : nodes_[n].captures) add(name);
    node.unsupported = unsupported_reason(node, nodes_[n], file_.opset);
  }
}

void GraphReader::add_value_infos() {
  for (const Bytes bytes : fields_.value_infos) {
    ParsedValueInfo info = read_value_info(bytes, "value");
    const ValueId id = find(info.name);
    if (id == kAbsent || id < first_node_output_) continue;
    Value& value = ir_.value(id);
    if (!info.unsupported.empty()) strange_.try_emplace(id, info.unsupported);
    value.type = info.type;
    value.shape = std::move(info.shape);
    value.dim_names = std::move(info.dim_names);
  }
}

void GraphReader::add_outputs(bool is_main) {
  std::unordered_set<ValueId> seen;
  for (const Bytes bytes : fields_.outputs) {
    ParsedValueInfo info = read_value_info(bytes, "graph output");
    const ValueId id = find(info.name);
    if (id == kAbsent) broken(fmt::format("graph output '{}' is written by no node", info.name));
    if (!seen.insert(id).second) {
      if (is_main) broken(fmt::format("graph output '{}' is listed twice", info.name));
      ir_.outputs.push_back(add_copy(id));
      continue;
    }
    ir_.outputs.push_back(id);
    if (id < first_node_output_) continue;
    Value& value = ir_.value(id);
    value.type = info.type;
    value.shape = std::move(info.shape);
    value.dim_names = std::move(info.dim_names);
    if (info.unsupported.empty()) continue;
    strange_.try_emplace(id, info.unsupported);
    value.raw = bytes;
  }
  if (ir_.outputs.empty()) broken("the graph has no outputs");
}

/// An initialiser that is no Tensor becomes the output of a node that cannot run, right before its first
/// reader, so that the graph stays whole. Written back, it is the initialiser again.
void GraphReader::add_opaque_constants() {
  std::unordered_map<ValueId, Bytes> waiting(opaque_initialisers_.begin(), opaque_initialisers_.end());
  std::vector<Node> nodes;
  nodes.reserve(ir_.nodes.size() + waiting.size());
  const auto add_constant = [&](ValueId id) {
    const auto it = waiting.find(id);
    if (it == waiting.end()) return;
    Node& node = nodes.emplace_back();
    node.op_type = "Constant";
    node.name = file_.node_names.make(ir_.value(id).name);
    node.outputs = {id};
    node.unsupported = fmt::format("the initialiser is {}", strange_.at(id));
    // Nobody reads them, but the network's identity depends on them.
    node.attributes.set("bytes", std::string(to_text(it->second)));
    waiting.erase(it);
  };
  for (Node& node : ir_.nodes) {
    for (const ValueId id : node.inputs) add_constant(id);
    nodes.push_back(std::move(node));
  }
  for (const auto& [id, bytes] : opaque_initialisers_) add_constant(id);
  ir_.nodes = std::move(nodes);
}

ValueId GraphReader::add_copy(ValueId id) {
  Node& node = ir_.nodes.emplace_back();
  node.op_type = "Identity";
  node.name = file_.node_names.make(ir_.value(id).name + ":copy");
  node.inputs = {id};
  Value copy;
  copy.name = file_.value_names.make(node.name);
  copy.type = ir_.value(id).type;
  copy.shape = ir_.value(id).shape;
  copy.dim_names = ir_.value(id).dim_names;
  node.outputs = {ir_.add_value(std::move(copy))};
  return node.outputs[0];
}

/// The same graph with other names for the values whose names are taken in the model.
Bytes GraphReader::with_free_names(Bytes graph) {
  Rewriting rewriting;
  const std::vector<std::string_view> names = defined_names(graph);
  const std::unordered_set<std::string_view> own(names.begin(), names.end());
  for (const std::string_view name : own) {
    if (!file_.value_names.is_taken(name)) continue;
    std::string unique = file_.value_names.make(std::string(name));
    while (own.contains(unique)) unique = file_.value_names.make(std::string(name));
    rewriting.values.emplace(name, std::move(unique));
  }
  for (const auto& [name, unique] : rewriting.values) file_.value_names.release(unique);  // taken when the value is read
  if (rewriting.values.empty()) return graph;
  file_.made->push_back(rewrite_graph(graph, rewriting));
  return std::as_bytes(std::span(file_.made->back()));
}

void GraphReader::read_subgraphs(Node& node, const UpgradeContext& context) {
  const auto found = control_flow_.find(node.name);
  if (found == control_flow_.end()) return;
  const ParsedNode& parsed = *found->second;
  if (node.op_type == "If" && parsed.inputs.size() > 1)
    broken(fmt::format("node '{}' (If) has {} inputs; it takes its condition alone", node.name, parsed.inputs.size()));
  for (const auto& [name, bytes] : parsed.subgraphs) node.subgraphs.push_back(read_subgraph(node, parsed, name, bytes, context));
  const auto order = [](const graph::Subgraph& a, const graph::Subgraph& b) { return a.name > b.name; };  // then_branch first
  std::sort(node.subgraphs.begin(), node.subgraphs.end(), order);
  const bool is_if = node.op_type == "If";
  const bool complete = is_if ? node.subgraphs.size() == 2 && node.subgraphs[0].name == "then_branch" && node.subgraphs[1].name == "else_branch"
                              : node.subgraphs.size() == 1 && node.subgraphs[0].name == "body";
  if (!complete)
    broken(fmt::format("node '{}' ({}) must have {} and no other sub-graph", node.name, node.op_type, is_if ? "then_branch and else_branch" : "body"));
}

graph::Subgraph GraphReader::read_subgraph(const Node& node, const ParsedNode& parsed, std::string_view name, Bytes bytes,
                                           const UpgradeContext& context) {
  const std::size_t own = own_input_count(parsed);
  Surroundings surroundings;
  surroundings.title = fmt::format("node '{}' ({}), '{}'", node.name, node.op_type, name);
  graph::Subgraph subgraph;
  subgraph.name = name;
  std::unordered_map<ValueId, int> positions;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) positions.try_emplace(node.inputs[i], static_cast<int>(i));
  for (const std::string_view captured : free_names(bytes).names) {
    const ValueId id = find(captured);
    Value value = context.value(id);
    value.raw = {};
    if (!value.is_constant()) subgraph.captures.push_back(positions.at(id));
    surroundings.captured.push_back(std::move(value));
  }
  if (node.op_type == "Loop") surroundings.input_types = {DataType::int64, DataType::boolean};
  const std::size_t first = node.op_type == "If" ? own : node.op_type == "Loop" ? 2 : scan_state_inputs_from(node, file_.opset);
  for (std::size_t i = first; i < own; ++i)
    surroundings.input_types.push_back(node.inputs[i] == kAbsent ? DataType::undefined : context.value(node.inputs[i]).type);

  const GraphFields fields = read_graph_fields(with_free_names(bytes));
  // The file's own nesting is bounded where it is walked; a function may put a call of itself into every branch.
  if (file_.depth >= kMaxGraphDepth)
    throw Error(ErrorCode::limit_exceeded, fmt::format("{}: sub-graphs are nested deeper than {} levels", surroundings.title, kMaxGraphDepth));
  ++file_.depth;
  graph::Ir inner = GraphReader(fields, file_).read(&surroundings);
  --file_.depth;
  const std::size_t taken = inner.inputs.size() - subgraph.captures.size();
  if (taken != surroundings.input_types.size())
    broken(fmt::format("{} takes {} inputs, the node gives it {}", surroundings.title, taken, surroundings.input_types.size()));
  subgraph.ir = std::make_shared<const graph::Ir>(std::move(inner));
  return subgraph;
}

}  // namespace

graph::Ir read_graph(const GraphFields& fields, ReadingFile& file) { return GraphReader(fields, file).read(); }

}  // namespace dnntune::onnx
