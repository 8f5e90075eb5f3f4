// SPDX-License-Identifier: Apache-2.0
#include "onnx/value_info.h"

#include <algorithm>

#include <protozero/pbf_writer.hpp>

#include "onnx/element_type.h"
#include "onnx/schema.h"

namespace dnntune::onnx {
namespace {

using namespace schema;

void read_dimension(pbf_reader reader, ParsedValueInfo& info) {
  std::int64_t value = -1;
  std::string_view symbol;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint_key(DimensionProto::dim_value): value = reader.get_int64(); symbol = {}; break;
      case bytes_key(DimensionProto::dim_param): symbol = read_name(reader, "dimension symbol"); value = -1; break;
      default: reader.skip();
    }
  }
  // Some exporters write -1 for "unknown".
  info.shape->push_back(value < 0 ? -1 : value);
  info.dim_names.emplace_back(symbol);
}

void read_shape(pbf_reader reader, ParsedValueInfo& info, std::string_view what) {
  info.shape.emplace();
  info.dim_names.clear();
  while (reader.next(TensorShapeProto::dim, protozero::pbf_wire_type::length_delimited)) {
    read_dimension(reader.get_message(), info);
    require_count(info.shape->size(), kMaxRank, fmt::format("dimensions of {} '{}'", what, info.name));
  }
  const bool any_symbol = std::any_of(info.dim_names.begin(), info.dim_names.end(), [](const auto& s) { return !s.empty(); });
  if (!any_symbol) info.dim_names.clear();
}

void read_tensor_type(pbf_reader reader, ParsedValueInfo& info, std::string_view what) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint_key(TensorTypeProto::elem_type): {
        const std::int64_t number = reader.get_int64();
        info.type = element_type(number);
        if (info.type == DataType::undefined && number != 0)
          info.unsupported = "a tensor of element type " + element_type_name(number);
        break;
      }
      case bytes_key(TensorTypeProto::shape): read_shape(reader.get_message(), info, what); break;
      default: reader.skip();
    }
  }
}

void read_type(pbf_reader reader, ParsedValueInfo& info, std::string_view what) {
  const auto refuse = [&](const char* kind) {
    info.unsupported = kind;
    reader.skip();
  };
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_key(TypeProto::tensor_type): read_tensor_type(reader.get_message(), info, what); break;
      case bytes_key(TypeProto::sequence_type): refuse("a sequence"); break;
      case bytes_key(TypeProto::map_type): refuse("a map"); break;
      case bytes_key(TypeProto::opaque_type): refuse("of an opaque type"); break;
      case bytes_key(TypeProto::sparse_tensor_type): refuse("a sparse tensor"); break;
      case bytes_key(TypeProto::optional_type): refuse("an optional"); break;
      default: reader.skip();
    }
  }
}

}  // namespace

ParsedValueInfo read_value_info(Bytes proto, std::string_view what) {
  ParsedValueInfo info;
  // The name first, so that messages about the type can carry it.
  pbf_reader names = reader_of(proto);
  while (names.next(ValueInfoProto::name, protozero::pbf_wire_type::length_delimited))
    info.name = read_name(names, fmt::format("the name of a {}", what));
  pbf_reader types = reader_of(proto);
  while (types.next(ValueInfoProto::type, protozero::pbf_wire_type::length_delimited)) read_type(types.get_message(), info, what);
  if (!info.unsupported.empty()) {
    info.type = DataType::undefined;
    info.shape.reset();
    info.dim_names.clear();
  }
  return info;
}

std::string write_value_info(const graph::Value& value) {
  // Inside out: a nested pbf_writer would drop the empty messages that say "scalar" and "open dimension".
  std::string tensor_type;
  protozero::pbf_writer tensor(tensor_type);
  if (value.type != DataType::undefined) tensor.add_int32(TensorTypeProto::elem_type, static_cast<std::int32_t>(value.type));
  if (value.shape) {
    std::string shape_text;
    protozero::pbf_writer shape(shape_text);
    for (std::size_t i = 0; i < value.shape->size(); ++i) {
      std::string dim_text;
      protozero::pbf_writer dim(dim_text);
      if ((*value.shape)[i] >= 0) dim.add_int64(DimensionProto::dim_value, (*value.shape)[i]);
      else if (i < value.dim_names.size() && !value.dim_names[i].empty()) dim.add_string(DimensionProto::dim_param, value.dim_names[i]);
      shape.add_message(TensorShapeProto::dim, dim_text);
    }
    tensor.add_message(TensorTypeProto::shape, shape_text);
  }
  std::string type_text;
  protozero::pbf_writer(type_text).add_message(TypeProto::tensor_type, tensor_type);
  std::string out;
  protozero::pbf_writer writer(out);
  writer.add_string(ValueInfoProto::name, value.name);
  writer.add_message(ValueInfoProto::type, type_text);
  return out;
}

}  // namespace dnntune::onnx
