// SPDX-License-Identifier: Apache-2.0
// QLinearConv and ConvInteger.
#include <algorithm>
#include <memory>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/quantized_product.h"
#include "backends/cpu/simd/tries.h"
#include "kernels/simd/quantized_depthwise.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::simd::QuantizedDepthwiseArgs;

/// The weights, behind them a pixel of padding.
void pack_depthwise(const ImageWindow& image, const ProductConstants& constants, const kernels::simd::QuantizedDepthwiseKernels& kernels,
                    base::AlignedBuffer& packed) {
  const std::int64_t channels = image.in_channels, taps = image.kernel_h * image.kernel_w;
  const std::int32_t zero = constants.x_zero + (constants.x_signed == kernels.signed_a ? 0 : constants.x_signed ? 128 : -128);
  std::vector<std::int32_t> start(static_cast<std::size_t>(channels));
  for (std::int64_t c = 0; c < channels; ++c) {
    std::int64_t sum = constants.bias == nullptr ? 0 : constants.bias[c];
    for (std::int64_t tap = 0; tap < taps; ++tap)
      sum -= std::int64_t{zero} * static_cast<std::int8_t>(constants.weights[c * taps + tap] ^ constants.weight_flip());
    start[static_cast<std::size_t>(c)] = static_cast<std::int32_t>(sum);
  }
  const std::int64_t bytes = kernels::simd::quantized_depthwise_bytes(kernels, channels, taps);
  kernels::simd::pack_quantized_depthwise(kernels, constants.weights, constants.weight_flip(), start.data(), constants.multipliers.data(),
                                          channels, taps, packed.as<std::int8_t>());
  std::fill_n(packed.as<std::uint8_t>() + bytes, channels, static_cast<std::uint8_t>(constants.x_zero));
}

std::unique_ptr<PreparedLayer> prepare_depthwise(const LayerSpec& layer, const ImageWindow& image, const ProductConstants& constants,
                                                 const kernels::simd::QuantizedDepthwiseKernels& kernels) {
  const std::int64_t channels = image.in_channels, taps = image.kernel_h * image.kernel_w;
  FormKey key = constants.key;
  key.add(std::vector<std::int64_t>{channels, taps});
  const auto room = [&] { return base::AlignedBuffer(static_cast<std::size_t>(kernels::simd::quantized_depthwise_bytes(kernels, channels, taps) + channels)); };
  auto packed = shared_form<base::AlignedBuffer>(layer, key.add(std::int64_t{kernels.signed_a}), room,
                                                 [&](base::AlignedBuffer& form) { pack_depthwise(image, constants, kernels, form); });

  QuantizedDepthwiseArgs args;
  args.weights = packed->as<std::int8_t>();
  args.padding = packed->as<std::uint8_t>() + kernels::simd::quantized_depthwise_bytes(kernels, channels, taps);
  args.flip = constants.x_signed == kernels.signed_a ? 0 : 0x80;
  args.channels = channels;
  set_window(args, image);
  args.quantizer = constants.quantizer;
  args.output_signed = constants.output_signed;
  const LayerTraits traits = {.kernel = "simd.quantized_depthwise", .weight_bytes = packed->size(), .shares_weights = true};
  return make_layer(traits, [args, packed = std::move(packed), rows = image.batch * image.out_h, run = kernels.run](const Buffers& buffers, base::ThreadPool& pool) {
    QuantizedDepthwiseArgs own = args;
    own.input = in<std::uint8_t>(buffers, 0);
    own.output = out<std::uint8_t>(buffers, 0);
    pool.parallel_for(rows, grain_for(args.out_w * args.channels * args.kernel_h * args.kernel_w), [&](base::Range range, int) { run(own, range); });
  });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_quantized_conv(const LayerSpec& layer) {
  const std::size_t at = layer.node.op == graph::Op::QLinearConv ? 3 : 1;
  const TensorSpec& weights = input(layer, at);
  if (!weights.constant.defined() || weights.shape.size() < 3) return nullptr;
  const std::optional<ImageWindow> image = image_window(layer, Shape(weights.shape.begin() + 2, weights.shape.end()));
  const std::int64_t groups = layer.node.attributes.integer("group", 1);
  if (!image || groups < 1 || image->in_channels % groups != 0 || image->out_channels % groups != 0) return nullptr;
  const std::int64_t channels = image->in_channels / groups, taps = image->kernel_h * image->kernel_w;
  if (weights.shape[0] != image->out_channels || weights.shape[1] != channels) return nullptr;
  const std::optional<ProductConstants> constants = product_constants(layer, at, 1, image->out_channels);
  if (!constants) return nullptr;
  const bool depthwise = groups > 1 && groups == image->in_channels && groups == image->out_channels;
  if (depthwise) {
    const auto* const kernels = kernels::simd::quantized_depthwise_kernels();
    const bool fits = kernels != nullptr && !constants->has_weight_zeros() && !constants->multipliers.empty() && constants->knows_x_zero;
    return fits && taps <= kernels::simd::kMostQuantizedTaps ? prepare_depthwise(layer, *image, *constants, *kernels) : nullptr;
  }
  const bool pointwise = taps == 1 && image->stride_h == 1 && image->stride_w == 1 && image->pad_top == 0 && image->pad_left == 0 &&
                         image->in_h == image->out_h && image->in_w == image->out_w;
  QuantizedProduct::Shape shape;
  shape.m = image->out_pixels();
  shape.k = taps * channels;
  shape.n = image->out_channels / groups;
  shape.groups = groups;
  shape.a_bytes = image->batch * image->in_h * image->in_w * image->in_channels;
  shape.a_stride = image->in_channels;
  shape.a_group_stride = channels;
  shape.c_stride = image->out_channels;
  shape.b_stride_k = 1;
  shape.b_stride_n = shape.k;
  shape.b_group_stride = shape.k * shape.n;
  shape.taps = taps;
  const kernels::simd::ConvWindow window = conv_window(*image, groups);
  auto product = std::make_unique<QuantizedProduct>(layer, shape, *constants, pointwise ? nullptr : &window);
  const LayerTraits traits = {.kernel = "simd.quantized_conv", .scratch_bytes = product->scratch_bytes(), .weight_bytes = product->weight_bytes(), .shares_weights = true};
  const bool x_signed = constants->x_signed;
  return make_layer(traits, [product = std::move(product), x_signed](const Buffers& buffers, base::ThreadPool& pool) {
    const std::int32_t x_zero = read_zero_point(buffers.inputs, {.zero_point = 2}, x_signed);
    product->run(in<std::uint8_t>(buffers, 0), out<void>(buffers, 0), x_zero, buffers.scratch, pool);
  });
}

}  // namespace dnntune::backends::cpu::simd
