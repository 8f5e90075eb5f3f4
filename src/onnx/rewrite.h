// SPDX-License-Identifier: Apache-2.0
// Nodes and graphs with other names in them, as protobuf: what sub-graphs and functions need where their
// names are taken. All else is copied as it is.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "onnx/wire.h"

namespace dnntune::onnx {

struct Rewriting {
  /// New names of values, by old name; "" leaves an optional input out.
  std::unordered_map<std::string_view, std::string> values;
  /// AttributeProtos by the name that nodes of a function refer to them. Null: references stay.
  const std::unordered_map<std::string_view, Bytes>* attributes = nullptr;
};

/// Names that a GraphProto defines itself: inputs, initialisers, outputs of its nodes.
std::vector<std::string_view> defined_names(Bytes graph);

/// Renames definitions and uses alike; within nested sub-graphs, what those do not define themselves.
std::string rewrite_graph(Bytes graph, const Rewriting& rewriting);
/// `name` becomes the node's name.
std::string rewrite_node(Bytes node, const Rewriting& rewriting, std::string_view name);

}  // namespace dnntune::onnx
