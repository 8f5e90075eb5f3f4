// SPDX-License-Identifier: Apache-2.0
// QLinearConv and QLinearMatMul. What decides the results is a factor for each channel, x_scale * weight_scale / y_scale:
// XNNPACK is given 1 for the scales of input and output, and the factors for those of the weights.
#include <algorithm>
#include <vector>

#include "backends/cpu/simd/quantized_product.h"
#include "backends/xnnpack/binders.h"
#include "backends/xnnpack/window.h"

namespace dnntune::backends::xnnpack {
namespace {

using cpu::simd::ProductConstants;

/// Constants that XNNPACK takes: bytes of input, weights and output of one sign, weights without zero points or, for
/// unsigned ones, of one scale and zero point for all channels.
class Product {
 public:
  /// Notes why not, and is then empty.
  static std::optional<Product> of(const LayerSpec& layer, std::int64_t rows, std::int64_t channels) {
    std::optional<ProductConstants> constants = cpu::simd::product_constants(layer, 3, rows, channels);
    if (!constants) return refuse(layer, "scales or zero points that are not constant"), std::nullopt;
    if (constants->x_signed != constants->output_signed) return refuse(layer, "an input and an output of different signs"), std::nullopt;
    const auto& zeros = constants->weight_zeros;
    const auto& multipliers = constants->multipliers;
    const bool one_zero = std::all_of(zeros.begin(), zeros.end(), [&](std::int32_t zero) { return zero == zeros[0]; });
    const bool one_scale = std::all_of(multipliers.begin(), multipliers.end(), [&](float factor) { return factor == multipliers[0]; });
    if (constants->x_signed && constants->has_weight_zeros()) return refuse(layer, "signed weights with a zero point"), std::nullopt;
    if (!constants->x_signed && (!one_zero || !one_scale)) return refuse(layer, "unsigned weights quantized by channels"), std::nullopt;
    if (constants->quantizer.low >= constants->quantizer.high) return refuse(layer, "its activation"), std::nullopt;
    return Product(std::move(*constants), one_scale);
  }

  const std::uint8_t* given() const noexcept { return constants_.weights; }
  /// What turns the given weights into those of XNNPACK, which have the sign of the input.
  auto to_sign_of_input() const noexcept {
    return [flip = constants_.weights_signed == constants_.x_signed ? 0 : 0x80](std::uint8_t weight) { return static_cast<std::uint8_t>(weight ^ flip); };
  }

  TensorType input(Dims dims) const { return activations(std::move(dims), constants_.x_zero); }
  TensorType output(Dims dims) const { return activations(std::move(dims), constants_.quantizer.zero_point); }
  TensorType weights(Dims dims, std::size_t channel_dim) const {
    if (!constants_.x_signed)
      return {.type = xnn_datatype_quint8, .dims = std::move(dims), .scale = constants_.multipliers[0], .zero_point = constants_.weight_zeros[0] + 128};
    if (one_scale_) return {.type = xnn_datatype_qint8, .dims = std::move(dims), .scale = constants_.multipliers[0]};
    return {.type = xnn_datatype_qcint8, .dims = std::move(dims), .channel_scales = constants_.multipliers, .channel_dim = channel_dim};
  }
  std::uint32_t define_bias(Subgraph& graph) {
    const std::size_t channels = constants_.multipliers.size();
    bias_.assign(channels, 0);
    if (constants_.bias != nullptr) std::copy_n(constants_.bias, channels, bias_.begin());
    if (one_scale_) return graph.constant({.type = xnn_datatype_qint32, .dims = {channels}, .scale = constants_.multipliers[0]}, bias_.data());
    return graph.constant({.type = xnn_datatype_qcint32, .dims = {channels}, .channel_scales = constants_.multipliers}, bias_.data());
  }
  float low() const noexcept { return constants_.quantizer.least(); }
  float high() const noexcept { return constants_.quantizer.most(); }

 private:
  Product(ProductConstants constants, bool one_scale) : constants_(std::move(constants)), one_scale_(one_scale) {}
  TensorType activations(Dims dims, std::int32_t zero_point) const {
    return {.type = constants_.x_signed ? xnn_datatype_qint8 : xnn_datatype_quint8, .dims = std::move(dims), .zero_point = zero_point};
  }

