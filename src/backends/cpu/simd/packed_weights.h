// SPDX-License-Identifier: Apache-2.0
// The right operand of a matrix product or convolution with its bias, in the kernels' own order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/aligned.h"
#include "kernels/simd/direct.h"
#include "kernels/simd/gemm.h"

namespace dnntune::backends::cpu::simd {

/// `groups` matrices of one size. Made once, by the thread that prepares a layer.
class PackedWeights {
 public:
  PackedWeights() = default;
  PackedWeights(std::int64_t k, std::int64_t n, std::int64_t groups);

  /// Packs a group's matrix, element (k, n) at b[k * stride_k + n * stride_n], times `scale`.
  void pack(std::int64_t group, const float* b, std::int64_t stride_k, std::int64_t stride_n, float scale);
  /// Packs ONNX's convolution weights, [groups * n, channels, taps], with rows in the order (tap, channel).
  void pack_convolution(const float* weights, std::int64_t channels, std::int64_t taps);
  /// The bias of column n of all groups together is bias[n * stride] * scale; stride 0 repeats one value.
  void set_bias(const float* bias, std::int64_t stride, float scale);

  const kernels::simd::PanelLayout& layout() const noexcept { return layout_; }
  const float* panels(std::int64_t group = 0) const noexcept { return panels_.as<float>() + group * layout_.floats(); }
  /// Null: none.
  const float* bias(std::int64_t group = 0) const noexcept {
    return bias_.size() == 0 ? nullptr : bias_.as<float>() + group * layout_.padded_columns();
  }
  std::size_t bytes() const noexcept { return panels_.size() + bias_.size(); }

 private:
  kernels::simd::PanelLayout layout_;
  std::int64_t groups_ = 1;
  base::AlignedBuffer panels_;
  base::AlignedBuffer bias_;
};

}  // namespace dnntune::backends::cpu::simd
