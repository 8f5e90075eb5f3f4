// SPDX-License-Identifier: Apache-2.0
#include "onnx/model_writer.h"

#include <string>
#include <string_view>
#include <unordered_set>

#include <protozero/pbf_writer.hpp>

#include "onnx/axes.h"
#include "onnx/node_proto.h"
#include "onnx/schema.h"
#include "onnx/subgraph.h"
#include "onnx/tensor_proto.h"
#include "onnx/value_info.h"
#include "onnx/wire_out.h"

namespace dnntune::onnx {
namespace {

using namespace schema;
using graph::kAbsent;
using graph::Node;
using graph::Value;
using graph::ValueId;

/// A protobuf message as a list of pieces: sizes are known before a byte is copied, and weights are
/// copied once.
class Message {
 public:
  /// A length-delimited field with `head` and then `tail` as its payload. `tail` must outlive this.
  void add(Tag tag, const std::string& head, Bytes tail = {}) {
    std::string text;
    append_field_header(text, tag, head.size() + tail.size());
    text += head;
    push(std::move(text), tail);
  }
  void add(Tag tag, Bytes payload) { add(tag, std::string(), payload); }
  /// Whole fields, keys included.
  void add_fields(std::string fields) { push(std::move(fields), {}); }
  void add_fields(Bytes fields) { push({}, fields); }

  std::size_t size() const { return size_; }
  void append_to(std::vector<std::byte>& out) const {
    for (const auto& [head, tail] : pieces_) {
      const Bytes head_bytes = std::as_bytes(std::span(head));
      out.insert(out.end(), head_bytes.begin(), head_bytes.end());
      out.insert(out.end(), tail.begin(), tail.end());
    }
  }

 private:
  void push(std::string head, Bytes tail) {
    size_ += head.size() + tail.size();
    if (size_ > kMaxModelBytes)
      throw Error(ErrorCode::limit_exceeded, fmt::format("the network takes more than {} bytes, the most that one ONNX file can hold",
                                                         kMaxModelBytes));
    pieces_.emplace_back(std::move(head), tail);
  }

  std::vector<std::pair<std::string, Bytes>> pieces_;
  std::size_t size_ = 0;
};

/// Stands for an initialiser the library cannot hold (see ModelReader::add_opaque_constants).
bool is_opaque_constant(const Node& node) { return node.raw.empty() && !node.unsupported.empty(); }

Bytes bytes_of(const Tensor& tensor) { return {static_cast<const std::byte*>(tensor.data()), tensor.size_bytes()}; }

class GraphWriter {
 public:
  GraphWriter(const graph::Ir& ir, const graph::ModelInfo& model) : ir_(ir), model_(model) {}

  Message write() {
    std::string name;
    protozero::pbf_writer(name).add_string(GraphProto::name, ir_.name);
    message_.add_fields(std::move(name));
    for (const Node& node : ir_.nodes) add_node(node);
    add_initialisers();
    for (const ValueId id : ir_.inputs) add_value(GraphProto::input, ir_.value(id));
    if (model_.ir_version < 4)  // then every initialiser must be an input, too
      for (const Value* value : initialisers_) add_value(GraphProto::input, *value);
    for (const ValueId id : ir_.outputs) add_value(GraphProto::output, ir_.value(id));
    add_inner_values();
    for (const Bytes field : model_.raw_graph_fields) message_.add_fields(field);
    return std::move(message_);
  }

 private:
  void add_node(const Node& node) {
    for (const ValueId id : node.outputs)
      if (id != kAbsent) produced_.insert(id);
    if (is_opaque_constant(node)) {
      const Value& value = ir_.value(node.outputs.at(0));
      opaque_.insert(node.outputs.at(0));
      if (!value.raw.empty()) message_.add(GraphProto::initializer, value.raw);
    } else if (node.raw.empty()) {
      const Node written = written_form(ir_, node);
      message_.add(GraphProto::node, write_node(ir_, written));
      for (const ValueId id : written.inputs)
        if (id != kAbsent) used_.insert(ir_.value(id).name);
    } else {
      const Uses uses = uses_of_node(node.raw);
      if (uses.external_data)
        throw Error(ErrorCode::unsupported, fmt::format("node '{}' keeps weights of its attributes in an external file, which cannot be "
                                                        "written into one file", node.name));
      for (const std::string_view name : uses.names) used_.emplace(name);
      message_.add(GraphProto::node, node.raw);
    }
  }

