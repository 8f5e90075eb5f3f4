// SPDX-License-Identifier: Apache-2.0
// TensorProto.DataType numbers: those the library has, and names for those it does not.
#pragma once

#include <cstdint>
#include <string>

#include "dnntune/tensor.h"

namespace dnntune::onnx {

/// `undefined` for types without a DataType (string, complex, 8-bit floats, 4-bit integers...).
DataType element_type(std::int64_t onnx_type) noexcept;
/// "string", "float8e4m3fn"; the number for types that came later.
std::string element_type_name(std::int64_t onnx_type);

}  // namespace dnntune::onnx
