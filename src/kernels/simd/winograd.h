// SPDX-License-Identifier: Apache-2.0
// Winograd's convolution for 3x3 windows of stride 1: tiles of the output, kOut x kOut pixels, from
// (kOut + 2)^2 products instead of 9 kOut^2. The image's tiles are transformed, multiplied with transformed
// weights (one matrix product for each position in a transformed tile), and transformed back.
//
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/activation.h"
#include "kernels/simd/gemm.h"

namespace dnntune::kernels::simd {

/// The interpolation points are 0, infinity and, for tiles of 2, +-1; for tiles of 4, +-kNear and +-kFar.
/// With these the error is half that of the usual +-1 and +-2 (a third at worst), and as all their powers
/// here are exact floats, the image's transform has exact coefficients.
namespace winograd {
inline constexpr double kNear = 0.625;
inline constexpr double kFar = 1.5;
}  // namespace winograd

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
  std::int64_t image_stride = 0;      ///< Floats from one position to the next.
  float* products = nullptr;          ///< For each position a row a tile.
  std::int64_t products_stride = 0;
  std::int64_t products_columns = 0;  ///< Floats of a row: whole panels.
};

/// The kernels of one instruction set and tile size. `rows` are tiles, counted from the block's first.
struct WinogradKernels {
  std::int64_t out_tile;   ///< 2 or 4
  std::int64_t positions;  ///< (out_tile + 2)^2
  void (*transform_image)(const WinogradArgs& args, const WinogradBlock& block, base::Range rows) noexcept;
  void (*transform_products)(const WinogradArgs& args, const WinogradBlock& block, base::Range rows) noexcept;
};

/// Those of the best instruction set this processor has, for tiles of 2 or 4.
const WinogradKernels& winograd_kernels(std::int64_t out_tile) noexcept;

/// Floats to keep for a position's matrix: an odd number of cache lines, so that the same element of all
/// positions does not fall into one set of a cache.
inline constexpr std::int64_t winograd_position_floats(std::int64_t rows, std::int64_t columns) noexcept {
  return ((rows * columns + kTurn - 1) / kTurn | 1) * kTurn;
}

/// Tiles a block should take, so that its transforms stay in a level-2 cache and its products still repay
/// reading the weights.
std::int64_t winograd_block_tiles(std::int64_t out_tile, std::int64_t tiles, const PanelLayout& layout) noexcept;

/// Transforms weights [columns, rows, 3, 3] (ONNX's order: output channels, input channels) and packs one
/// matrix, of `layout`, for each position. Computed in double and rounded once.
void winograd_weights(std::int64_t out_tile, const float* weights, const PanelLayout& layout, float* packed) noexcept;

}  // namespace dnntune::kernels::simd
