// SPDX-License-Identifier: Apache-2.0
#include "onnx/rewrite.h"

#include <protozero/pbf_writer.hpp>

#include "onnx/schema.h"

namespace dnntune::onnx {
namespace {

using namespace schema;
using protozero::pbf_writer;

/// Calls `change(reader, out)` for each field, which returns false for one to copy as it is.
template <typename Change>
std::string rewrite_fields(Bytes message, Change&& change) {
  std::string out;
  pbf_reader reader = reader_of(message);
  const char* begin = reader.data().data();
  while (reader.next()) {
    if (!change(reader, out)) {
      reader.skip();
      out.append(begin, static_cast<std::size_t>(reader.data().data() - begin));
    }
    begin = reader.data().data();
  }
  return out;
}

std::string renamed(std::string_view name, const Rewriting& rewriting) {
  const auto it = rewriting.values.find(name);
  return it == rewriting.values.end() ? std::string(name) : it->second;
}

void add_text(std::string& out, Tag tag, const std::string& text) { pbf_writer(out).add_string(tag, text); }

/// A message (ValueInfoProto, TensorProto) whose field `tag` is a name.
std::string rename_in(Bytes message, Tag tag, const Rewriting& rewriting) {
  return rewrite_fields(message, [&](pbf_reader& reader, std::string& out) {
    if (reader.tag_and_type() != bytes_key(tag)) return false;
    add_text(out, tag, renamed(read_name(reader, "a name in a sub-graph"), rewriting));
    return true;
  });
}

std::string_view name_in(Bytes message, Tag tag) {
  std::string_view name;
  pbf_reader reader = reader_of(message);
  while (reader.next(tag, protozero::pbf_wire_type::length_delimited)) name = read_name(reader, "a name in a sub-graph");
  return name;
}

std::string rewrite_nested(Bytes graph, const Rewriting& rewriting) {
  Rewriting outer = rewriting;
  for (const std::string_view own : defined_names(graph)) outer.values.erase(own);
  return rewrite_graph(graph, outer);
}

/// `attribute` under the name `name`, or under its own when that is empty.
std::string rewrite_attribute(Bytes attribute, std::string_view name, const Rewriting& rewriting) {
  return rewrite_fields(attribute, [&](pbf_reader& reader, std::string& out) {
    switch (reader.tag_and_type()) {
      case bytes_key(AttributeProto::name): {
        const std::string_view own = read_name(reader, "the name of an attribute");
        add_text(out, AttributeProto::name, std::string(name.empty() ? own : name));
        return true;
      }
      case bytes_key(AttributeProto::g):
      case bytes_key(AttributeProto::graphs): {
        const Tag tag = reader.tag();
        pbf_writer(out).add_message(tag, rewrite_nested(read_bytes(reader), rewriting));
        return true;
      }
      default: return false;
    }
  });
}

void add_attribute(Bytes attribute, const Rewriting& rewriting, std::string& out) {
  const std::string_view reference = name_in(attribute, AttributeProto::ref_attr_name);
  if (reference.empty() || rewriting.attributes == nullptr) {
    pbf_writer(out).add_message(NodeProto::attribute, rewrite_attribute(attribute, {}, rewriting));
    return;
  }
  // What the caller gives belongs to the caller: its names stay. What nobody gives is left out.
  const auto given = rewriting.attributes->find(reference);
  if (given == rewriting.attributes->end()) return;
  pbf_writer(out).add_message(NodeProto::attribute, rewrite_attribute(given->second, name_in(attribute, AttributeProto::name), {}));
}

}  // namespace

std::vector<std::string_view> defined_names(Bytes graph) {
  std::vector<std::string_view> names;
  pbf_reader reader = reader_of(graph);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_key(GraphProto::input): names.push_back(name_in(read_bytes(reader), ValueInfoProto::name)); break;
      case bytes_key(GraphProto::initializer): names.push_back(name_in(read_bytes(reader), TensorProto::name)); break;
      case bytes_key(GraphProto::sparse_initializer): {
        pbf_reader sparse = reader.get_message();
        while (sparse.next(SparseTensorProto::values, protozero::pbf_wire_type::length_delimited))
          names.push_back(name_in(read_bytes(sparse), TensorProto::name));
        break;
      }
      case bytes_key(GraphProto::node): {
        pbf_reader node = reader.get_message();
        while (node.next(NodeProto::output, protozero::pbf_wire_type::length_delimited))
          names.push_back(read_name(node, "the name of a node's output"));
        break;
      }
      default: reader.skip();
    }
  }
  std::erase(names, std::string_view());
  return names;
}

std::string rewrite_graph(Bytes graph, const Rewriting& rewriting) {
  return rewrite_fields(graph, [&](pbf_reader& reader, std::string& out) {
    const Tag tag = reader.tag();
    switch (reader.tag_and_type()) {
      case bytes_key(GraphProto::input):
      case bytes_key(GraphProto::output):
      case bytes_key(GraphProto::value_info):
        pbf_writer(out).add_message(tag, rename_in(read_bytes(reader), ValueInfoProto::name, rewriting));
        return true;
      case bytes_key(GraphProto::initializer):
        pbf_writer(out).add_message(tag, rename_in(read_bytes(reader), TensorProto::name, rewriting));
        return true;
      case bytes_key(GraphProto::sparse_initializer):
        pbf_writer(out).add_message(tag, rewrite_fields(read_bytes(reader), [&](pbf_reader& sparse, std::string& inner) {
          if (sparse.tag_and_type() != bytes_key(SparseTensorProto::values)) return false;
          pbf_writer(inner).add_message(SparseTensorProto::values, rename_in(read_bytes(sparse), TensorProto::name, rewriting));
          return true;
        }));
        return true;
      case bytes_key(GraphProto::node):
        pbf_writer(out).add_message(tag, rewrite_node(read_bytes(reader), rewriting, {}));
        return true;
      default: return false;
    }
  });
}

std::string rewrite_node(Bytes node, const Rewriting& rewriting, std::string_view name) {
  std::string out = rewrite_fields(node, [&](pbf_reader& reader, std::string& fields) {
    const Tag tag = reader.tag();
    switch (reader.tag_and_type()) {
      case bytes_key(NodeProto::input):
      case bytes_key(NodeProto::output):
        add_text(fields, tag, renamed(read_name(reader, "the name of a node's operand"), rewriting));
        return true;
      case bytes_key(NodeProto::attribute): add_attribute(read_bytes(reader), rewriting, fields); return true;
      case bytes_key(NodeProto::name):
        if (name.empty()) return false;
        reader.skip();
        return true;
      default: return false;
    }
  });
  if (!name.empty()) add_text(out, NodeProto::name, std::string(name));
  return out;
}

}  // namespace dnntune::onnx
