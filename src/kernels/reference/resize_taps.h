// SPDX-License-Identifier: Apache-2.0
// Which input coordinates one dimension of a Resize reads, and with which weights: ONNX's coordinate
// transformations, nearest modes, linear and cubic interpolation.
#pragma once

#include <cstdint>
#include <vector>

namespace dnntune::kernels::reference {

enum class ResizeMode { nearest, linear, cubic };
enum class NearestMode { round_prefer_floor, round_prefer_ceil, floor, ceil };
enum class CoordinateMode {
  half_pixel,
  pytorch_half_pixel,
  align_corners,
  asymmetric,
  tf_crop_and_resize,
  tf_half_pixel_for_nn,  ///< Opset 11 only
  half_pixel_symmetric
};

struct ResizeRule {
  ResizeMode mode = ResizeMode::nearest;
  NearestMode nearest = NearestMode::round_prefer_floor;
  CoordinateMode coordinates = CoordinateMode::half_pixel;
  double cubic_coefficient = -0.75;
  bool exclude_outside = false;  ///< Taps outside the input weigh 0 and the rest is scaled up.
  bool antialias = false;        ///< Linear and cubic filters are stretched where the output is smaller.
};

/// One dimension.
struct ResizeSpan {
  std::int64_t in_size = 0;
  std::int64_t out_size = 0;
  double scale = 1.0;
  /// scale * in_size, which need not be an integer, or out_size when the caller gave sizes.
  double resized_length = 1.0;
  double roi_begin = 0.0, roi_end = 1.0;  ///< Fractions; tf_crop_and_resize only
};

/// See ResizeDim of resize.h. `outside` is empty unless some coordinate leaves the input with
/// tf_crop_and_resize. Dimensions that only copy have one tap.
struct ResizeTaps {
  std::int64_t taps = 1;
  std::vector<std::int64_t> index;
  std::vector<double> weight;
  std::vector<unsigned char> outside;
};

/// Sizes must be positive.
ResizeTaps resize_taps(const ResizeRule& rule, const ResizeSpan& span);

}  // namespace dnntune::kernels::reference
