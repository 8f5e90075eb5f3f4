// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution with 3x3 and 5x5 windows in tiles of several output rows and columns, so that each input
// value is loaded once for all the windows of the tile it lies in.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/activation.h"

namespace dnntune::kernels::simd {

struct DepthwiseTilesArgs {
  const float* input = nullptr;    ///< [batch, in_h, in_w] pixels
  const float* weights = nullptr;  ///< Packed: see pack_depthwise_tiles.
  const float* zeros = nullptr;    ///< [channels] zeros: the padding.
  float* output = nullptr;         ///< [batch, out_h, out_w] pixels
  std::int64_t channels = 0;
  std::int64_t in_pixel_stride = 0, out_pixel_stride = 0;  ///< Floats from one pixel to the next.
  std::int64_t in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t dilation = 1;       ///< In both directions; more than 1 with stride 1 only.
  Activation activation;
};

/// The kernel of one window size and stride.
struct DepthwiseTiles {
  std::int64_t lanes;      ///< Floats in a vector; there must be at least as many channels.
  std::int64_t tile_rows;  ///< Output rows computed together, `dilation` apart.
  std::int64_t tile_columns;  ///< Likewise columns; there must be at least dilation times as many.
  /// Items are output rows: batch * out_h. Any range gives the same bits; tile_rows * dilation of an image at
  /// a time are fast.
  void (*run)(const DepthwiseTilesArgs& args, base::Range rows) noexcept;
};

/// For 3x3 windows with strides 1 and 2 and 5x5 windows with stride 1; null for others.
const DepthwiseTiles* depthwise_tiles(std::int64_t kernel, std::int64_t stride) noexcept;

/// For each vector of channels (the last may overlap the one before it): bias, then the taps.
inline constexpr std::int64_t depthwise_tiles_floats(std::int64_t channels, std::int64_t taps, std::int64_t lanes) noexcept {
  return (channels + lanes - 1) / lanes * lanes * (taps + 1);
}
/// `weights` as in ONNX, [channels, taps]; `bias` [channels] or null.
void pack_depthwise_tiles(const float* weights, const float* bias, std::int64_t channels, std::int64_t taps, std::int64_t lanes,
                          float* packed) noexcept;

}  // namespace dnntune::kernels::simd
