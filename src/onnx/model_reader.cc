// SPDX-License-Identifier: Apache-2.0
#include "onnx/model_reader.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "onnx/model_proto.h"
#include "onnx/operator_form.h"
#include "onnx/schema.h"
#include "onnx/tensor_proto.h"
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

/// Builds the graph of one file, step by step.
class ModelReader {
 public:
  explicit ModelReader(const ModelBytes& file) : fields_(read_model_fields(file.bytes)), file_(file.file) {
    if (file.directory) external_.emplace(*file.directory);
    tensors_ = {file.owner, external_ ? &*external_ : nullptr, file.file.get()};
  }

  Source read() {
    ir_.name = fields_.graph_name;
    read_nodes();
    add_initialisers();
    add_inputs();
    add_nodes();
    resolve_node_inputs();
    add_value_infos();
    add_outputs();
    sort_nodes(ir_);
    bring_to_form(ir_, value_names_, fields_.info.opset, strange_);
    add_opaque_constants();
    graph::Storage storage{tensors_.owner, external_ ? external_->files() : decltype(graph::Storage::files)()};
    if (file_ != nullptr) storage.files.push_back(file_);
    return {std::move(ir_), std::move(fields_.info), std::move(storage)};
  }

 private:
  void read_nodes();
  void add_initialisers();
  void add_inputs();
  void add_nodes();
  void resolve_node_inputs();
  void add_value_infos();
  void add_outputs();
  void add_opaque_constants();

  ValueId add_value(std::string_view name, Value value, std::string_view what);
  ValueId find(std::string_view name) const {
    const auto it = ids_.find(name);
    return it == ids_.end() ? kAbsent : it->second;
  }

  ModelFields fields_;
  std::shared_ptr<const base::MappedFile> file_;
  std::optional<ExternalFiles> external_;
  TensorSource tensors_;
  graph::Ir ir_;
  std::vector<ParsedNode> nodes_;                      ///< In file order.
  std::unordered_set<std::string_view> used_;          ///< What nodes read, and graph outputs.
  std::unordered_map<std::string_view, ValueId> ids_;  ///< Views into the file.
  UniqueNames value_names_;
  UniqueNames node_names_;
  StrangeValues strange_;
  std::vector<std::pair<ValueId, Bytes>> opaque_initialisers_;  ///< Those among `strange_`, with their bytes.
  ValueId first_node_output_ = 0;
};

ValueId ModelReader::add_value(std::string_view name, Value value, std::string_view what) {
  if (name.empty()) broken(fmt::format("{} without a name", what));
  if (!value_names_.take(name)) broken(fmt::format("{} '{}' is defined a second time", what, name));
  require_count(ir_.values.size() + 1, kMaxValues, "values of the graph");
  value.name = name;
  return ids_[name] = ir_.add_value(std::move(value));
}

void ModelReader::read_nodes() {
  nodes_.reserve(fields_.nodes.size());
  for (const Bytes bytes : fields_.nodes) {
    const ParsedNode& node = nodes_.emplace_back(read_node(bytes, tensors_));
    used_.insert(node.inputs.begin(), node.inputs.end());
    used_.insert(node.captures.begin(), node.captures.end());
  }
  for (const Bytes bytes : fields_.outputs) used_.insert(read_value_info(bytes, "graph output").name);
}

void ModelReader::add_initialisers() {
  TensorSource weights = tensors_;
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
void ModelReader::add_inputs() {
  std::unordered_set<std::string_view> initialisers;
  for (const Bytes bytes : fields_.initialisers) initialisers.insert(tensor_name(reader_of(bytes)));
  for (const Bytes bytes : fields_.inputs) {
    ParsedValueInfo info = read_value_info(bytes, "graph input");
    if (initialisers.contains(info.name)) continue;
    Value value;
    value.type = info.type;
    value.shape = std::move(info.shape);
    value.dim_names = std::move(info.dim_names);
    const bool strange = info.type == DataType::undefined;
    if (strange) value.raw = bytes;
    const ValueId id = add_value(info.name, std::move(value), "graph input");
    if (strange) strange_.emplace(id, info.unsupported.empty() ? "without an element type" : info.unsupported);
    ir_.inputs.push_back(id);
  }
}

void ModelReader::add_nodes() {
  first_node_output_ = static_cast<ValueId>(ir_.values.size());
  // Names in the file come before made ones.
  for (const ParsedNode& parsed : nodes_) node_names_.take(parsed.name);
  std::unordered_set<std::string_view> given;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    ParsedNode& parsed = nodes_[n];
    Node node;
    node.op_type = parsed.op_type;
    if (!is_default_domain(parsed.domain)) node.domain = parsed.domain;
    const bool keeps_name = !parsed.name.empty() && given.insert(parsed.name).second;
    if (keeps_name) node.name = parsed.name;
    else node.name = node_names_.make(parsed.name.empty() ? fmt::format("{}_{}", parsed.op_type, n) : std::string(parsed.name));
    // The elements of a constant in another file cannot be copied with the node's bytes.
    const bool outside = parsed.external_data && node.domain.empty() && node.op_type == "Constant";
    if (!outside) node.raw = parsed.raw;
    node.attributes = std::move(parsed.attributes);
    for (const std::string_view name : parsed.outputs)
      node.outputs.push_back(name.empty() ? kAbsent : add_value(name, {}, "the output of a node"));
    ir_.nodes.push_back(std::move(node));
  }
}

void ModelReader::resolve_node_inputs() {
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    Node& node = ir_.nodes[n];
    const auto add = [&](std::string_view name) {
      const ValueId id = name.empty() ? kAbsent : find(name);
      if (id == kAbsent && !name.empty())
        broken(fmt::format("node '{}' reads '{}', which is no graph input, no initialiser and no node's output", node.name, name));
      node.inputs.push_back(id);
    };
    for (const std::string_view name : nodes_[n].inputs) add(name);
    // Outer values that sub-graphs read are inputs here, so that no cut can lose them. Such nodes are
    // written from their own bytes.
    for (const std::string_view name : nodes_[n].captures) add(name);
    node.unsupported = unsupported_reason(node, nodes_[n], fields_.opset);
  }
}

void ModelReader::add_value_infos() {
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

void ModelReader::add_outputs() {
  std::unordered_set<ValueId> seen;
  for (const Bytes bytes : fields_.outputs) {
    ParsedValueInfo info = read_value_info(bytes, "graph output");
    const ValueId id = find(info.name);
    if (id == kAbsent) broken(fmt::format("graph output '{}' is written by no node", info.name));
    if (!seen.insert(id).second) broken(fmt::format("graph output '{}' is listed twice", info.name));
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
void ModelReader::add_opaque_constants() {
  std::unordered_map<ValueId, Bytes> waiting(opaque_initialisers_.begin(), opaque_initialisers_.end());
  std::vector<Node> nodes;
  nodes.reserve(ir_.nodes.size() + waiting.size());
  const auto add_constant = [&](ValueId id) {
    const auto it = waiting.find(id);
    if (it == waiting.end()) return;
    Node& node = nodes.emplace_back();
    node.op_type = "Constant";
    node.name = node_names_.make(ir_.value(id).name);
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

}  // namespace

Source read_model(const ModelBytes& file) {
  try {
    if (file.bytes.size() > kMaxModelBytes)
      throw Error(ErrorCode::limit_exceeded, fmt::format("{} bytes; an ONNX file has at most {}, larger networks keep their weights in "
                                                         "external files", file.bytes.size(), kMaxModelBytes));
    return reading("model", [&] { return ModelReader(file).read(); });
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", file.label, error.what()));
  }
}

}  // namespace dnntune::onnx
