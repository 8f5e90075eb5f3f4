// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {

bool all_float(const LayerSpec& layer) noexcept {
  const auto fits = [](const TensorSpec& operand) { return !operand.present() || operand.type == DataType::float32; };
  const auto empty = [](const TensorSpec& operand) {
    return operand.present() && std::find(operand.shape.begin(), operand.shape.end(), 0) != operand.shape.end();
  };
  return std::all_of(layer.inputs.begin(), layer.inputs.end(), fits) &&
         std::all_of(layer.outputs.begin(), layer.outputs.end(), fits) &&
         std::none_of(layer.outputs.begin(), layer.outputs.end(), empty);
}

std::unique_ptr<PreparedLayer> prepare(const LayerSpec& layer) {
  switch (layer.node.op) {
    case graph::Op::Conv: return prepare_conv(layer);
    case graph::Op::Gemm: return prepare_gemm(layer);
    case graph::Op::MatMul: return prepare_matmul(layer);
    default: return nullptr;
  }
}

}  // namespace dnntune::backends::cpu::simd
