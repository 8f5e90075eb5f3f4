// SPDX-License-Identifier: Apache-2.0
// NodeProto in and out, names still as text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/ir.h"
#include "onnx/tensor_proto.h"
#include "onnx/wire.h"

namespace dnntune::onnx {

struct ParsedNode {
  std::string_view op_type, domain, name;
  std::vector<std::string_view> inputs, outputs;  ///< "" = left out.
  /// Outer values that sub-graphs of the node read, beyond `inputs`.
  std::vector<std::string_view> captures;
  graph::Attributes attributes;
  bool has_subgraph = false;
  /// Attributes that are one sub-graph each: name and GraphProto.
  std::vector<std::pair<std::string_view, Bytes>> subgraphs;
  std::string unsupported;     ///< An attribute of a kind the library does not have; sub-graphs of control flow are none.
  bool external_data = false;  ///< A tensor attribute keeps its elements in an external file.
  Bytes raw;
};

ParsedNode read_node(Bytes proto, const TensorSource& source);

/// The NodeProto of a node made in this program, in opset-17 form.
std::string write_node(const graph::Ir& ir, const graph::Node& node);

/// The operators whose sub-graphs the library runs.
constexpr bool is_control_flow(std::string_view op_type) { return op_type == "If" || op_type == "Loop" || op_type == "Scan"; }

/// ONNX's own domain under either of its names.
constexpr bool is_default_domain(std::string_view domain) { return domain.empty() || domain == "ai.onnx"; }

}  // namespace dnntune::onnx
