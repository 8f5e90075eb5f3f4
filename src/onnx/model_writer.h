// SPDX-License-Identifier: Apache-2.0
// Source graph -> ModelProto.
#pragma once

#include <cstddef>
#include <vector>

#include "graph/ir.h"

namespace dnntune::onnx {

/// Nodes and initialisers that came from a file are copied as they are; others are written in opset-17
/// form, weights as raw_data. Constants that the upgrade table made stay out: the copied nodes do not
/// name them. External data becomes part of the file. Throws limit_exceeded beyond kMaxModelBytes,
/// unsupported when a sub-graph keeps weights in an external file.
std::vector<std::byte> write_model(const graph::Ir& ir, const graph::ModelInfo& model);

}  // namespace dnntune::onnx
