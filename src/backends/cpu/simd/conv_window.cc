// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/conv_window.h"

#include <algorithm>

#include "backends/layer_helpers.h"

namespace dnntune::backends::cpu::simd {

std::optional<ImageWindow> image_window(const LayerSpec& layer, const Shape& kernel, ResolveWindow resolve) {
  if (kernel.size() > 2) return std::nullopt;
  const std::optional<VolumeWindow> volume = volume_window(layer, kernel, resolve);
  return volume ? std::optional(volume->image) : std::nullopt;
}

std::optional<VolumeWindow> volume_window(const LayerSpec& layer, const Shape& kernel, ResolveWindow resolve) {
  const std::size_t rank = kernel.size();
  const Shape& in = layer.inputs[0].shape;
  const Shape& out = layer.outputs[0].shape;
  if (rank < 1 || rank > 3 || in.size() != rank + 2 || out.size() != rank + 2) return std::nullopt;
  const auto empty = [](const Shape& shape) { return std::any_of(shape.begin(), shape.end(), [](auto d) { return d <= 0; }); };
  if (empty(in) || empty(out)) return std::nullopt;
  elements(in);  // refuse what overflows: the kernels only multiply
  elements(out);

  const kernels::reference::Window resolved = resolve(layer, kernel);
  const kernels::reference::Size3 in_size = spatial_size(layer, in);
  const kernels::reference::Size3 out_size = spatial_size(layer, out);
  ImageWindow window;
  window.batch = in.front();
  window.in_channels = in.back();
  window.out_channels = out.back();
  window.in_h = in_size[1];
  window.in_w = in_size[2];
  window.out_h = out_size[1];
  window.out_w = out_size[2];
  window.kernel_h = resolved.kernel[1];
  window.kernel_w = resolved.kernel[2];
  window.stride_h = resolved.stride[1];
  window.stride_w = resolved.stride[2];
  window.dilation_h = resolved.dilation[1];
  window.dilation_w = resolved.dilation[2];
  window.pad_top = resolved.pad_begin[1];
  window.pad_left = resolved.pad_begin[2];
  window.pad_bottom = resolved.pad_end[1];
  window.pad_right = resolved.pad_end[2];
  return VolumeWindow{.image = window, .in_depth = in_size[0], .out_depth = out_size[0], .kernel = resolved.kernel[0],
                      .stride = resolved.stride[0], .dilation = resolved.dilation[0], .pad_front = resolved.pad_begin[0],
                      .pad_back = resolved.pad_end[0]};
}

kernels::simd::ConvWindow conv_window(const ImageWindow& image, std::int64_t groups) {
  kernels::simd::ConvWindow window;
  set_window(window, image);
  window.pixel_stride = image.in_channels;
  window.channels = image.in_channels / groups;
  return window;
}

RowShape row_shape_of(const ImageWindow& image, std::int64_t pixel_macs, std::size_t scratch_bytes) {
  RowShape shape;
  shape.images = image.batch;
  shape.in_rows = image.in_h;
  shape.out_rows = image.out_h;
  shape.in_row_floats = image.in_w * image.in_channels;
  shape.out_row_floats = image.out_w * image.out_channels;
  shape.in_pixels = image.in_w;
  shape.out_pixels = image.out_w;
  shape.extent = (image.kernel_h - 1) * image.dilation_h + 1;
  shape.stride = image.stride_h;
  shape.pad = image.pad_top;
  shape.scratch_bytes = scratch_bytes;
  shape.row_macs = image.out_w * pixel_macs;
  return shape;
}

}  // namespace dnntune::backends::cpu::simd
