// SPDX-License-Identifier: Apache-2.0
#include "onnx/model_proto.h"

#include "onnx/node_proto.h"
#include "onnx/schema.h"

namespace dnntune::onnx {
namespace {

using namespace schema;

/// Calls `known(reader)`, which returns false for a field it does not interpret; the bytes of those,
/// key included, are appended to `rest`.
template <typename Known>
void split_fields(Bytes message, std::vector<Bytes>& rest, Known&& known) {
  pbf_reader reader = reader_of(message);
  const char* begin = reader.data().data();
  while (reader.next()) {
    if (!known(reader)) {
      reader.skip();
      const char* end = reader.data().data();
      rest.push_back(to_bytes({begin, static_cast<std::size_t>(end - begin)}));
    }
    begin = reader.data().data();
  }
}

/// A file that was cut off ends within one of the outermost fields.
void refuse_truncated(Bytes file) {
  pbf_reader reader = reader_of(file);
  const char* begin = reader.data().data();
  const char* const start = begin;
  try {
    for (; reader.next(); begin = reader.data().data()) reader.skip();
  } catch (const protozero::end_of_buffer_exception&) {
    throw Error(ErrorCode::invalid_model, fmt::format("truncated, or no ONNX model: it ends at byte {}, within the field that begins at byte {}",
                                                      file.size(), begin - start));
  }
}

void read_opset(pbf_reader entry, ModelFields& model) {
  std::string_view domain;
  std::int64_t version = 0;
  while (entry.next()) {
    switch (entry.tag_and_type()) {
      case bytes_key(OperatorSetIdProto::domain): domain = read_name(entry, "an opset's domain"); break;
      case varint_key(OperatorSetIdProto::version): version = entry.get_int64(); break;
      default: entry.skip();
    }
  }
  if (!is_default_domain(domain)) {
    model.info.other_opsets.emplace_back(domain, version);
    return require_count(model.info.other_opsets.size(), kMaxEntries, "opset imports");
  }
  if (model.opset && *model.opset != version)
    throw Error(ErrorCode::invalid_model, fmt::format("opsets {} and {} of the same domain are imported", *model.opset, version));
  model.opset = model.info.opset = version;
}

void read_metadata(pbf_reader entry, ModelFields& model) {
  std::string_view key, value;
  while (entry.next()) {
    switch (entry.tag_and_type()) {
      case bytes_key(StringStringEntryProto::key): key = read_name(entry, "a metadata key"); break;
      case bytes_key(StringStringEntryProto::value): value = read_text(entry, "a metadata value"); break;
      default: entry.skip();
    }
  }
  model.info.metadata.emplace_back(key, value);
  require_count(model.info.metadata.size(), kMaxEntries, "metadata entries");
}

void split_graph(Bytes graph, GraphFields& fields) {
  split_fields(graph, fields.rest, [&](pbf_reader& reader) {
    switch (reader.tag_and_type()) {
      case bytes_key(GraphProto::name): fields.graph_name = read_name(reader, "the graph's name"); return true;
      case bytes_key(GraphProto::node): fields.nodes.push_back(read_bytes(reader)); return true;
      case bytes_key(GraphProto::input): fields.inputs.push_back(read_bytes(reader)); return true;
      case bytes_key(GraphProto::output): fields.outputs.push_back(read_bytes(reader)); return true;
      case bytes_key(GraphProto::value_info): fields.value_infos.push_back(read_bytes(reader)); return true;
      case bytes_key(GraphProto::initializer): fields.initialisers.push_back(read_bytes(reader)); return true;
      case bytes_key(GraphProto::sparse_initializer): {
        pbf_reader copy = reader;
        fields.sparse_initialisers.push_back(read_bytes(copy));
        return false;
      }
      default: return false;
    }
  });
  require_count(fields.nodes.size(), kMaxNodes, "nodes of the graph");
  require_count(fields.initialisers.size() + fields.inputs.size() + fields.value_infos.size(), kMaxValues, "values of the graph");
}

}  // namespace

ModelFields read_model_fields(Bytes bytes) {
  refuse_truncated(bytes);
  ModelFields model;
  std::optional<Bytes> graph;
  split_fields(bytes, model.info.raw_fields, [&](pbf_reader& reader) {
    switch (reader.tag_and_type()) {
      case varint_key(ModelProto::ir_version): model.info.ir_version = reader.get_int64(); return true;
      case bytes_key(ModelProto::producer_name): model.info.producer_name = read_text(reader, "producer_name"); return true;
      case bytes_key(ModelProto::producer_version): model.info.producer_version = read_text(reader, "producer_version"); return true;
      case bytes_key(ModelProto::opset_import): read_opset(reader.get_message(), model); return true;
      case bytes_key(ModelProto::metadata_props): read_metadata(reader.get_message(), model); return true;
      case bytes_key(ModelProto::graph):
        if (graph) throw Error(ErrorCode::invalid_model, "the model has two graphs");
        graph = read_bytes(reader);
        return true;
      case bytes_key(ModelProto::functions): {
        pbf_reader copy = reader;
        model.functions.push_back(read_bytes(copy));
        return false;
      }
      default: return false;
    }
  });
  if (!graph) throw Error(ErrorCode::invalid_model, "there is no graph in it; is this an ONNX model?");
  split_graph(*graph, model);
  return model;
}

GraphFields read_graph_fields(Bytes graph) {
  GraphFields fields;
  split_graph(graph, fields);
  return fields;
}

}  // namespace dnntune::onnx
