// SPDX-License-Identifier: Apache-2.0
// The functions that the upgrade table in upgrade.cc calls, and what they share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onnx/upgrade.h"

namespace dnntune::onnx::steps {

// What they share.

Tensor vector_of(const std::vector<std::int64_t>& values);
/// A scalar of the type of the node's first input, as far as that is known; else float32.
Tensor scalar_like_input(const graph::Node& node, const UpgradeContext& context, float number);
graph::ValueId input(const graph::Node& node, std::size_t index);
/// Rank of an input; -1 when it is not known.
std::int64_t rank_of(const graph::Node& node, const UpgradeContext& context, std::size_t index);
void set_input(graph::Node& node, std::size_t index, graph::ValueId id);
void move_list_to_input(graph::Node& node, UpgradeContext& context, const char* name, std::size_t index);
/// Throws invalid_model when the attribute is missing.
void require_attribute(const graph::Node& node, const char* name);
void refuse(graph::Node& node, std::string reason);

using Step = void(graph::Node& node, UpgradeContext& context, std::int64_t opset);

// upgrade_operands.cc: attributes that became inputs.
Step axes_to_input, unsqueeze_axes, split_sizes, split_count, slice_ranges, pad_amounts, pad_axes, top_k_count, clip_bounds, dropout_ratio,
    constant_value, dft_axis, group_normalization_channels;

// upgrade_meaning.cc: operators whose meaning, name or range changed.
Step upsample_scales, asymmetric_resize, resize_empty_operands, resize_new_attributes, softmax_flattens, batch_normalization,
    dropout_training, cast_target, eye_like_type, rename_scatter, roi_align_centres, scan_of_batch;

// upgrade_quantized.cc: newer forms of quantization, and operators of com.microsoft.
Step quantize_type, dequantize_type, quantized_gemm, quantized_softmax;

// upgrade_before_7.cc: what PyTorch and Caffe2 wrote in 2017 and 2018.
Step too_old, old_broadcast, old_prelu, old_gemm, old_training_flag, old_reshape, old_concat, old_pad, old_cast, old_selu, old_recurrent;

}  // namespace dnntune::onnx::steps
