// SPDX-License-Identifier: Apache-2.0
// The SIMD layers, one function a kernel family: each returns null for what it has no kernel for.
#pragma once

#include "backends/cpu/families.h"
#include "kernels/simd/reduce.h"

namespace dnntune::backends::cpu::simd {

std::unique_ptr<PreparedLayer> prepare_arg_reduce(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_batch_normalization(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_binary(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_blocks(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_cast(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_clip(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_concat(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_conv(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_conv_transpose(const LayerSpec& layer);
std::vector<std::string_view> conv_kernels(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_gemm(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_global_pool(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_gru(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_instance_normalization(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_layer_normalization(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_lrn(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_lstm(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_matmul(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_pool(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_byte_max_pool(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_dequantize(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_quantize(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_quantized_add(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_quantized_global_pool(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_quantized_conv(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_quantized_matmul(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_reduce(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_resize(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_rnn(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_slice(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_softmax(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_split(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_transpose(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_unary(const LayerSpec& layer);
/// The layer's float32 form, with conversions, for one of 16-bit floats.
std::unique_ptr<PreparedLayer> prepare_widened(const LayerSpec& layer);

/// Reduces all of `outer`; see ReduceArgs.
void reduce_in_parallel(base::ThreadPool& pool, kernels::simd::Reduction reduction, const kernels::simd::ReduceArgs& args, std::int64_t outer);

/// All operands that are there are float32 and no output is empty.
bool all_float(const LayerSpec& layer) noexcept;
/// Null when the operand is absent or not constant. Checked to be float32 before.
inline const float* constant_floats(const TensorSpec& operand) {
  return operand.constant.defined() ? operand.constant.as<float>().data() : nullptr;
}

}  // namespace dnntune::backends::cpu::simd