  ProductConstants constants_;
  bool one_scale_;
  std::vector<std::int32_t> bias_;
};

std::unique_ptr<PreparedLayer> finish(const LayerSpec& layer, Subgraph& graph, std::string_view kernel, std::size_t weights, std::int64_t channels) {
  return make_layer(layer, graph, {.kernel = kernel, .weight_bytes = weights + to_size(channels) * sizeof(std::int32_t)});
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_quantized_conv(const LayerSpec& layer) {
  const TensorSpec& filter = input(layer, 3);
  if (!filter.constant.defined()) return refuse(layer, "weights that are not constant");
  if (filter.shape.size() < 3) return refuse(layer, "weights without a window");
  const std::optional<ImageWindow> window = cpu::simd::image_window(layer, Shape(filter.shape.begin() + 2, filter.shape.end()));
  if (!window) return refuse(layer, "more than two spatial dimensions, or none");
  const ImageWindow& image = *window;
  const std::int64_t groups = layer.node.attributes.integer("group", 1);
  if (groups < 1 || image.in_channels % groups != 0 || image.out_channels % groups != 0) return refuse(layer, "groups that do not divide the channels");
  const std::int64_t channels = image.in_channels / groups;
  if (filter.shape[0] != image.out_channels || filter.shape[1] != channels) return refuse(layer, "groups that do not divide the channels");
  if (!counts_alike(image, image.pad_bottom, image.pad_right)) return refuse(layer, "an output beyond the windows that fit");
  std::optional<Product> product = Product::of(layer, 1, image.out_channels);
  if (!product) return nullptr;
  const std::vector<std::uint8_t> weights = filter_of(image, groups, product->given(), product->to_sign_of_input());
  Subgraph graph(2);
  graph.input(0, product->input(dims_of({image.batch, image.in_h, image.in_w, image.in_channels})));
  graph.output(1, product->output(dims_of({image.batch, image.out_h, image.out_w, image.out_channels})));
  const std::uint32_t packed = graph.constant(product->weights(dims_of(filter_shape(image, groups)), is_depthwise(image, groups) ? 3 : 0), weights.data());
  const std::uint32_t bias = product->define_bias(graph);
  graph.node([&](xnn_subgraph_t g) { return define_convolution(g, image, groups, {product->low(), product->high()}, packed, bias); });
  return finish(layer, graph, is_depthwise(image, groups) ? "xnnpack.quantized_dwconv" : "xnnpack.quantized_conv", weights.size(), image.out_channels);
}

std::unique_ptr<PreparedLayer> prepare_quantized_dense(const LayerSpec& layer) {
  const TensorSpec &a = input(layer, 0), &b = input(layer, 3);
  if (!b.constant.defined() || b.shape.size() != 2) return refuse(layer, "a second matrix that is not constant");
  if (a.shape.size() < 2 || a.shape.back() != b.shape[0] || elements(a.shape) == 0 || b.shape[1] == 0) return refuse(layer, "vectors, or nothing");
  const std::int64_t k = b.shape[0], n = b.shape[1], m = elements(a.shape) / k;
  std::optional<Product> product = Product::of(layer, m, n);
  if (!product) return nullptr;
  std::vector<std::uint8_t> weights(to_size(k * n));  // [n, k]
  for (std::int64_t i = 0; i < k * n; ++i) weights[to_size(i % n * k + i / n)] = product->to_sign_of_input()(product->given()[i]);
  Subgraph graph(2);
  graph.input(0, product->input(dims_of({m, k})));
  graph.output(1, product->output(dims_of({m, n})));
  const std::uint32_t packed = graph.constant(product->weights(dims_of({n, k}), 0), weights.data());
  const std::uint32_t bias = product->define_bias(graph);
  graph.node([&](xnn_subgraph_t g) { return xnn_define_fully_connected(g, product->low(), product->high(), 0, packed, bias, 1, 0); });
  return finish(layer, graph, "xnnpack.quantized_dense", weights.size(), n);
}

}  // namespace dnntune::backends::xnnpack
