// SPDX-License-Identifier: Apache-2.0
#include "onnx/attribute_proto.h"

#include <protozero/pbf_writer.hpp>

#include "onnx/schema.h"

namespace dnntune::onnx {
namespace {

using schema::AttributeProto;

/// The fields of an AttributeProto as they are in the file.
struct AttributeFields {
  std::string_view name;
  std::int32_t type = AttributeProto::Undefined;
  /// The type that the last value field stands for: files of the first IR versions have no `type`.
  std::int32_t implied = AttributeProto::Undefined;
  float f = 0.0f;
  std::int64_t i = 0;
  Bytes s, t;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> strings;
  bool has_subgraph = false;
  Bytes subgraph;
};

AttributeFields read_attribute_fields(Bytes proto, std::string_view node) {
  AttributeFields a;
  pbf_reader reader = reader_of(proto);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_key(AttributeProto::name): a.name = read_name(reader, fmt::format("the name of an attribute of node '{}'", node)); break;
      case varint_key(AttributeProto::type): a.type = reader.get_enum(); break;
      case fixed32_key(AttributeProto::f): a.f = reader.get_float(); a.implied = AttributeProto::Float; break;
      case varint_key(AttributeProto::i): a.i = reader.get_int64(); a.implied = AttributeProto::Int; break;
      case bytes_key(AttributeProto::s): a.s = read_bytes(reader); a.implied = AttributeProto::String; break;
      case bytes_key(AttributeProto::t): a.t = read_bytes(reader); a.implied = AttributeProto::Tensor; break;
      case bytes_key(AttributeProto::g): a.subgraph = read_bytes(reader); a.has_subgraph = true; a.implied = AttributeProto::Graph; break;
      case fixed32_key(AttributeProto::floats): a.floats.push_back(reader.get_float()); a.implied = AttributeProto::Floats; break;
      case bytes_key(AttributeProto::floats): append(a.floats, reader.get_packed_float()); a.implied = AttributeProto::Floats; break;
      case varint_key(AttributeProto::ints): a.ints.push_back(reader.get_int64()); a.implied = AttributeProto::Ints; break;
      case bytes_key(AttributeProto::ints): append(a.ints, reader.get_packed_int64()); a.implied = AttributeProto::Ints; break;
      case bytes_key(AttributeProto::strings): a.strings.push_back(reader.get_bytes()); a.implied = AttributeProto::Strings; break;
      case bytes_key(AttributeProto::tensors): reader.skip(); a.implied = AttributeProto::Tensors; break;
      case bytes_key(AttributeProto::graphs): reader.skip(); a.has_subgraph = true; a.implied = AttributeProto::Graphs; break;
      case bytes_key(AttributeProto::tp): reader.skip(); a.implied = AttributeProto::TypeProto; break;
      case bytes_key(AttributeProto::type_protos): reader.skip(); a.implied = AttributeProto::TypeProtos; break;
      case bytes_key(AttributeProto::sparse_tensor): reader.skip(); a.implied = AttributeProto::SparseTensor; break;
      case bytes_key(AttributeProto::sparse_tensors): reader.skip(); a.implied = AttributeProto::SparseTensors; break;
      default: reader.skip();
    }
  }
  return a;
}

const char* kind_name(std::int32_t type) {
  switch (type) {
    case AttributeProto::Graph: return "a sub-graph";
    case AttributeProto::Graphs: return "a list of sub-graphs";
    case AttributeProto::Tensors: return "a list of tensors";
    case AttributeProto::SparseTensor:
    case AttributeProto::SparseTensors: return "a sparse tensor";
    case AttributeProto::TypeProto:
    case AttributeProto::TypeProtos: return "a type";
    default: return "of an unknown kind";
  }
}

}  // namespace

ParsedAttribute read_attribute(Bytes proto, const TensorSource& source, std::string_view node) {
  AttributeFields a = read_attribute_fields(proto, node);
  ParsedAttribute parsed;
  parsed.name = a.name;
  parsed.has_subgraph = a.has_subgraph;
  parsed.subgraph = a.subgraph;
  const auto refuse = [&](const std::string& kind) { parsed.unsupported = fmt::format("attribute '{}' is {}", a.name, kind); };
  switch (const std::int32_t type = a.type != AttributeProto::Undefined ? a.type : a.implied) {
    case AttributeProto::Float: parsed.value = a.f; break;
    case AttributeProto::Int: parsed.value = a.i; break;
    case AttributeProto::String: parsed.value = std::string(to_text(a.s)); break;
    case AttributeProto::Floats: parsed.value = std::move(a.floats); break;
    case AttributeProto::Ints: parsed.value = std::move(a.ints); break;
    case AttributeProto::Strings: parsed.value = std::move(a.strings); break;
    case AttributeProto::Tensor: {
      ParsedTensor tensor = read_tensor(a.t, source, fmt::format("attribute '{}' of node '{}'", a.name, node));
      parsed.external_data = tensor.external;
      if (tensor.unsupported.empty()) parsed.value = std::move(tensor.tensor);
      else refuse("a tensor " + tensor.unsupported);
      break;
    }
    default: refuse(kind_name(type));
  }
  return parsed;
}

std::string write_attribute(std::string_view name, const AttributeValue& value) {
  std::string out;
  protozero::pbf_writer writer(out);
  writer.add_string(AttributeProto::name, name.data(), name.size());
  struct Visitor {
    protozero::pbf_writer& writer;
    std::int32_t operator()(std::int64_t v) const { return writer.add_int64(AttributeProto::i, v), AttributeProto::Int; }
    std::int32_t operator()(float v) const { return writer.add_float(AttributeProto::f, v), AttributeProto::Float; }
    std::int32_t operator()(const std::string& v) const { return writer.add_bytes(AttributeProto::s, v), AttributeProto::String; }
    std::int32_t operator()(const std::vector<std::int64_t>& v) const {
      for (const std::int64_t x : v) writer.add_int64(AttributeProto::ints, x);  // unpacked, as onnx's own library
      return AttributeProto::Ints;
    }
    std::int32_t operator()(const std::vector<float>& v) const {
      for (const float x : v) writer.add_float(AttributeProto::floats, x);
      return AttributeProto::Floats;
    }
    std::int32_t operator()(const std::vector<std::string>& v) const {
      for (const std::string& x : v) writer.add_bytes(AttributeProto::strings, x);
      return AttributeProto::Strings;
    }
    std::int32_t operator()(const Tensor& v) const {
      std::string tensor = tensor_header(v, "");
      tensor.append(static_cast<const char*>(v.data()), v.size_bytes());
      return writer.add_message(AttributeProto::t, tensor), AttributeProto::Tensor;
    }
  };
  const std::int32_t type = std::visit(Visitor{writer}, value);
  writer.add_enum(AttributeProto::type, type);
  return out;
}

}  // namespace dnntune::onnx
