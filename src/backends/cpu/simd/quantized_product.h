// SPDX-License-Identifier: Apache-2.0
// A product of bytes whose right operand is packed once: convolutions and matrix products.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "backends/cpu/reference/quantization.h"
#include "backends/weight_store.h"
#include "base/aligned.h"
#include "base/thread_pool.h"
#include "kernels/simd/quantized_gemm.h"

namespace dnntune::backends::cpu::simd {

/// What a quantized product or convolution is computed with, where all of it but a zero point of input 0 is constant.
struct ProductConstants {
  FormKey key{"quantized"};                ///< Names all of it.
  bool x_signed = false, weights_signed = false, output_signed = false;
  bool knows_x_zero = false;
  std::int32_t x_zero = 0;                 ///< 0 where it is not known.
  const std::uint8_t* weights = nullptr;
  const std::int32_t* bias = nullptr;      ///< Or null.
  std::vector<std::int32_t> weight_zeros;  ///< Of each channel, as if weights were signed.
  std::vector<float> multipliers;          ///< Of each channel; empty where the output is the sum.
  kernels::Quantizer quantizer;

  std::uint8_t weight_flip() const noexcept { return weights_signed ? 0 : 0x80; }
  bool has_weight_zeros() const noexcept;
};

/// Nullopt for what the reference kernels see to: operands that are only known when the layer runs, scales that are no
/// positive numbers, a zero point for each row. `weights`: the input that has them; the bias is input 8.
std::optional<ProductConstants> product_constants(const LayerSpec& layer, std::size_t weights, std::int64_t rows, std::int64_t channels);

class QuantizedProduct {
 public:
  /// In bytes of A and elements of C.
  struct Shape {
    std::int64_t m = 0, k = 0, n = 0;  ///< Of each group.
    std::int64_t groups = 1;
    std::int64_t a_bytes = 0, a_stride = 0, a_group_stride = 0, c_stride = 0;
    /// Byte (k, n) of a group's weights, and from one group's to the next one's.
    std::int64_t b_stride_k = 0, b_stride_n = 0, b_group_stride = 0;
    std::int64_t taps = 1;  ///< Weights lie [n, k / taps, taps], and k counts taps first; 1: as strides say.
  };

  QuantizedProduct(const LayerSpec& layer, const Shape& shape, const ProductConstants& constants, const kernels::simd::ConvWindow* window = nullptr);

  std::size_t scratch_bytes() const noexcept;
  std::size_t weight_bytes() const noexcept { return weights_->bytes(); }
  /// `x_zero`: the zero point of A where the constants do not have it.
  void run(const std::uint8_t* a, void* c, std::int32_t x_zero, std::byte* scratch, base::ThreadPool& pool) const;

 private:
  struct Weights {
    base::AlignedBuffer panels;
    base::AlignedBuffer columns;  ///< Sums of weights, biases, zero points, starts, multipliers: of all groups, each.
    std::size_t bytes() const noexcept { return panels.size() + columns.size(); }
  };

  Weights room() const;
  void pack(const ProductConstants& constants, Weights& weights) const;
  /// `sums`: Weights::columns.
  void set_start(const std::int32_t* sums, std::int32_t x_zero, std::int32_t* start) const noexcept;
  std::int32_t stored_x_zero(std::int32_t x_zero) const noexcept;

  const kernels::simd::QuantizedGemmKernels& kernels_;
  Shape shape_;
  kernels::simd::BytePanels layout_;
  kernels::simd::ConvWindow window_;
  bool has_window_, knows_x_zero_, x_signed_, output_signed_, has_multipliers_, has_weight_zeros_;
  std::int32_t x_zero_;
  kernels::Quantizer quantizer_;
  int threads_;
  std::shared_ptr<const Weights> weights_;
  std::int64_t blocks_ = 1, block_rows_ = 0, thread_bytes_ = 0;
};

}  // namespace dnntune::backends::cpu::simd
