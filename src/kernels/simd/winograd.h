// SPDX-License-Identifier: Apache-2.0
// Winograd's convolution for small windows of stride 1: tiles of the output from fewer products than taps. Along
// each axis a tile of m pixels takes m + r - 1 products for r taps. The image's tiles are transformed, multiplied
// with transformed weights (one matrix product for each position in a transformed tile), and transformed back.
//
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "kernels/activation.h"
#include "kernels/simd/gemm.h"

namespace dnntune::kernels::simd {

/// The interpolation points along an axis with 2 n + 2 products are 0, infinity and plus and minus these n. Chosen
/// for the smallest error among multiples of 1/8 (with 3x3 windows and tiles of 4x4 it is half that of the usual
/// 1 and 2); so all coefficients of the image's transform are exact floats.
inline constexpr int kMostWinogradPairs = 4;
inline constexpr double kWinogradPoints[kMostWinogradPairs + 1][kMostWinogradPairs] = {
    {}, {1.0}, {0.625, 1.5}, {0.5, 1.0, 2.0}, {0.375, 0.75, 1.25, 2.5}};

/// A window and the tile that it is computed in.
struct WinogradShape {
  std::int64_t kernel_h = 0, kernel_w = 0;
  std::int64_t out_h = 0, out_w = 0;

  constexpr std::int64_t in_h() const noexcept { return kernel_h + out_h - 1; }
  constexpr std::int64_t in_w() const noexcept { return kernel_w + out_w - 1; }
  constexpr std::int64_t positions() const noexcept { return in_h() * in_w(); }
  /// Tiles of an image of that many output pixels.
  constexpr std::int64_t tiles(std::int64_t height, std::int64_t width) const noexcept {
    return ((height + out_h - 1) / out_h) * ((width + out_w - 1) / out_w);
  }
};

/// A convolution over a channels-last image, or one group of it. Tiles are counted along x, then y, then
/// the batch.
struct WinogradArgs {
  const float* input = nullptr;  ///< First channel of the first pixel.
  const float* zeros = nullptr;  ///< `channels` zeros.
  std::int64_t in_h = 1, in_w = 1;
  std::int64_t in_pixel_stride = 0;
  std::int64_t channels = 0;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t out_h = 1, out_w = 1;
  std::int64_t out_pixel_stride = 0;
  std::int64_t out_channels = 0;
  const float* bias = nullptr;   ///< Whole vectors of them; null: none.
  float* output = nullptr;
  Activation activation;
};

/// Tiles that are transformed and multiplied together, and where their transforms are kept.
struct WinogradBlock {
  base::Range tiles;
  float* image = nullptr;             ///< For each position the packed rows of a PackedArgs, one a tile.
  std::int64_t image_stride = 0;      ///< Words from one position to the next.
  float* products = nullptr;          ///< For each position a row a tile.
  std::int64_t products_stride = 0;
  std::int64_t products_columns = 0;  ///< Floats of a row: whole panels.
};

/// The kernels of one instruction set and shape. `rows` are tiles, counted from the block's first.
struct WinogradKernels {
  WinogradShape shape;
  void (*transform_image)(const WinogradArgs& args, const WinogradBlock& block, base::Range rows) noexcept;
  /// Leaves the transforms rounded to bfloat16, for bfloat16_gemm_kernels(); null where there are none.
  void (*transform_image_bfloat16)(const WinogradArgs& args, const WinogradBlock& block, base::Range rows) noexcept;
  void (*transform_products)(const WinogradArgs& args, const WinogradBlock& block, base::Range rows) noexcept;
  /// Transforms weights [columns, rows, kernel_h, kernel_w] (ONNX's order: output channels, input channels) and packs
  /// one matrix, of `layout`, for each position. Computed in double and rounded once. `weights` are those of the columns
  /// of `panels`, which are the ones that are packed.
  void (*transform_weights)(const float* weights, const PanelLayout& layout, base::Range panels, float* packed) noexcept;
};

/// Those of the best instruction set this processor has, one for each shape there is.
std::span<const WinogradKernels> winograd_kernels() noexcept;

/// Floats, or words, to keep for a position's matrix: an odd number of cache lines, so that the same element of all
/// positions does not fall into one set of a cache.
inline constexpr std::int64_t winograd_position_floats(std::int64_t rows, std::int64_t columns) noexcept {
  return ((rows * columns + kTurn - 1) / kTurn | 1) * kTurn;
}

/// Tiles a block should take, so that its transforms stay in a level-2 cache and its products still repay
/// reading the weights.
std::int64_t winograd_block_tiles(const WinogradShape& shape, std::int64_t tiles, const PanelLayout& layout) noexcept;

}  // namespace dnntune::kernels::simd
