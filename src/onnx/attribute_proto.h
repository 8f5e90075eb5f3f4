// SPDX-License-Identifier: Apache-2.0
// AttributeProto in and out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dnntune/builder.h"
#include "onnx/tensor_proto.h"
#include "onnx/wire.h"

namespace dnntune::onnx {

struct ParsedAttribute {
  std::string_view name;
  std::optional<AttributeValue> value;  ///< Unset when `unsupported` says why.
  std::string unsupported;              ///< A kind that AttributeValue does not have: "attribute 'body' is a sub-graph".
  bool has_subgraph = false;
  Bytes subgraph;                       ///< The GraphProto of an attribute that is one sub-graph.
  bool external_data = false;           ///< A tensor that keeps its elements in an external file.
};

/// `node` names the node in messages.
ParsedAttribute read_attribute(Bytes proto, const TensorSource& source, std::string_view node);

/// The AttributeProto of a value.
std::string write_attribute(std::string_view name, const AttributeValue& value);

}  // namespace dnntune::onnx
