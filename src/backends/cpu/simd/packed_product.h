// SPDX-License-Identifier: Apache-2.0
// A matrix product whose right operand is packed once: which kernel computes it, in which pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/packed_weights.h"
#include "base/thread_pool.h"

namespace dnntune::backends::cpu::simd {

/// C = activation(A x B + bias) in independent groups, whose columns of A and C lie side by side. The
/// rows of A are those of a matrix or the windows of a convolution.
class PackedProduct {
 public:
  struct Shape {
    std::int64_t m = 0;               ///< Rows, of each group; k and n are those of the weights.
    std::int64_t groups = 1;
    std::int64_t a_rows = 0;          ///< Of A in memory; of a convolution: pixels of its input.
    std::int64_t a_stride = 0;        ///< Floats between them, if A is dense.
    std::int64_t a_group_stride = 0;  ///< Floats from one group's first column of A to the next one's.
    std::int64_t c_stride = 0;        ///< Floats between rows of C, if that is dense.
  };

  /// `window` null: A is a matrix. Weights of 16 bits: m is 1. Paired weights: m is more, and products are in bfloat16.
  PackedProduct(const Shape& shape, SharedWeights weights, kernels::Activation activation, int threads,
                const kernels::simd::ConvWindow* window = nullptr);

  std::size_t scratch_bytes() const noexcept;  ///< For all threads.
  std::size_t weight_bytes() const noexcept { return weights_->bytes(); }
  /// "simd.gemv", with "_fp16" or "_bf16" for such weights, for a single row; else `otherwise` or, in bfloat16,
  /// `otherwise_bfloat16`.
  std::string_view kernel(std::string_view otherwise, std::string_view otherwise_bfloat16) const noexcept;

  std::int64_t input_columns() const noexcept { return shape_.a_stride; }  ///< Of a dense A.
  std::int64_t output_columns() const noexcept { return shape_.c_stride; }
  void run(const PitchedPair& at, std::byte* scratch, base::ThreadPool& pool) const;
  /// Rows [rows.begin, rows.end) of C, by the calling thread; m > 1. Of A, `a_rows` rows (or pixels) may be read.
  void run_rows(const PitchedPair& at, std::int64_t a_rows, base::Range rows, std::byte* scratch) const noexcept;
  std::size_t row_scratch_bytes() const noexcept;

 private:
  enum class Way { row, direct, blocks };
  Way choose() const noexcept;
  void choose_blocks() noexcept;
  void run_row(const PitchedPair& at, base::ThreadPool& pool) const;
  void run_direct(const PitchedPair& at, base::ThreadPool& pool) const;
  void run_blocks(const PitchedPair& at, std::byte* scratch, base::ThreadPool& pool) const;
  /// The window on an input of that pitch.
  kernels::simd::ConvWindow window(std::int64_t pitch) const noexcept;
  kernels::simd::GemmArgs args(const PitchedPair& at, std::int64_t a_rows, const kernels::simd::ConvWindow& window,
                               std::int64_t group) const noexcept;
  kernels::simd::DirectArgs direct_args(const PitchedPair& at) const noexcept;

  const kernels::simd::GemmKernels& kernels_;
  kernels::simd::RowFn row_;
  kernels::simd::DirectFn direct_;
  Shape shape_;
  SharedWeights weights_;
  kernels::Activation activation_;
  int threads_;
  bool has_window_;
  kernels::simd::ConvWindow window_;
  Way way_;
  std::int64_t depth_ = 0;           ///< Of a pass along K.
  std::int64_t blocks_ = 1;          ///< Of rows.
  bool keeps_rows_ = false;          ///< Workers keep the packed rows of a block from piece to piece.
  std::int64_t few_rows_ = 0;        ///< Of a block within `run_rows`: packed they leave room in the caches.
  std::int64_t scratch_floats_ = 0;  ///< Of one thread.
};

}  // namespace dnntune::backends::cpu::simd
