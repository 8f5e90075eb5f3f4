// SPDX-License-Identifier: Apache-2.0
// What a public Graph holds.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "dnntune/graph.h"
#include "graph/ir.h"
#include "graph/lower.h"
#include "graph/storage.h"

namespace dnntune::graph {

struct GraphImpl {
  Ir source;                 ///< Nodes as in the file, in opset-17 form. What `unsupported` lists is marked.
  ModelInfo model;
  Bindings bindings;         ///< Default input shapes.
  Lowered lowered;           ///< Layers, at the default shapes.
  const Evaluator* evaluator = nullptr;
  Storage storage;           ///< What `source` and `model` point into.

  std::vector<TensorInfo> inputs, outputs;
  std::vector<LayerInfo> layers;
  std::vector<CutPoint> cut_points;
  std::vector<std::string> unsupported;
  std::unordered_map<std::string, TensorInfo> values;  ///< Every value of the source but weights.
  std::unordered_map<std::string, ValueId> source_ids;  ///< Values of `source` by name.
  std::unordered_map<std::string, int> layer_ids;       ///< Indices of `layers` by name.
  std::int64_t macs = 0, parameters = 0;

  mutable std::once_flag hash_once;
  mutable std::string hash;
};

/// Validates and lowers `source` and fills every field above. Throws invalid_model, or unsupported with
/// all reasons unless `allow_unsupported`.
std::shared_ptr<const GraphImpl> make_graph_impl(Ir source, ModelInfo model, Bindings bindings, const Evaluator* evaluator,
                                                 Storage storage, bool allow_unsupported);

}  // namespace dnntune::graph
