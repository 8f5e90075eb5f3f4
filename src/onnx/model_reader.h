// SPDX-License-Identifier: Apache-2.0
// ModelProto -> source graph: every node in opset-17 form or marked with the reason why it cannot be.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "graph/ir.h"
#include "graph/storage.h"
#include "onnx/wire.h"

namespace dnntune::onnx {

struct ModelBytes {
  Bytes bytes;
  std::shared_ptr<const void> owner;               ///< Keeps `bytes` alive.
  std::optional<std::filesystem::path> directory;  ///< Where external data may lie; unset: refused.
  std::string label;                               ///< Names the file in messages.
  std::shared_ptr<const base::MappedFile> file = {};  ///< What `bytes` are mapped from; null when they lie in memory.
};

struct Source {
  graph::Ir ir;
  graph::ModelInfo model;
  graph::Storage storage;  ///< Every span of `ir` and `model` points into it.
};

/// Throws invalid_model, limit_exceeded, unsupported (external data of a model in memory), not_found or
/// io (external files). Never throws for a node that is valid but not implemented.
Source read_model(const ModelBytes& file);

}  // namespace dnntune::onnx
