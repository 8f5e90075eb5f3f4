// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy format (versions 1 to 3) in memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "dnntune/tensor.h"

namespace dnntune::onnx {

/// The array in C order, copied. Column-major arrays are transposed on the way. `label` names the file
/// in messages. Throws invalid_model for damage, unsupported for element types there is no DataType for.
Tensor parse_npy(std::span<const std::byte> bytes, const std::string& label);

/// The header up to the elements, which must follow. Throws unsupported for bfloat16, which .npy lacks.
std::string npy_header(const Tensor& tensor);

}  // namespace dnntune::onnx
