// SPDX-License-Identifier: Apache-2.0
// Convolution, depthwise and transposed ones among them, of one and two spatial dimensions.
#include <algorithm>
#include <vector>

#include "backends/xnnpack/binders.h"
#include "backends/xnnpack/window.h"
#include "kernels/simd/transpose.h"

namespace dnntune::backends::xnnpack {
namespace {

TensorType input_of(const ImageWindow& image) { return floats({image.batch, image.in_h, image.in_w, image.in_channels}); }
TensorType output_of(const ImageWindow& image) { return floats({image.batch, image.out_h, image.out_w, image.out_channels}); }

/// The weights and bias of a layer as arrays, if they are constant.
struct Constants {
  Tensor weights, bias;
};
std::optional<Constants> constants_of(const LayerSpec& layer) {
  const TensorSpec &weights = input(layer, 1), &bias = input(layer, 2);
  if (!weights.is_constant() || (bias.present() && !bias.is_constant())) return std::nullopt;
  return Constants{constant_of(weights), bias.present() ? constant_of(bias) : Tensor()};
}

/// What the three kinds have in common.
struct Convolution {
  ImageWindow image;
  std::int64_t groups;
  Fused fused;
  Constants constants;
};

std::optional<Convolution> convolution_of(const LayerSpec& layer, cpu::simd::ResolveWindow resolve) {
  const TensorSpec& weights = input(layer, 1);
  if (!is_float(layer)) return refuse(layer, "other than float32"), std::nullopt;
  if (weights.shape.size() < 3) return refuse(layer, "weights without a window"), std::nullopt;
  const std::optional<ImageWindow> image = cpu::simd::image_window(layer, Shape(weights.shape.begin() + 2, weights.shape.end()), resolve);
  if (!image) return refuse(layer, "more than two spatial dimensions, or none"), std::nullopt;
  const std::int64_t groups = layer.node.attributes.integer("group", 1);
  const bool transposed = layer.node.op == graph::Op::ConvTranspose;
  if (groups < 1 || image->in_channels % groups != 0 || image->out_channels % groups != 0 ||
      weights.shape[0] != (transposed ? image->in_channels : image->out_channels) ||
      weights.shape[1] != (transposed ? image->out_channels : image->in_channels) / groups)
    return refuse(layer, "groups that do not divide the channels"), std::nullopt;
  if (input(layer, 2).present() && elements(input(layer, 2).shape) != image->out_channels) return refuse(layer, "a bias of another size"), std::nullopt;
  const std::optional<Fused> fused = fused_of(layer);
  if (!fused) return refuse(layer, "its activation"), std::nullopt;
  std::optional<Constants> constants = constants_of(layer);
  if (!constants) return refuse(layer, "weights that are not constant"), std::nullopt;
  if (has_nan(constants->weights) || has_nan(constants->bias)) return refuse(layer, "NaNs in its weights"), std::nullopt;
  return Convolution{*image, groups, *fused, std::move(*constants)};
}

/// ONNX's weights in the order of `filter_shape`: where they lie, if that is theirs.
class Filter {
 public:
  Filter(const ImageWindow& image, std::int64_t groups, const float* weights) : data_(weights) {
    const std::int64_t taps = image.kernel_h * image.kernel_w, channels = image.in_channels / groups;
    if (taps == 1) return;
    // Matrices [channels, taps], one for each output channel, become [taps, channels]; of depthwise filters there is one.
    const bool depthwise = is_depthwise(image, groups);
    const std::int64_t matrices = depthwise ? 1 : image.out_channels, rows = depthwise ? image.out_channels : channels;
    own_ = base::AlignedBuffer(to_size(matrices * rows * taps) * sizeof(float));
    const std::int64_t blocks = (taps + kernels::simd::kTransposeColumns - 1) / kernels::simd::kTransposeColumns;
    kernels::simd::transpose_kernel()({.x = weights, .y = own_.as<float>(), .rows = rows, .columns = taps}, {0, matrices * blocks});
    data_ = own_.as<float>();
  }
  const float* data() const noexcept { return data_; }

