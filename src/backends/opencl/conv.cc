// SPDX-License-Identifier: Apache-2.0
// Convolution, and transposed convolution: which kernel computes it.
#include <algorithm>

#include "backends/cpu/simd/conv_window.h"
#include "backends/opencl/binders.h"
#include "backends/opencl/product.h"
#include "backends/opencl/texts.h"
#include "backends/opencl/winograd.h"

namespace dnntune::backends::opencl {
namespace {

using cpu::simd::ImageWindow;

constexpr std::string_view kBuffer = "opencl.conv_buffer", kImage = "opencl.conv_image", kDepthwise = "opencl.conv_depthwise";
constexpr std::string_view kTransposed = "opencl.conv_transpose", kTransposedDepthwise = "opencl.conv_transpose_depthwise";
constexpr std::string_view kWinograd2 = "opencl.conv_winograd2", kWinograd4 = "opencl.conv_winograd4";

struct Convolution {
  ImageWindow image;
  std::int64_t groups = 1;
  bool transposed = false;
  std::int64_t group_in() const noexcept { return image.in_channels / groups; }
  std::int64_t group_out() const noexcept { return image.out_channels / groups; }
  std::int64_t k() const noexcept { return image.kernel_h * image.kernel_w * group_in(); }
  bool depthwise() const noexcept { return groups > 1 && group_in() == 1 && group_out() == 1; }
  bool pointwise() const noexcept {
    return groups == 1 && image.kernel_h == 1 && image.kernel_w == 1 && image.stride_h == 1 && image.stride_w == 1 && image.pad_top == 0 &&
           image.pad_left == 0 && image.in_h == image.out_h && image.in_w == image.out_w;
  }
  /// Pixels of the largest phase: what a launch computes side by side.
  std::int64_t phase_pixels() const noexcept {
    return transposed ? image.batch * ((image.out_h - 1) / image.stride_h + 1) * ((image.out_w - 1) / image.stride_w + 1) : image.out_pixels();
  }
  std::int64_t phases() const noexcept { return transposed ? image.stride_h * image.stride_w : 1; }
  /// Taps of an output channel and a channel of its group, as ONNX orders them.
  std::int64_t first_tap(std::int64_t out, std::int64_t channel) const noexcept {
    const std::int64_t row = transposed ? (out / group_out() * group_in() + channel) * group_out() + out % group_out() : out * group_in() + channel;
    return row * image.kernel_h * image.kernel_w;
  }
};

Convolution read_convolution(const LayerSpec& layer) {
  const TensorSpec& weights = input(layer, 1);
  take_if(weights.is_constant() && (!input(layer, 2).present() || input(layer, 2).is_constant()), "its weights are not constant");
  take_if(weights.shape.size() == 3 || weights.shape.size() == 4, "it has neither one nor two spatial dimensions");
  const bool transposed = layer.node.op == graph::Op::ConvTranspose;
  const Shape kernel(weights.shape.begin() + 2, weights.shape.end());
  const std::optional<ImageWindow> image = cpu::simd::image_window(layer, kernel, transposed ? &cpu::transposed_window : &cpu::sliding_window);
  take_if(image.has_value(), "an operand is empty");
  return {*image, layer.node.attributes.integer("group", 1), transposed};
}

// CPUs have no texture cache: images there are slow calls.
bool fits_image(const OpenClContext& context, const Convolution& conv) {
  const DeviceInfo& info = context.device.info;
  const auto panels = size_of_count((conv.group_out() + 3) / 4 * conv.groups);
  return context.is_gpu && info.images && panels <= info.image_width && size_of_count(conv.k()) <= info.image_height;
}

bool fits_winograd(const Convolution& conv) {
  const ImageWindow& image = conv.image;
  return conv.groups == 1 && image.kernel_h == 3 && image.kernel_w == 3 && image.stride_h == 1 && image.stride_w == 1 &&
         image.dilation_h == 1 && image.dilation_w == 1;
}

/// Those there are, the one to take first.
std::vector<std::string_view> ways(const OpenClContext& context, const LayerSpec& layer, const Convolution& conv) {
  if (conv.transposed) return {conv.depthwise() ? kTransposedDepthwise : kTransposed};
  if (conv.depthwise()) return {kDepthwise};
  std::vector<std::string_view> found{kBuffer};
  if (fits_image(context, conv)) found.push_back(kImage);
  if (!fits_winograd(conv)) return found;
  // Weights that were transformed for tiles of 4 are too coarse in float16.
  const std::string_view best = layer.outputs[0].type == DataType::float16 ? kWinograd2 : kWinograd4;
  if (best == kWinograd4) found.push_back(kWinograd4);
  found.push_back(kWinograd2);
  // Transforms take time for each channel, products for each pair: the method pays with many of both. TensorFlow
  // Lite's GPU delegate asks for 64 channels on either side too.
  const ImageWindow& image = conv.image;
  if (image.in_channels >= 64 && image.out_channels >= 64 && image.out_h >= 8 && image.out_w >= 8)
    std::swap(found[0], *std::find(found.begin(), found.end(), best));
  return found;
}

std::string_view choose(const OpenClContext& context, const LayerSpec& layer, const Convolution& conv) {
  const std::vector<std::string_view> all = ways(context, layer, conv);
  if (layer.kernel.empty()) return all.front();
  std::string names;
  for (const std::string_view way : all) {
    if (way == layer.kernel) return way;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", way);
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("layer '{}' has no kernel '{}' here; it has {}", layer.node.name, layer.kernel, names));
}

std::vector<float> bias_of(const LayerSpec& layer) {
  return input(layer, 2).present() ? constant_floats(input(layer, 2)) : std::vector<float>{};
}

/// Weights as products want them: k is [tap][channel].
void fill_panels(const LayerSpec& layer, const Convolution& conv, PanelWeights& panels) {
  const std::vector<float> weights = constant_floats(input(layer, 1));
  const std::int64_t taps = conv.image.kernel_h * conv.image.kernel_w, channels = conv.group_in(), outputs = conv.group_out();
  for (std::int64_t out = 0; out < conv.image.out_channels; ++out)
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      const float* const from = weights.data() + conv.first_tap(out, channel);
      for (std::int64_t tap = 0; tap < taps; ++tap) panels.at(out / outputs, tap * channels + channel, out % outputs) = from[tap];
    }
}

Prepared make_direct(OpenClContext& context, const LayerSpec& layer, const Convolution& conv, std::string_view way) {
  const ImageWindow& image = conv.image;
  const bool as_image = way == kImage;
  // A GPU runs the phases side by side; tiles do not cross them.
  Tiling tiling = tiling_for(context, context.is_gpu ? image.out_pixels() : conv.phase_pixels(), conv.group_out());
  if (as_image) tiling = {tiling.rows == 1 ? 1 : 4, 4, true};
  PanelWeights panels(tiling, conv.k(), conv.group_out(), conv.groups);
  fill_panels(layer, conv, panels);
  LayerBuilder builder(context, layer, way);
  builder.hold(1);
  builder.hold(2);
  const std::vector<float> bias = bias_of(layer);
  const cl_mem packed = as_image ? builder.image(size_of_count(panels.all_panels()), size_of_count(conv.k()), panels.values())
                                 : builder.elements(panels.values());
  const cl_mem padded_bias = builder.floats(panels.padded(bias));
  const std::string definitions = tiling.definitions() + (as_image ? "#define WEIGHT_IMAGE\n" : "");
  const cl_int has_bias = bias.empty() ? 0 : 1;
  const std::int64_t pixel_tiles = (conv.phase_pixels() + tiling.rows - 1) / tiling.rows;
  if (conv.pointwise()) {
    Launch& launch = builder.launch("#define POINTWISE\n" + definitions, {texts::convolution()}, "product");
    launch.input(0).memory(packed).memory(padded_bias).output(0);
    launch.value(int4(image.out_pixels(), conv.k(), image.out_channels, panels.panels()));
    launch.value(int4(image.in_channels, image.out_channels, 0, 0)).value(panels.strides()).value(has_bias);
    launch.activation(fused_activation(layer));
    launch.over(panels.panels(), pixel_tiles);
    return builder.finish();
  }
  Launch& launch = builder.launch((conv.transposed ? "#define TRANSPOSED\n" : "") + definitions, {texts::convolution()}, "convolution");
  launch.input(0).memory(packed).memory(padded_bias).output(0);
  launch.value(int4(image.in_h, image.in_w, image.in_channels, conv.group_in()));
  launch.value(int4(image.out_h, image.out_w, image.out_channels, conv.group_out()));
  launch.value(int4(image.kernel_h, image.kernel_w, image.stride_h, image.stride_w));
  launch.value(int4(image.dilation_h, image.dilation_w, image.pad_top, image.pad_left));
  launch.value(int_of(image.out_pixels())).value(int_of(panels.panels())).value(int_of(conv.groups));
  launch.value(panels.strides()).value(has_bias).activation(fused_activation(layer));
  launch.over(panels.all_panels(), pixel_tiles, conv.phases());
  return builder.finish();
}

Prepared make_depthwise(OpenClContext& context, const LayerSpec& layer, const Convolution& conv, std::string_view way) {
  const ImageWindow& image = conv.image;
  const std::int64_t taps = image.kernel_h * image.kernel_w, channels = image.in_channels;
  const std::vector<float> weights = constant_floats(input(layer, 1));
  std::vector<float> by_tap(weights.size());
  for (std::int64_t channel = 0; channel < channels; ++channel)
    for (std::int64_t tap = 0; tap < taps; ++tap)
      by_tap[static_cast<std::size_t>(tap * channels + channel)] = weights[static_cast<std::size_t>(channel * taps + tap)];
  LayerBuilder builder(context, layer, way);
  builder.hold(1);
  builder.hold(2);
  const std::vector<float> bias = bias_of(layer);
  Launch& launch = builder.launch(conv.transposed ? "#define TRANSPOSED\n" : "", {texts::depthwise()}, "depthwise");
  launch.input(0).memory(builder.elements(by_tap)).memory(builder.floats(bias)).output(0);
  launch.value(int2(image.in_h, image.in_w)).value(int2(image.out_h, image.out_w));
  launch.value(int4(image.kernel_h, image.kernel_w, image.stride_h, image.stride_w));
  launch.value(int4(image.dilation_h, image.dilation_w, image.pad_top, image.pad_left));
  launch.value(int_of(channels)).value(int_of(image.batch * image.out_h)).value(cl_int{bias.empty() ? 0 : 1});
  launch.activation(fused_activation(layer));
  launch.over((channels + 3) / 4, image.out_w, image.batch * image.out_h);
  return builder.finish();
}

}  // namespace

Prepared prepare_conv(OpenClContext& context, const LayerSpec& layer) {
  const Convolution conv = read_convolution(layer);
  const std::string_view way = choose(context, layer, conv);
  if (way == kDepthwise || way == kTransposedDepthwise) return make_depthwise(context, layer, conv, way);
  if (way == kWinograd2 || way == kWinograd4)
    return make_winograd(context, layer, conv.image, way == kWinograd2 ? 2 : 4, way, constant_floats(input(layer, 1)), bias_of(layer));
  return make_direct(context, layer, conv, way);
}

std::vector<std::string_view> conv_kernels(OpenClContext& context, const LayerSpec& layer) { return ways(context, layer, read_convolution(layer)); }

}  // namespace dnntune::backends::opencl
