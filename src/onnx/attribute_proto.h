// SPDX-License-Identifier: Apache-2.0
// AttributeProto in and out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dnntune/builder.h"
#include "onnx/tensor_proto.h"
#include "onnx/wire.h"

namespace dnntune::onnx {

struct ParsedAttribute {
  std::string_view name;
  /// For a kind that AttributeValue cannot hold: the AttributeProto's bytes as a string, so that the
  /// node's identity still depends on them.
  AttributeValue value;
  std::string unsupported;           ///< Why `value` is only bytes; empty when it is the real value.
  std::vector<Bytes> graphs;         ///< Sub-graphs, for control flow.
  bool external_data = false;
};

/// `node` names the node in messages.
ParsedAttribute read_attribute(Bytes proto, const TensorSource& source, std::string_view node);

/// The AttributeProto of a value.
std::string write_attribute(std::string_view name, const AttributeValue& value);

}  // namespace dnntune::onnx