 private:
  base::AlignedBuffer own_;
  const float* data_;
};

std::uint32_t define_bias(Subgraph& graph, const Convolution& convolution, const std::vector<float>& zeros) {
  const Tensor& bias = convolution.constants.bias;
  return graph.constant(floats({convolution.image.out_channels}), bias.defined() ? bias.data() : zeros.data());
}

std::unique_ptr<PreparedLayer> finish(const LayerSpec& layer, Subgraph& graph, const Convolution& convolution, std::string_view kernel) {
  return make_layer(layer, graph,
                    {.kernel = kernel,
                     .weight_bytes = (convolution.constants.weights.element_count() + to_size(convolution.image.out_channels)) * sizeof(float),
                     .held = kHoldsWeights},
                    convolution.fused.after);
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_conv(const LayerSpec& layer) {
  const std::optional<Convolution> convolution = convolution_of(layer, &cpu::sliding_window);
  if (!convolution) return nullptr;
  const ImageWindow& image = convolution->image;
  if (!counts_alike(image, image.pad_bottom, image.pad_right)) return refuse(layer, "an output beyond the windows that fit");
  const std::int64_t groups = convolution->groups;
  const Filter weights(image, groups, convolution->constants.weights.as<float>().data());
  const std::vector<float> zeros(to_size(image.out_channels), 0.0f);
  Subgraph graph(2);
  graph.input(0, input_of(image));
  graph.output(1, output_of(image));
  const std::uint32_t filter = graph.constant(floats(filter_shape(image, groups)), weights.data());
  const std::uint32_t bias = define_bias(graph, *convolution, zeros);
  graph.node([&](xnn_subgraph_t g) { return define_convolution(g, image, groups, convolution->fused.bounds, filter, bias); });
  return finish(layer, graph, *convolution, is_depthwise(image, groups) ? "xnnpack.dwconv" : "xnnpack.conv");
}

std::unique_ptr<PreparedLayer> prepare_conv_transpose(const LayerSpec& layer) {
  const std::optional<Convolution> convolution = convolution_of(layer, &cpu::transposed_window);
  if (!convolution) return nullptr;
  const ImageWindow& image = convolution->image;
  // XNNPACK's output is stride * (in - 1) + adjustment + extent - pads, with an adjustment below the stride.
  const auto adjustment = [](std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t pads) {
    return out - (stride * (in - 1) + (kernel - 1) * dilation + 1 - pads);
  };
  const std::int64_t more_h = adjustment(image.in_h, image.out_h, image.kernel_h, image.stride_h, image.dilation_h, image.pad_top + image.pad_bottom);
  const std::int64_t more_w = adjustment(image.in_w, image.out_w, image.kernel_w, image.stride_w, image.dilation_w, image.pad_left + image.pad_right);
  if (more_h < 0 || more_w < 0 || more_h >= image.stride_h || more_w >= image.stride_w) return refuse(layer, "an output beyond what the windows reach");
  const std::int64_t groups = convolution->groups, taps = image.kernel_h * image.kernel_w;
  const std::int64_t channels = image.in_channels / groups, group_out = image.out_channels / groups;
  // [in channels, out channels of a group, taps] as [out channels, taps, channels].
  std::vector<float> weights(convolution->constants.weights.element_count());
  const float* const given = convolution->constants.weights.as<float>().data();
  for (std::int64_t o = 0; o < image.out_channels; ++o)
    for (std::int64_t tap = 0; tap < taps; ++tap)
      for (std::int64_t c = 0; c < channels; ++c)
        weights[to_size((o * taps + tap) * channels + c)] = given[((o / group_out * channels + c) * group_out + o % group_out) * taps + tap];
  const std::vector<float> zeros(to_size(image.out_channels), 0.0f);
  Subgraph graph(2);
  graph.input(0, input_of(image));
  graph.output(1, output_of(image));
  const std::uint32_t filter = graph.constant(floats({image.out_channels, image.kernel_h, image.kernel_w, channels}), weights.data());
  const std::uint32_t bias = define_bias(graph, *convolution, zeros);
  graph.node([&](xnn_subgraph_t g) {
    return xnn_define_deconvolution_2d(g, u32(image.pad_top), u32(image.pad_right), u32(image.pad_bottom), u32(image.pad_left), u32(more_h), u32(more_w),
                                       u32(image.kernel_h), u32(image.kernel_w), u32(image.stride_h), u32(image.stride_w), u32(image.dilation_h),
                                       u32(image.dilation_w), u32(groups), to_size(channels), to_size(group_out), convolution->fused.bounds.low,
                                       convolution->fused.bounds.high, 0, filter, bias, 1, 0);
  });
  return finish(layer, graph, *convolution, "xnnpack.deconv");
}

}  // namespace dnntune::backends::xnnpack
