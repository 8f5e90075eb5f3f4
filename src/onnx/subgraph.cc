// SPDX-License-Identifier: Apache-2.0
#include "onnx/subgraph.h"

#include <unordered_set>

#include "onnx/schema.h"

namespace dnntune::onnx {
namespace {

using namespace schema;
using Names = std::unordered_set<std::string_view>;

class Collector {
 public:
  void add(std::string_view name) {
    if (!name.empty() && seen_.insert(name).second) uses.names.push_back(name);
  }
  void add(const Uses& inner) {
    for (const std::string_view name : inner.names) add(name);
    uses.external_data |= inner.external_data;
  }
  Uses uses;

 private:
  Names seen_;
};

bool is_external(pbf_reader tensor) {
  bool external = false;
  while (tensor.next(TensorProto::data_location, protozero::pbf_wire_type::varint))
    external = tensor.get_enum() == TensorProto::kExternal;
  return external;
}

std::string_view name_in(pbf_reader message, schema::Tag tag) {
  std::string_view name;
  while (message.next(tag, protozero::pbf_wire_type::length_delimited)) name = read_name(message, "a name in a sub-graph");
  return name;
}

Uses uses_of_node(pbf_reader node, int depth);

void add_attribute(pbf_reader attribute, int depth, Collector& collector) {
  while (attribute.next()) {
    switch (attribute.tag_and_type()) {
      case bytes_key(AttributeProto::g):
      case bytes_key(AttributeProto::graphs): collector.add(free_names(read_bytes(attribute), depth + 1)); break;
      case bytes_key(AttributeProto::t):
      case bytes_key(AttributeProto::tensors): collector.uses.external_data |= is_external(attribute.get_message()); break;
      default: attribute.skip();
    }
  }
}

Uses uses_of_node(pbf_reader node, int depth) {
  Collector collector;
  while (node.next()) {
    switch (node.tag_and_type()) {
      case bytes_key(NodeProto::input): collector.add(read_name(node, "the name of a node's input")); break;
      case bytes_key(NodeProto::attribute): add_attribute(node.get_message(), depth, collector); break;
      default: node.skip();
    }
  }
  return std::move(collector.uses);
}

void define_outputs(pbf_reader node, Names& defined) {
  while (node.next(NodeProto::output, protozero::pbf_wire_type::length_delimited))
    defined.insert(read_name(node, "the name of a node's output"));
}

}  // namespace

Uses uses_of_node(Bytes node) {
  return reading("node", [&] { return uses_of_node(reader_of(node), 0); });
}

Uses free_names(Bytes graph, int depth) {
  if (depth > kMaxGraphDepth)
    throw Error(ErrorCode::limit_exceeded, fmt::format("sub-graphs are nested deeper than {} levels", kMaxGraphDepth));
  return reading("sub-graph", [&] {
    Names defined;
    Collector used;
    pbf_reader reader = reader_of(graph);
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case bytes_key(GraphProto::input): defined.insert(name_in(reader.get_message(), ValueInfoProto::name)); break;
        case bytes_key(GraphProto::output): used.add(name_in(reader.get_message(), ValueInfoProto::name)); break;
        case bytes_key(GraphProto::initializer): {
          const pbf_reader tensor = reader.get_message();
          defined.insert(name_in(tensor, TensorProto::name));
          used.uses.external_data |= is_external(tensor);
          break;
        }
        case bytes_key(GraphProto::sparse_initializer): {
          pbf_reader sparse = reader.get_message();
          while (sparse.next(SparseTensorProto::values, protozero::pbf_wire_type::length_delimited))
            defined.insert(name_in(sparse.get_message(), TensorProto::name));
          break;
        }
        case bytes_key(GraphProto::node): {
          const pbf_reader node = reader.get_message();
          used.add(uses_of_node(node, depth));
          define_outputs(node, defined);
          break;
        }
        default: reader.skip();
      }
    }
    Uses free;
    free.external_data = used.uses.external_data;
    for (const std::string_view name : used.uses.names)
      if (!defined.contains(name)) free.names.push_back(name);
    return free;
  });
}

}  // namespace dnntune::onnx
