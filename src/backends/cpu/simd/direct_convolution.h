// SPDX-License-Identifier: Apache-2.0
// A windowed convolution with few output channels, run by the direct kernel on zero-padded image rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/packed_weights.h"
#include "base/thread_pool.h"

namespace dnntune::backends::cpu::simd {

class DirectConvolution {
 public:
  /// Whether it can be computed this way.
  static bool fits(const ImageWindow& image, std::int64_t groups) noexcept;
  /// Whether this way, when it fits, is faster than packing windows: few output channels, rows that fill tiles and, in
  /// bfloat16, channels that are not packed by whole turns.
  static bool suits(const ImageWindow& image, bool bfloat16) noexcept;

  /// Weights may be paired, in runs of `run_values`: then products are in bfloat16.
  DirectConvolution(const ImageWindow& image, SharedWeights weights, kernels::Activation activation, int threads);

  std::size_t scratch_bytes() const noexcept { return static_cast<std::size_t>(threads_) * row_scratch_bytes(); }
  std::size_t weight_bytes() const noexcept { return weights_->bytes(); }
  /// One of these two, by the arithmetic.
  std::string_view kernel(std::string_view in_float32, std::string_view in_bfloat16) const noexcept { return rounds() ? in_bfloat16 : in_float32; }

  void run(const PitchedPair& at, std::byte* scratch, base::ThreadPool& pool) const;
  /// Output rows `rows` of one image, by the calling thread; the image's row 0 lies, or would lie, at `at.input`.
  void run_rows(const PitchedPair& at, base::Range rows, std::byte* scratch) const noexcept;
  std::size_t row_scratch_bytes() const noexcept { return static_cast<std::size_t>(strip_floats_ + halves_floats_) * sizeof(float); }
  /// Numbers of a window that lie beside each other in the image: what paired weights are paired in.
  static std::int64_t run_values(const ImageWindow& image) noexcept;

 private:
  std::int64_t strip_rows(std::int64_t out_rows) const noexcept;
  bool rounds() const noexcept { return weights_->paired(); }
  /// Behind a strip of its own: the strip once more, rounded.
  const std::uint16_t* halves_of(const float* strip) const noexcept { return reinterpret_cast<const std::uint16_t*>(strip + strip_floats_); }
  void round_strip(float* strip, std::int64_t floats) const noexcept;
  kernels::simd::DirectArgs args(const float* strip, std::int64_t strip_columns, std::int64_t output_pitch) const noexcept;
  /// Output columns `columns` of an image whose windows have one row.
  void run_columns(const PitchedPair& at, base::Range columns, float* strip) const noexcept;

  kernels::simd::DirectFn kernel_;
  kernels::simd::RoundFn round_;
  ImageWindow image_;
  SharedWeights weights_;
  kernels::Activation activation_;
  int threads_;
  bool cuts_columns_ = false;       ///< An image of one row, as of a 1-D convolution, is cut into blocks of columns.
  std::int64_t blocks_ = 1;         ///< Of output rows (or columns), each computed from one strip of padded image rows.
  std::int64_t strip_floats_ = 0;   ///< Of one thread.
  std::int64_t halves_floats_ = 0;  ///< Of the strip once more, rounded; with room for one more number.
};

}  // namespace dnntune::backends::cpu::simd
