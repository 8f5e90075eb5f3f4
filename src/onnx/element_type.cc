// SPDX-License-Identifier: Apache-2.0
#include "onnx/element_type.h"

#include <fmt/format.h>

namespace dnntune::onnx {

DataType element_type(std::int64_t onnx_type) noexcept {
  if (onnx_type < 0 || onnx_type > 64) return DataType::undefined;
  const auto type = static_cast<DataType>(onnx_type);
  return size_of(type) == 0 ? DataType::undefined : type;
}

std::string element_type_name(std::int64_t onnx_type) {
  const DataType known = element_type(onnx_type);
  if (known != DataType::undefined) return to_string(known);
  switch (onnx_type) {
    case 0: return "undefined";
    case 8: return "string";
    case 14: return "complex64";
    case 15: return "complex128";
    case 17: return "float8e4m3fn";
    case 18: return "float8e4m3fnuz";
    case 19: return "float8e5m2";
    case 20: return "float8e5m2fnuz";
    case 21: return "uint4";
    case 22: return "int4";
    case 23: return "float4e2m1";
    case 24: return "float8e8m0";
    case 25: return "uint2";
    case 26: return "int2";
    default: return fmt::to_string(onnx_type);
  }
}

}  // namespace dnntune::onnx
