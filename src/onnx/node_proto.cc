// SPDX-License-Identifier: Apache-2.0
#include "onnx/node_proto.h"

#include <unordered_set>

#include <protozero/pbf_writer.hpp>

#include "onnx/attribute_proto.h"
#include "onnx/schema.h"
#include "onnx/subgraph.h"

namespace dnntune::onnx {
namespace {

using schema::NodeProto;

/// Outer values that the sub-graphs of `node` read and that are not among its inputs.
std::vector<std::string_view> captures_of(const ParsedNode& node, std::vector<std::string_view> captures) {
  const std::unordered_set<std::string_view> inputs(node.inputs.begin(), node.inputs.end());
  std::erase_if(captures, [&](std::string_view name) { return inputs.contains(name); });
  return captures;
}

void add_attribute(ParsedAttribute attribute, ParsedNode& node) {
  node.has_subgraph |= attribute.has_subgraph;
  if (!attribute.subgraph.empty()) node.subgraphs.emplace_back(attribute.name, attribute.subgraph);
  if (is_control_flow(node.op_type) && !attribute.subgraph.empty()) return;
  if (node.unsupported.empty()) node.unsupported = attribute.unsupported;
  node.external_data |= attribute.external_data;
  if (attribute.value) node.attributes.set(attribute.name, std::move(*attribute.value));
}

}  // namespace

ParsedNode read_node(Bytes proto, const TensorSource& source) {
  ParsedNode node;
  node.raw = proto;
  std::vector<Bytes> attributes;
  pbf_reader reader = reader_of(proto);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_key(NodeProto::input): node.inputs.push_back(read_name(reader, "the name of a node's input")); break;
      case bytes_key(NodeProto::output): node.outputs.push_back(read_name(reader, "the name of a node's output")); break;
      case bytes_key(NodeProto::name): node.name = read_name(reader, "the name of a node"); break;
      case bytes_key(NodeProto::op_type): node.op_type = read_name(reader, "the operator of a node"); break;
      case bytes_key(NodeProto::domain): node.domain = read_name(reader, "the domain of a node"); break;
      case bytes_key(NodeProto::attribute): attributes.push_back(read_bytes(reader)); break;
      default: reader.skip();
    }
  }
  // A node without a name is known by what it writes.
  const std::string_view label = node.name.empty() && !node.outputs.empty() ? node.outputs.front() : node.name;
  require_count(node.inputs.size(), kMaxOperands, fmt::format("inputs of node '{}'", label));
  require_count(node.outputs.size(), kMaxOperands, fmt::format("outputs of node '{}'", label));
  require_count(attributes.size(), kMaxAttributes, fmt::format("attributes of node '{}'", label));
  for (const Bytes attribute : attributes) add_attribute(read_attribute(attribute, source, label), node);
  // Also without sub-graphs: it finds damage now that would else come up when the node is written.
  Uses uses = uses_of_node(proto);
  if (node.has_subgraph) node.captures = captures_of(node, std::move(uses.names));
  return node;
}

std::string write_node(const graph::Ir& ir, const graph::Node& node) {
  std::string out;
  protozero::pbf_writer writer(out);
  const auto name_of = [&](graph::ValueId id) { return id == graph::kAbsent ? std::string() : ir.value(id).name; };
  for (const graph::ValueId id : node.inputs) writer.add_string(NodeProto::input, name_of(id));
  for (const graph::ValueId id : node.outputs) writer.add_string(NodeProto::output, name_of(id));
  writer.add_string(NodeProto::name, node.name);
  writer.add_string(NodeProto::op_type, node.op_type);
  if (!node.domain.empty()) writer.add_string(NodeProto::domain, node.domain);
  for (const auto& [name, value] : node.attributes.all()) writer.add_message(NodeProto::attribute, write_attribute(name, value));
  return out;
}

}  // namespace dnntune::onnx
