// SPDX-License-Identifier: Apache-2.0
// The functions that make layers: each takes a layer of its operators, or returns null and notes why not.
#pragma once

#include "backends/xnnpack/layer.h"

namespace dnntune::backends::xnnpack {

std::unique_ptr<PreparedLayer> prepare_conv(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_conv_transpose(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_dense(const LayerSpec& layer);             // Gemm, MatMul
std::unique_ptr<PreparedLayer> prepare_pool(const LayerSpec& layer);              // MaxPool of floats and bytes, AveragePool
std::unique_ptr<PreparedLayer> prepare_global_average(const LayerSpec& layer);    // GlobalAveragePool, ReduceMean
std::unique_ptr<PreparedLayer> prepare_unary(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_binary(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_prelu(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_softmax(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_pad(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_resize(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_depth_to_space(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_transpose(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_quantized_conv(const LayerSpec& layer);    // QLinearConv
std::unique_ptr<PreparedLayer> prepare_quantized_dense(const LayerSpec& layer);   // QLinearMatMul
std::unique_ptr<PreparedLayer> prepare_quantized_add(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_quantized_global_average(const LayerSpec& layer);
std::unique_ptr<PreparedLayer> prepare_conversion(const LayerSpec& layer);        // QuantizeLinear, DequantizeLinear

/// All operands are float32, and none of the outputs is empty.
bool is_float(const LayerSpec& layer) noexcept;

}  // namespace dnntune::backends::xnnpack
