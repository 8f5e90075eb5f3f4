// SPDX-License-Identifier: Apache-2.0
// Which values a node uses, the outer values captured by its sub-graphs included.
#pragma once

#include <string_view>
#include <vector>

#include "onnx/wire.h"

namespace dnntune::onnx {

struct Uses {
  /// Each name once, in order of first use; "" never. Views into the protobuf bytes.
  std::vector<std::string_view> names;
  /// A tensor inside keeps its elements in an external file.
  bool external_data = false;
};

/// Uses of a NodeProto. Throws invalid_model for damage, limit_exceeded beyond kMaxGraphDepth.
Uses uses_of_node(Bytes node);
/// Names a GraphProto (`depth` levels down) uses but does not define.
Uses free_names(Bytes graph, int depth = 1);

}  // namespace dnntune::onnx
