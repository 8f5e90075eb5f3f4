// SPDX-License-Identifier: Apache-2.0
// ModelProto and GraphProto split into their fields, the graph's parts still as bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/ir.h"
#include "onnx/wire.h"

namespace dnntune::onnx {

struct GraphFields {
  std::string_view graph_name;
  std::vector<Bytes> nodes, inputs, outputs, value_infos, initialisers;
  std::vector<Bytes> sparse_initialisers;  ///< Also among `rest`.
  std::vector<Bytes> rest;                 ///< Fields that are not interpreted, keys included.
};

struct ModelFields : GraphFields {
  graph::ModelInfo info;              ///< But for `raw_graph_fields`, which are `rest`.
  std::optional<std::int64_t> opset;  ///< Of the default domain, when the model imports it.
  std::vector<Bytes> functions;       ///< Also among `info.raw_fields`.
};

/// Throws invalid_model or limit_exceeded.
ModelFields read_model_fields(Bytes model);
/// The same of a sub-graph.
GraphFields read_graph_fields(Bytes graph);

}  // namespace dnntune::onnx
