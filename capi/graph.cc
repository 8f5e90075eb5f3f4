// SPDX-License-Identifier: Apache-2.0
#include <span>

#include "handles.h"

using dnntune::capi::at;
using dnntune::capi::guard;
using dnntune::capi::need;

namespace {

dnntune_load_options load_defaults() {
  return {sizeof(dnntune_load_options), 0, 0, nullptr, nullptr};
}

dnntune::LoadOptions load_options(const dnntune_load_options* options) {
  const dnntune_load_options given = dnntune::capi::options_or_default(options, load_defaults());
  dnntune::LoadOptions result;
  result.allow_unsupported = given.allow_unsupported != 0;
  if (given.dim_count > 0) {
    need(given.dim_names, "dim_names");
    need(given.dim_values, "dim_values");
  }
  for (std::size_t i = 0; i < given.dim_count; ++i) result.dims[&need(given.dim_names[i], "dim_names[i]")] = given.dim_values[i];
  return result;
}

dnntune_value_info describe(const dnntune::TensorInfo& info) {
  return {info.name.c_str(), static_cast<dnntune_data_type>(info.type), info.shape.data(), info.shape.size()};
}

}  // namespace

extern "C" {

void dnntune_load_options_init(dnntune_load_options* options, size_t size) { dnntune::capi::init_options(options, size, load_defaults()); }

dnntune_status dnntune_graph_load(const char* path, const dnntune_load_options* options, dnntune_graph** graph) {
  return guard([&] {
    need(graph, "graph");
    *graph = new dnntune_graph{dnntune::load_onnx(&need(path, "path"), load_options(options))};
  });
}

dnntune_status dnntune_graph_parse(const void* bytes, size_t byte_size, const dnntune_load_options* options, dnntune_graph** graph) {
  return guard([&] {
    need(graph, "graph");
    const std::span data(&need(static_cast<const std::byte*>(bytes), "bytes"), byte_size);
    *graph = new dnntune_graph{dnntune::parse_onnx(data, load_options(options))};
  });
}

dnntune_status dnntune_graph_save(const dnntune_graph* graph, const char* path) {
  return guard([&] { dnntune::save_onnx(need(graph, "graph").value, &need(path, "path")); });
}

void dnntune_graph_destroy(dnntune_graph* graph) { delete graph; }

dnntune_status dnntune_graph_name(const dnntune_graph* graph, const char** name) {
  return guard([&] { need(name, "name") = need(graph, "graph").value.name().c_str(); });
}

dnntune_status dnntune_graph_hash(const dnntune_graph* graph, const char** hash) {
  return guard([&] { need(hash, "hash") = need(graph, "graph").value.hash().c_str(); });
}

dnntune_status dnntune_graph_counts(const dnntune_graph* graph, size_t* inputs, size_t* outputs, size_t* layers) {
  return guard([&] {
    const dnntune::Graph& value = need(graph, "graph").value;
    need(inputs, "inputs");
    need(outputs, "outputs");
    need(layers, "layers");
    *inputs = value.inputs().size();
    *outputs = value.outputs().size();
    *layers = value.layers().size();
  });
}

dnntune_status dnntune_graph_input(const dnntune_graph* graph, size_t index, dnntune_value_info* info) {
  return guard([&] {
    need(info, "info");
    *info = describe(at(need(graph, "graph").value.inputs(), index, "input"));
  });
}

dnntune_status dnntune_graph_output(const dnntune_graph* graph, size_t index, dnntune_value_info* info) {
  return guard([&] {
    need(info, "info");
    *info = describe(at(need(graph, "graph").value.outputs(), index, "output"));
  });
}

dnntune_status dnntune_graph_layer(const dnntune_graph* graph, size_t index, dnntune_layer_info* info) {
  return guard([&] {
    need(info, "info");
    const dnntune::LayerInfo& layer = at(need(graph, "graph").value.layers(), index, "layer");
    *info = {layer.name.c_str(), layer.op.c_str(), layer.macs, layer.parameters, layer.output_bytes};
  });
}

}  // extern "C"
