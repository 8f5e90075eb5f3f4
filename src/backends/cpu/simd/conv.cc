// SPDX-License-Identifier: Apache-2.0
// Convolution: which kernel computes it. Depthwise ones are in depthwise.cc.
#include <memory>

#include "backends/cpu/layer_helpers.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/direct_convolution.h"
#include "backends/cpu/simd/packed_product.h"
#include "backends/cpu/simd/product_layer.h"
#include "backends/cpu/simd/tries.h"
#include "backends/cpu/simd/winograd_convolution.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::simd::ConvWindow;

ConvWindow conv_window(const ImageWindow& image, std::int64_t groups) {
  ConvWindow window;
  window.in_h = image.in_h;
  window.in_w = image.in_w;
  window.pixel_stride = image.in_channels;
  window.channels = image.in_channels / groups;
  window.out_h = image.out_h;
  window.out_w = image.out_w;
  window.kernel_h = image.kernel_h;
  window.kernel_w = image.kernel_w;
  window.stride_h = image.stride_h;
  window.stride_w = image.stride_w;
  window.dilation_h = image.dilation_h;
  window.dilation_w = image.dilation_w;
  window.pad_top = image.pad_top;
  window.pad_left = image.pad_left;
  return window;
}

/// Every input pixel is one output pixel's whole window: A is the image itself.
bool is_pointwise(const ImageWindow& image) noexcept {
  return image.kernel_h == 1 && image.kernel_w == 1 && image.stride_h == 1 && image.stride_w == 1 &&
         image.pad_top == 0 && image.pad_left == 0 && image.in_h == image.out_h && image.in_w == image.out_w;
}

std::unique_ptr<PreparedLayer> make_row_direct_layer(const ImageWindow& image, std::unique_ptr<DirectConvolution> convolution,
                                                 std::int64_t pixel_macs) {
  const LayerTraits traits = {.kernel = "simd.conv_direct", .scratch_bytes = convolution->scratch_bytes(), .weight_bytes = convolution->weight_bytes()};
  const DirectConvolution& rowwise = *convolution;
  const RowShape shape = row_shape_of(image, pixel_macs, convolution->row_scratch_bytes());
  return make_row_layer(
      traits, shape,
      [convolution = std::move(convolution)](const Buffers& buffers, base::ThreadPool& pool) {
        convolution->run(in<float>(buffers, 0), out<float>(buffers, 0), buffers.scratch, pool);
      },
      [&rowwise](const RowBuffers& at, base::Range rows) { rowwise.run_rows(at.input, at.output, rows, at.scratch); });
}

std::unique_ptr<PreparedLayer> make_row_product_layer(const ImageWindow& image, std::unique_ptr<PackedProduct> product,
                                                  std::int64_t pixel_macs) {
  const LayerTraits traits = {.kernel = product->kernel("simd.conv_igemm"), .scratch_bytes = product->scratch_bytes(), .weight_bytes = product->weight_bytes()};
  const PackedProduct& rowwise = *product;
  const RowShape shape = row_shape_of(image, pixel_macs, product->row_scratch_bytes());
  auto run = [product = std::move(product)](const Buffers& buffers, base::ThreadPool& pool) {
    product->run(in<float>(buffers, 0), out<float>(buffers, 0), buffers.scratch, pool);
  };
  if (image.out_pixels() == 1) return make_layer(traits, std::move(run));  // another kernel, with other bits
  return make_row_layer(
      traits, shape, std::move(run),
      [&rowwise, out_w = image.out_w, in_row = image.in_w * image.in_channels](const RowBuffers& at, base::Range rows) {
        rowwise.run_rows(at.input, at.readable.end * in_row, at.output, {rows.begin * out_w, rows.end * out_w}, at.scratch);
      });
}

std::unique_ptr<PreparedLayer> prepare_product(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups) {
  const std::int64_t taps = image.kernel_h * image.kernel_w;
  const std::int64_t channels = image.in_channels / groups;
  if (const kernels::simd::WinogradKernels* winograd = WinogradConvolution::kernels_for(image, groups)) {
    auto product = std::make_unique<WinogradConvolution>(*winograd, image, groups, constant_floats(layer.inputs[1]),
                                                         constant_floats(input(layer, 2)), fused_activation(layer), layer.threads);
    const std::string_view kernel = product->kernel();
    return make_product_layer(kernel, std::move(product));
  }
  PackedWeights weights(taps * channels, image.out_channels / groups, groups);
  weights.pack_convolution(constant_floats(layer.inputs[1]), channels, taps);
  if (input(layer, 2).present()) weights.set_bias(constant_floats(layer.inputs[2]), 1, 1.0f);

  const bool pointwise = is_pointwise(image);
  const std::int64_t pixel_macs = taps * channels * image.out_channels;
  if (!pointwise && DirectConvolution::suits(image, groups)) {
    return make_row_direct_layer(
        image, std::make_unique<DirectConvolution>(image, std::move(weights), fused_activation(layer), layer.threads), pixel_macs);
  }
  const ConvWindow window = conv_window(image, groups);
  auto product = std::make_unique<PackedProduct>(
      PackedProduct::Shape{.m = image.out_pixels(), .groups = groups,
                           .a_floats = image.batch * image.in_h * image.in_w * image.in_channels,
                           .a_stride = image.in_channels, .a_group_stride = channels, .c_stride = image.out_channels},
      std::move(weights), fused_activation(layer), layer.threads, pointwise ? nullptr : &window);
  return make_row_product_layer(image, std::move(product), pixel_macs);
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_conv(const LayerSpec& layer) {
  const TensorSpec& weights = input(layer, 1);
  const TensorSpec& bias = input(layer, 2);
  if (!all_float(layer) || !weights.constant.defined() || (bias.present() && !bias.constant.defined())) return nullptr;
  if (weights.shape.size() < 3) return nullptr;
  const std::optional<ImageWindow> image = image_window(layer, Shape(weights.shape.begin() + 2, weights.shape.end()));
  const std::int64_t groups = layer.node.attributes.integer("group", 1);
  if (!image || groups < 1 || image->in_channels % groups != 0 || image->out_channels % groups != 0) return nullptr;
  if (weights.shape[0] != image->out_channels || weights.shape[1] != image->in_channels / groups) return nullptr;
  if (bias.present() && elements(bias.shape) != image->out_channels) return nullptr;
  if (groups == image->in_channels && groups == image->out_channels && groups > 1)
    return prepare_depthwise(layer, *image);
  return prepare_product(layer, *image, groups);
}

}  // namespace dnntune::backends::cpu::simd
