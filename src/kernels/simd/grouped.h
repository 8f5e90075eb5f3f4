// SPDX-License-Identifier: Apache-2.0
// Convolution in groups of few channels, 3x3 windows, strides 1 and 2: the windows of several output rows move along the
// image for one vector of output channels after the other, which may belong to several groups. A product of matrices
// would fill a small part of its tile with so few columns.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/activation.h"

namespace dnntune::kernels::simd {

struct GroupedArgs {
  const float* input = nullptr;    ///< [batch, in_h, in_w, channels]
  const float* weights = nullptr;  ///< Packed: see pack_grouped.
  const float* zeros = nullptr;    ///< [channels] zeros: the padding.
  float* output = nullptr;         ///< [batch, out_h, out_w, channels]
  std::int64_t channels = 0;       ///< Going in, and as many coming out.
  std::int64_t group_channels = 0;
  std::int64_t in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  Activation activation;           ///< None, or a clamp.
};

/// The kernel of one stride.
struct GroupedKernel {
  std::int64_t lanes;      ///< Floats in a vector; see grouped_fits.
  std::int64_t tile_rows;  ///< Output rows computed together.
  /// Vectors `vectors` of the output channels, of output rows `rows` (batch * out_h there are). Any ranges give the
  /// same bits; tile_rows of an image at a time are fast.
  void (*run)(const GroupedArgs& args, base::Range vectors, base::Range rows) noexcept;
};

/// For stride 1 or 2.
const GroupedKernel& grouped_kernel(std::int64_t stride) noexcept;

/// Whether groups fill a vector of output channels exactly, several together or one by itself (whose last vector may
/// overlap the one before it).
inline constexpr bool grouped_fits(std::int64_t channels, std::int64_t group_channels, std::int64_t lanes) noexcept {
  return channels >= lanes && (group_channels >= lanes || lanes % group_channels == 0);
}
/// Vectors of output channels.
inline constexpr std::int64_t grouped_vectors(std::int64_t channels, std::int64_t group_channels, std::int64_t lanes) noexcept {
  return group_channels < lanes ? (channels + lanes - 1) / lanes : channels / group_channels * ((group_channels + lanes - 1) / lanes);
}
/// The first channel of a vector.
inline constexpr std::int64_t grouped_channel(std::int64_t vector, std::int64_t channels, std::int64_t group_channels, std::int64_t lanes) noexcept {
  if (group_channels < lanes) return vector * lanes < channels - lanes ? vector * lanes : channels - lanes;
  const std::int64_t of_group = (group_channels + lanes - 1) / lanes, last = group_channels - lanes;
  const std::int64_t within = vector % of_group * lanes;
  return vector / of_group * group_channels + (within < last ? within : last);
}

/// For each vector of output channels: bias, then for each input channel of a group the nine taps.
inline constexpr std::int64_t grouped_floats(std::int64_t channels, std::int64_t group_channels, std::int64_t lanes) noexcept {
  return grouped_vectors(channels, group_channels, lanes) * (1 + 9 * group_channels) * lanes;
}
/// `weights` as in ONNX, [channels, group_channels, 3, 3]; `bias` [channels] or null.
void pack_grouped(const float* weights, const float* bias, std::int64_t channels, std::int64_t group_channels, std::int64_t lanes,
                  float* packed) noexcept;

}  // namespace dnntune::kernels::simd
