// SPDX-License-Identifier: Apache-2.0
// From operators as a file names them to the library's own list, in opset-17 form.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/ir.h"
#include "onnx/node_proto.h"
#include "onnx/unique_names.h"
#include "onnx/upgrade.h"

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
/// `control_flow` is called with each node of control flow that is not, before its form is looked at: it
/// reads the node's sub-graphs. Returns the values with the types and shapes that follow from the file alone.
std::vector<graph::Value> bring_to_form(graph::Ir& ir, UniqueNames& value_names, std::int64_t opset, const StrangeValues& strange,
                                        const std::function<void(graph::Node&, const UpgradeContext&)>& control_flow);

}  // namespace dnntune::onnx
