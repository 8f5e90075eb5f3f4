// SPDX-License-Identifier: Apache-2.0
// The SIMD layers, one function a kernel family: each returns null for what it has no kernel for.
#pragma once

#include "backends/cpu/families.h"

namespace dnntune::backends::cpu::simd {

std::unique_ptr<PreparedLayer> prepare_conv(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_gemm(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_matmul(const LayerSpec& layer);

/// All operands that are there are float32 and no output is empty.
bool all_float(const LayerSpec& layer) noexcept;
/// Null when the operand is absent or not constant. Checked to be float32 before.
inline const float* constant_floats(const TensorSpec& operand) {
  return operand.constant.defined() ? operand.constant.as<float>().data() : nullptr;
}

}  // namespace dnntune::backends::cpu::simd
