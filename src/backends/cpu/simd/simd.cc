// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "backends/layer_helpers.h"
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
  using graph::Op;
  if (std::unique_ptr<PreparedLayer> prepared = prepare_widened(layer)) return prepared;
  switch (layer.node.op) {
    case Op::Conv: return prepare_conv(layer);
    case Op::ConvTranspose: return prepare_conv_transpose(layer);
    case Op::Gemm: return prepare_gemm(layer);
    case Op::MatMul: return prepare_matmul(layer);
    case Op::QuantizeLinear: return prepare_quantize(layer);
    case Op::DequantizeLinear: return prepare_dequantize(layer);
    case Op::QLinearAdd: return prepare_quantized_add(layer);
    case Op::QLinearGlobalAveragePool: return prepare_quantized_global_pool(layer);
    case Op::QLinearConv:
    case Op::ConvInteger: return prepare_quantized_conv(layer);
    case Op::QLinearMatMul:
    case Op::MatMulInteger: return prepare_quantized_matmul(layer);
    case Op::LSTM: return prepare_lstm(layer);
    case Op::GRU: return prepare_gru(layer);
    case Op::RNN: return prepare_rnn(layer);
    case Op::MaxPool:
    case Op::AveragePool: return input(layer, 0).type == DataType::float32 ? prepare_pool(layer) : prepare_byte_max_pool(layer);
    case Op::GlobalAveragePool:
    case Op::GlobalMaxPool: return prepare_global_pool(layer);
    case Op::ReduceL1:
    case Op::ReduceL2:
    case Op::ReduceLogSum:
    case Op::ReduceLogSumExp:
    case Op::ReduceMax:
    case Op::ReduceMean:
    case Op::ReduceMin:
    case Op::ReduceProd:
    case Op::ReduceSum:
    case Op::ReduceSumSquare: return prepare_reduce(layer);
    case Op::ArgMax:
    case Op::ArgMin: return prepare_arg_reduce(layer);
    case Op::Softmax:
    case Op::LogSoftmax: return prepare_softmax(layer);
    case Op::GroupNormalization:
    case Op::InstanceNormalization: return prepare_instance_normalization(layer);
    case Op::LayerNormalization: return prepare_layer_normalization(layer);
    case Op::BatchNormalization: return prepare_batch_normalization(layer);
    case Op::LRN: return prepare_lrn(layer);
    case Op::Concat: return prepare_concat(layer);
    case Op::Split: return prepare_split(layer);
    case Op::Slice: return prepare_slice(layer);
    case Op::Transpose: return prepare_transpose(layer);
    case Op::Resize: return prepare_resize(layer);
    case Op::DepthToSpace:
    case Op::SpaceToDepth: return prepare_blocks(layer);
    case Op::Cast:
    case Op::CastLike: return prepare_cast(layer);
    case Op::Clip: return prepare_clip(layer);
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Pow:
    case Op::PRelu:
    case Op::Max:
    case Op::Mean:
    case Op::Min:
    case Op::Sum: return prepare_binary(layer);
    default: return prepare_unary(layer);
  }
}

std::vector<std::string_view> kernels(const LayerSpec& layer) {
  return layer.node.op == graph::Op::Conv ? conv_kernels(layer) : std::vector<std::string_view>{};
}

}  // namespace dnntune::backends::cpu::simd
