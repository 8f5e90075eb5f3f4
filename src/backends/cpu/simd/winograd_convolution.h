// SPDX-License-Identifier: Apache-2.0
// A convolution with a small window of stride 1 by Winograd's method.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/constant_floats.h"
#include "backends/cpu/simd/conv_window.h"
#include "base/aligned.h"
#include "base/thread_pool.h"
#include "kernels/simd/gemm.h"
#include "kernels/simd/winograd.h"

namespace dnntune::backends::cpu::simd {

class WinogradConvolution {
 public:
  /// Whether the convolution can be computed with these kernels and, in bfloat16, should be: the error may be too large.
  static bool fits(const kernels::simd::WinogradKernels& kernels, const ImageWindow& image, bool bfloat16) noexcept;
  /// The kernels to use; null where others are faster or must be used.
  static const kernels::simd::WinogradKernels* kernels_for(const ImageWindow& image, std::int64_t groups, bool bfloat16) noexcept;
  static std::string_view name(const kernels::simd::WinogradKernels& kernels, bool bfloat16) noexcept;

  /// A Conv, checked by prepare_conv. `bfloat16`: in which what is transformed is multiplied; the processor must have
  /// such kernels.
  WinogradConvolution(const kernels::simd::WinogradKernels& kernels, bool bfloat16, const ImageWindow& image,
                      std::int64_t groups, const LayerSpec& layer);

  std::string_view kernel() const noexcept { return name(kernels_, gemm_.values > 1); }
  std::size_t scratch_bytes() const noexcept;
  std::size_t weight_bytes() const noexcept { return packed_->bytes(); }

  std::int64_t input_columns() const noexcept { return image_.in_channels; }    ///< Floats of a pixel.
  std::int64_t output_columns() const noexcept { return image_.out_channels; }
  void run(const PitchedPair& at, std::byte* scratch, base::ThreadPool& pool) const;

 private:
  struct Packed {
    base::AlignedBuffer weights, bias, zeros;
    std::size_t bytes() const noexcept { return weights.size() + bias.size() + zeros.size(); }
  };
  Packed room(bool biased) const;
  void pack_all(const TensorSpec& weights, const TensorSpec& bias, Packed& packed) const;
  /// Transforms and packs the weights of a group.
  void pack(ConstantFloats& source, std::int64_t group, float* to) const;
  kernels::simd::WinogradArgs args(const PitchedPair& at, std::int64_t group) const noexcept;
  kernels::simd::WinogradBlock block(base::Range tiles, float* scratch) const noexcept;
  kernels::simd::PackedArgs product(const kernels::simd::WinogradBlock& block, std::int64_t group,
                                    std::int64_t position) const noexcept;
  std::int64_t positions() const noexcept { return kernels_.shape.positions(); }
  std::int64_t scratch_floats() const noexcept;
  void run_blocks(const PitchedPair& at, float* scratch, base::ThreadPool& pool) const;
  void run_shared(const PitchedPair& at, float* scratch, base::ThreadPool& pool) const;

  kernels::simd::WinogradKernels kernels_;
  const kernels::simd::GemmKernels& gemm_;
  std::int64_t channels_;              ///< Of a group's input.
  kernels::simd::PanelLayout layout_;  ///< Of one position of one group, in words.
  ImageWindow image_;
  std::int64_t groups_;
  kernels::Activation activation_;
  int threads_;
  std::int64_t tiles_ = 0;
  std::int64_t block_tiles_ = 0;
  bool shared_ = false;  ///< All threads work on one block at a time, each on a part of the weights.
  std::shared_ptr<const Packed> packed_;
};

}  // namespace dnntune::backends::cpu::simd
