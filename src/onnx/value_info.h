// SPDX-License-Identifier: Apache-2.0
// ValueInfoProto in and out: the type and shape of a graph input, output or inner value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir.h"
#include "onnx/wire.h"

namespace dnntune::onnx {

struct ParsedValueInfo {
  std::string_view name;
  DataType type = DataType::undefined;  ///< Stays undefined when the file states none.
  std::optional<Shape> shape;
  std::vector<std::string> dim_names;   ///< Empty, or one a dimension.
  std::string unsupported;              ///< "a sequence", "a tensor of element type string"; empty for tensors we have.
};

/// `what` says which list the value is of ("graph input").
ParsedValueInfo read_value_info(Bytes proto, std::string_view what);

/// A ValueInfoProto of a tensor; -1 dimensions without a symbol are written without a value.
std::string write_value_info(const graph::Value& value);

}  // namespace dnntune::onnx
