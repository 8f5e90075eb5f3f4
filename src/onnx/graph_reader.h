// SPDX-License-Identifier: Apache-2.0
// GraphProto -> source graph, sub-graphs included.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/ir.h"
#include "onnx/functions.h"
#include "onnx/model_proto.h"
#include "onnx/tensor_proto.h"
#include "onnx/unique_names.h"

namespace dnntune::onnx {

/// What the graphs of one file have in common.
struct ReadingFile {
  TensorSource tensors;
  std::optional<std::int64_t> opset;  ///< Of the default domain.
  Functions functions;
  UniqueNames value_names;            ///< Of all graphs: no two values of a model have one name.
  UniqueNames node_names;             ///< Likewise.
  std::size_t nodes = 0;              ///< Read so far, in all graphs.
  int depth = 0;                      ///< Of the graph being read: how many graphs it lies in, bodies of calls included.
  FunctionWork function_work;
  /// Protobuf made while reading, where names had to change; spans of the graphs point into it.
  std::shared_ptr<std::deque<std::string>> made = std::make_shared<std::deque<std::string>>();
};

/// The main graph. Throws what read_model throws.
graph::Ir read_graph(const GraphFields& fields, ReadingFile& file);

}  // namespace dnntune::onnx
