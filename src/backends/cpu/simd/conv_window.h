// SPDX-License-Identifier: Apache-2.0
// The window of a 1-D or 2-D convolution or pooling layer, read from its attributes and shapes.
#pragma once

#include <optional>

#include "backends/backend.h"
#include "backends/cpu/reference/window_of.h"
#include "kernels/simd/gemm.h"

namespace dnntune::backends::cpu::simd {

struct ImageWindow {
  std::int64_t batch = 1;
  std::int64_t in_h = 1, in_w = 1, in_channels = 1;
  std::int64_t out_h = 1, out_w = 1, out_channels = 1;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;

  std::int64_t out_pixels() const noexcept { return batch * out_h * out_w; }
};

/// The image's sizes, its padding at the top and left, and the window where a kernel is told of it: fields of one name.
template <typename Args>
void set_window(Args& args, const ImageWindow& image) noexcept {
  args.in_h = image.in_h;
  args.in_w = image.in_w;
  args.out_h = image.out_h;
  args.out_w = image.out_w;
  args.pad_top = image.pad_top;
  args.pad_left = image.pad_left;
  if constexpr (requires { args.kernel_h; }) {
    args.kernel_h = image.kernel_h;
    args.kernel_w = image.kernel_w;
    args.stride_h = image.stride_h;
    args.stride_w = image.stride_w;
    args.dilation_h = image.dilation_h;
    args.dilation_w = image.dilation_w;
  }
}

/// The window over one group's channels, as products want it.
kernels::simd::ConvWindow conv_window(const ImageWindow& image, std::int64_t groups);

/// `pixel_macs`: multiply-adds of an output pixel.
RowShape row_shape_of(const ImageWindow& image, std::int64_t pixel_macs, std::size_t scratch_bytes = 0);

using ResolveWindow = kernels::reference::Window (*)(const LayerSpec& layer, const Shape& kernel);
/// `kernel` is the kernel's spatial shape. One spatial dimension becomes the width of an image one pixel
/// high; `resolve` is transposed_window for a ConvTranspose. Nullopt for other ranks and for empty images, which
/// the reference kernels see to; throws invalid_model when the attributes do not lead from the input to the output.
std::optional<ImageWindow> image_window(const LayerSpec& layer, const Shape& kernel, ResolveWindow resolve = &sliding_window);

/// The same for one to three spatial dimensions: a volume is `batch` rows of images.
struct VolumeWindow {
  ImageWindow image;  ///< Of one depth.
  std::int64_t in_depth = 1, out_depth = 1;
  std::int64_t kernel = 1, stride = 1, dilation = 1, pad_front = 0, pad_back = 0;
};
std::optional<VolumeWindow> volume_window(const LayerSpec& layer, const Shape& kernel, ResolveWindow resolve = &sliding_window);

/// A Conv of three spatial dimensions, checked by prepare_conv.
std::unique_ptr<PreparedLayer> prepare_volume(const LayerSpec& layer, const VolumeWindow& volume, std::int64_t groups);

/// A Conv, checked by prepare_conv, with as many groups as input and as output channels.
std::unique_ptr<PreparedLayer> prepare_depthwise(const LayerSpec& layer, const ImageWindow& image);

}  // namespace dnntune::backends::cpu::simd