  void add_initialisers() {
    for (const ValueId id : ir_.outputs) used_.insert(ir_.value(id).name);
    for (std::size_t i = 0; i < ir_.values.size(); ++i) {
      const Value& value = ir_.values[i];
      if (!value.is_constant() || produced_.contains(static_cast<ValueId>(i)) || !used_.contains(value.name)) continue;
      initialisers_.push_back(&value);
      if (!value.raw.empty()) {
        message_.add(GraphProto::initializer, value.raw);
      } else {
        const Bytes bytes = value.weights.defined() ? value.weights.bytes() : bytes_of(value.constant);
        message_.add(GraphProto::initializer, tensor_header(value.type, *value.shape, bytes.size(), value.name), bytes);
      }
    }
  }

  void add_value(Tag list, const Value& value) {
    const bool strange = value.type == DataType::undefined && !value.raw.empty();
    const auto id = static_cast<ValueId>(&value - ir_.values.data());
    if (strange && !opaque_.contains(id)) message_.add(list, value.raw);
    else message_.add(list, write_value_info(value));
  }

  /// What is known about values between nodes.
  void add_inner_values() {
    const std::unordered_set<ValueId> outputs(ir_.outputs.begin(), ir_.outputs.end());
    for (const Node& node : ir_.nodes)
      for (const ValueId id : node.outputs)
        if (id != kAbsent && !outputs.contains(id) && ir_.value(id).type != DataType::undefined && !ir_.value(id).is_constant())
          add_value(GraphProto::value_info, ir_.value(id));
  }

  const graph::Ir& ir_;
  const graph::ModelInfo& model_;
  Message message_;
  std::unordered_set<std::string> used_;
  std::unordered_set<ValueId> produced_, opaque_;
  std::vector<const Value*> initialisers_;
};

std::string opset_entry(std::string_view domain, std::int64_t version) {
  std::string out;
  protozero::pbf_writer writer(out);
  if (!domain.empty()) writer.add_string(OperatorSetIdProto::domain, domain.data(), domain.size());
  writer.add_int64(OperatorSetIdProto::version, version);
  return out;
}

std::string model_fields(const graph::ModelInfo& model) {
  std::string out;
  protozero::pbf_writer writer(out);
  writer.add_int64(ModelProto::ir_version, model.ir_version);
  if (!model.producer_name.empty()) writer.add_string(ModelProto::producer_name, model.producer_name);
  if (!model.producer_version.empty()) writer.add_string(ModelProto::producer_version, model.producer_version);
  writer.add_message(ModelProto::opset_import, opset_entry("", model.opset));
  for (const auto& [domain, version] : model.other_opsets) writer.add_message(ModelProto::opset_import, opset_entry(domain, version));
  for (const auto& [key, value] : model.metadata) {
    std::string entry;
    protozero::pbf_writer entry_writer(entry);
    entry_writer.add_string(StringStringEntryProto::key, key);
    entry_writer.add_string(StringStringEntryProto::value, value);
    writer.add_message(ModelProto::metadata_props, entry);
  }
  return out;
}

}  // namespace

std::vector<std::byte> write_model(const graph::Ir& ir, const graph::ModelInfo& model) {
  const Message graph = GraphWriter(ir, model).write();
  Message head;
  head.add_fields(model_fields(model));
  for (const Bytes field : model.raw_fields) head.add_fields(field);
  std::string graph_header;
  append_field_header(graph_header, ModelProto::graph, graph.size());
  head.add_fields(std::move(graph_header));
  if (head.size() + graph.size() > kMaxModelBytes)
    throw Error(ErrorCode::limit_exceeded, fmt::format("the network takes more than {} bytes, the most that one ONNX file can hold",
                                                       kMaxModelBytes));
  std::vector<std::byte> out;
  out.reserve(head.size() + graph.size());
  head.append_to(out);
  graph.append_to(out);
  return out;
}

}  // namespace dnntune::onnx
