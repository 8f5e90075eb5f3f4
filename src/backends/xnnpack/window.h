// SPDX-License-Identifier: Apache-2.0
// The window of a convolution or pool, as XNNPACK is told of it.
#pragma once

#include "backends/cpu/simd/conv_window.h"
#include "backends/xnnpack/api.h"

namespace dnntune::backends::xnnpack {

using cpu::simd::ImageWindow;

inline std::uint32_t u32(std::int64_t value) noexcept { return static_cast<std::uint32_t>(value); }
inline std::size_t to_size(std::int64_t value) noexcept { return static_cast<std::size_t>(value); }

/// Windows along an axis that fit, of a padded input of `room` elements more than a window has.
inline std::int64_t windows_in(std::int64_t room, std::int64_t stride) noexcept { return room < 0 ? 0 : room / stride + 1; }

/// Whether XNNPACK, which counts the windows that fit, comes to the layer's output with that padding behind.
inline bool counts_alike(const ImageWindow& image, std::int64_t pad_bottom, std::int64_t pad_right) noexcept {
  const std::int64_t extent_h = (image.kernel_h - 1) * image.dilation_h + 1, extent_w = (image.kernel_w - 1) * image.dilation_w + 1;
  return windows_in(image.in_h + image.pad_top + pad_bottom - extent_h, image.stride_h) == image.out_h &&
         windows_in(image.in_w + image.pad_left + pad_right - extent_w, image.stride_w) == image.out_w;
}

/// One with a filter for each input channel: its weights have no dimension for those.
inline bool is_depthwise(const ImageWindow& image, std::int64_t groups) noexcept { return groups > 1 && groups == image.in_channels; }

/// The shape of the filter: [1, height, width, out channels] where `is_depthwise`, else [out channels, height, width, channels].
inline Shape filter_shape(const ImageWindow& image, std::int64_t groups) {
  if (is_depthwise(image, groups)) return {1, image.kernel_h, image.kernel_w, image.out_channels};
  return {image.out_channels, image.kernel_h, image.kernel_w, image.in_channels / groups};
}

/// ONNX's weights, [out channels, channels, height, width], in that order; `f` is applied to each.
template <typename T, typename F>
std::vector<T> filter_of(const ImageWindow& image, std::int64_t groups, const T* weights, F f) {
  const std::int64_t taps = image.kernel_h * image.kernel_w, channels = image.in_channels / groups;
  const bool depthwise = is_depthwise(image, groups);
  const std::int64_t outer = depthwise ? 1 : image.out_channels, inner = depthwise ? image.out_channels : channels;
  std::vector<T> filter(to_size(image.out_channels * channels * taps));
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i)
      for (std::int64_t tap = 0; tap < taps; ++tap) filter[to_size((o * taps + tap) * inner + i)] = f(weights[(o * inner + i) * taps + tap]);
  return filter;
}

/// From value 0 to value 1.
inline xnn_status define_convolution(xnn_subgraph_t graph, const ImageWindow& image, std::int64_t groups, const Bounds& bounds, std::uint32_t filter,
                                     std::uint32_t bias) noexcept {
  if (is_depthwise(image, groups))
    return xnn_define_depthwise_convolution_2d(graph, u32(image.pad_top), u32(image.pad_right), u32(image.pad_bottom), u32(image.pad_left),
                                               u32(image.kernel_h), u32(image.kernel_w), u32(image.stride_h), u32(image.stride_w), u32(image.dilation_h),
                                               u32(image.dilation_w), u32(image.out_channels / image.in_channels), to_size(image.in_channels), bounds.low,
                                               bounds.high, 0, filter, bias, 1, 0);
  return xnn_define_convolution_2d(graph, u32(image.pad_top), u32(image.pad_right), u32(image.pad_bottom), u32(image.pad_left), u32(image.kernel_h),
                                   u32(image.kernel_w), u32(image.stride_h), u32(image.stride_w), u32(image.dilation_h), u32(image.dilation_w), u32(groups),
                                   to_size(image.in_channels / groups), to_size(image.out_channels / groups), bounds.low, bounds.high, 0, filter, bias, 1, 0);
}

}  // namespace dnntune::backends::xnnpack
