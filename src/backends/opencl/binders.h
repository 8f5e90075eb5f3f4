// SPDX-License-Identifier: Apache-2.0
// One function a family of operators: binds a checked layer to kernels. Each throws Refusal for what it does not take.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "backends/opencl/layer.h"

namespace dnntune::backends::opencl {

using Prepared = std::unique_ptr<PreparedLayer>;

/// Conv and ConvTranspose.
Prepared prepare_conv(OpenClContext& context, const LayerSpec& layer);
std::vector<std::string_view> conv_kernels(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_gemm(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_matmul(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_recurrent(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_pool(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_global_pool(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_reduce(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_softmax(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_batch_normalization(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_normalization(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_lrn(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_unary(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_clip(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_binary(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_cast(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_resize(OpenClContext& context, const LayerSpec& layer);
/// These move elements of any type.
Prepared prepare_view(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_concat(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_split(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_slice(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_transpose(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_pad(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_gather(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_expand(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_tile(OpenClContext& context, const LayerSpec& layer);
Prepared prepare_blocks(OpenClContext& context, const LayerSpec& layer);

}  // namespace dnntune::backends::opencl
