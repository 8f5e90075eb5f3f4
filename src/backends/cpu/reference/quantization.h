// SPDX-License-Identifier: Apache-2.0
// Scales and zero points of quantized layers: checked once, read when the layer runs, for they may be computed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "kernels/activation.h"
#include "kernels/quantization.h"

namespace dnntune::backends::cpu {

/// Pointers to a layer's inputs, as in Buffers.
using InputPointers = std::span<const void* const>;

bool is_signed(const TensorSpec& operand) noexcept;
/// Throws invalid_model or unsupported unless the operand is uint8 or int8.
void require_bytes(const LayerSpec& layer, const TensorSpec& operand);

/// Where a layer has the scale and the zero point of one of its tensors; -1: it has none.
struct ScaleOperands {
  int scale = -1, zero_point = -1;
};
/// Checks both against `tensor`: single numbers or lists of `channels`. The zero point may be left out.
void check_scale(const LayerSpec& layer, const TensorSpec& tensor, ScaleOperands at, std::int64_t channels = 1);
/// The first entry; zero point 0 where it is left out.
float read_scale(InputPointers inputs, ScaleOperands at) noexcept;
std::int32_t read_zero_point(InputPointers inputs, ScaleOperands at, bool is_signed) noexcept;

/// The constants among a layer's inputs; null for all else.
std::vector<const void*> constant_pointers(const LayerSpec& layer);
/// Whether scale and zero point are single constants, the scale a positive number.
bool has_known_scale(const LayerSpec& layer, ScaleOperands at);

/// How a layer stores an output of that type, with its activation's bounds. `activation`: none, relu or clip.
kernels::Quantizer read_quantizer(InputPointers inputs, ScaleOperands at, bool is_signed, const kernels::Activation& activation) noexcept;
/// The activation fused into a quantized layer; throws unsupported when it is not one that cuts off.
kernels::Activation clamping_activation(const LayerSpec& layer);

/// Scales and zero points of a convolution or product, of integers alone or quantized anew.
class ProductQuantization {
 public:
  /// `rows`: entries that the zero point of input 0 may have. Checks all operands but shapes.
  ProductQuantization(const LayerSpec& layer, std::size_t weights, std::int64_t rows, std::int64_t channels);

  struct Values {
    const std::int32_t* x_zeros;       ///< [rows]
    const std::int32_t* weight_zeros;  ///< [channels]
    const float* multipliers;          ///< [channels]; null when the output is the sum
    kernels::Quantizer quantizer;
  };
  std::size_t scratch_bytes() const noexcept { return static_cast<std::size_t>(rows_ + 2 * channels_) * 4; }
  /// The values, in `scratch`.
  Values read(InputPointers inputs, std::byte* scratch) const noexcept;

  bool x_signed() const noexcept { return x_signed_; }
  bool weights_signed() const noexcept { return weights_signed_; }
  bool requantizes() const noexcept { return y_.scale >= 0; }

 private:
  ScaleOperands x_, weights_, y_;
  std::int64_t rows_, channels_;
  std::int64_t x_entries_ = 1, weight_scale_entries_ = 1, weight_zero_entries_ = 1;
  bool x_signed_, weights_signed_, y_signed_ = false;
  kernels::Activation activation_;
};

}  // namespace dnntune::backends::cpu
