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

struct ModelFields {
  graph::ModelInfo info;
  std::optional<std::int64_t> opset;  ///< Of the default domain, when the model imports it.
  std::string_view graph_name;
  std::vector<Bytes> nodes, inputs, outputs, value_infos, initialisers;
  std::vector<Bytes> sparse_initialisers;  ///< Also among `info.raw_graph_fields`.
};

/// Throws invalid_model or limit_exceeded.
ModelFields read_model_fields(Bytes model);

}  // namespace dnntune::onnx
