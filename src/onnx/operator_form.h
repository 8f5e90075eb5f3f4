// SPDX-License-Identifier: Apache-2.0
// From operators as a file names them to the library's own list, in opset-17 form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "graph/ir.h"
#include "onnx/node_proto.h"
#include "onnx/unique_names.h"

namespace dnntune::onnx {

/// Values that a Tensor cannot hold, and what they are: "a sequence", "of element type string".
using StrangeValues = std::unordered_map<graph::ValueId, std::string>;

/// Why a node cannot run, as far as the node alone tells; "" when nothing speaks against it. Throws
/// invalid_model when it needs an opset that the model does not import.
std::string unsupported_reason(const graph::Node& node, const ParsedNode& parsed, std::optional<std::int64_t> opset);

/// Checks a node's operands against its row of the operator list. Throws invalid_model naming the node.
void check_arity(const graph::Node& node, const graph::OpInfo& info);

/// Upgrades every node that is not marked unsupported and finds its Op; marks it when there is none.
/// Throws invalid_model for nodes with too few or too many operands. Nodes must be in running order.
void bring_to_form(graph::Ir& ir, UniqueNames& value_names, std::int64_t opset, const StrangeValues& strange);

}  // namespace dnntune::onnx
