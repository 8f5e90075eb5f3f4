// SPDX-License-Identifier: Apache-2.0
// Maxima and means of windows, and means of whole images.
#include <algorithm>

#include "backends/xnnpack/binders.h"
#include "backends/xnnpack/window.h"

namespace dnntune::backends::xnnpack {
namespace {

/// What XNNPACK has to be told to pad behind so that it counts as many windows as the layer has.
std::int64_t padding_behind(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t before,
                            std::int64_t behind) noexcept {
  return std::max(behind, (out - 1) * stride + (kernel - 1) * dilation + 1 - in - before);
}

xnn_datatype type_of(DataType type) noexcept {
  return type == DataType::int8 ? xnn_datatype_qint8 : type == DataType::uint8 ? xnn_datatype_quint8 : xnn_datatype_fp32;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_pool(const LayerSpec& layer) {
  const bool maximum = layer.node.op == graph::Op::MaxPool;
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  const xnn_datatype type = type_of(x.type);
  if (x.type != y.type || (type == xnn_datatype_fp32 && !is_float(layer)) || (!maximum && type != xnn_datatype_fp32))
    return refuse(layer, "a type that it does not pool");
  if (output(layer, 1).present()) return refuse(layer, "indices of the maxima");
  const std::optional<ImageWindow> image = cpu::simd::image_window(layer, layer.node.attributes.integers("kernel_shape"));
  if (!image || image->in_channels != image->out_channels) return refuse(layer, "more than two spatial dimensions, or none");
  const std::int64_t bottom = padding_behind(image->in_h, image->out_h, image->kernel_h, image->stride_h, image->dilation_h, image->pad_top, image->pad_bottom);
  const std::int64_t right = padding_behind(image->in_w, image->out_w, image->kernel_w, image->stride_w, image->dilation_w, image->pad_left, image->pad_right);
  const bool padded = image->pad_top + image->pad_left + bottom + right > 0;
  const bool dilated = image->dilation_h > 1 || image->dilation_w > 1;
  if (dilated && (padded || !maximum)) return refuse(layer, "a dilated window of padded images, or of means");
  if (std::max(image->pad_top, bottom) >= image->kernel_h || std::max(image->pad_left, right) >= image->kernel_w)
    return refuse(layer, "windows that lie in the padding");
  const bool given = image->pad_top + image->pad_left + image->pad_bottom + image->pad_right > 0;
  if (!maximum && given && layer.node.attributes.integer("count_include_pad", 0) != 0) return refuse(layer, "padding that counts");
  if (!counts_alike(*image, bottom, right)) return refuse(layer, "fewer windows than fit");

  constexpr float kMost = std::numeric_limits<float>::infinity();
  Subgraph graph(2);
  graph.input(0, {.type = type, .dims = dims_of({image->batch, image->in_h, image->in_w, image->in_channels})});
  graph.output(1, {.type = type, .dims = dims_of({image->batch, image->out_h, image->out_w, image->out_channels})});
  graph.node([&](xnn_subgraph_t g) {
    if (maximum)
      return xnn_define_max_pooling_2d(g, u32(image->pad_top), u32(right), u32(bottom), u32(image->pad_left), u32(image->kernel_h), u32(image->kernel_w),
                                       u32(image->stride_h), u32(image->stride_w), u32(image->dilation_h), u32(image->dilation_w), -kMost, kMost, 0, 1, 0);
    return xnn_define_average_pooling_2d(g, u32(image->pad_top), u32(right), u32(bottom), u32(image->pad_left), u32(image->kernel_h), u32(image->kernel_w),
                                         u32(image->stride_h), u32(image->stride_w), -kMost, kMost, 0, 1, 0);
  });
  return make_layer(layer, graph, {.kernel = maximum ? "xnnpack.max_pool" : "xnnpack.average_pool"});
}

std::unique_ptr<PreparedLayer> prepare_global_average(const LayerSpec& layer) {
  const TensorSpec& x = input(layer, 0);
  if (x.type != DataType::float32 || output(layer, 0).type != DataType::float32) return refuse(layer, "other than float32");
  const std::size_t rank = x.shape.size();
  if (rank < 3 || elements(x.shape) == 0) return refuse(layer, "no spatial dimension, or nothing");
  if (layer.node.op == graph::Op::ReduceMean) {
    std::vector<std::int64_t> axes = layer.node.attributes.integers("axes");
    if (input(layer, 1).present()) {
      if (!input(layer, 1).constant.defined()) return refuse(layer, "axes that are not constant");
      axes = constant_integers(layer, 1);
    }
    for (std::int64_t& axis : axes) axis = static_cast<std::int64_t>(normalized_axis(layer, axis, rank));
    std::sort(axes.begin(), axes.end());
    std::vector<std::int64_t> spatial;
    for (std::size_t d = 1; d + 1 < rank; ++d) spatial.push_back(static_cast<std::int64_t>(d));
    if (axes != spatial) return refuse(layer, "other than the axes between the first and the last");
  }
  const std::int64_t batch = x.shape.front(), channels = x.shape.back();
  Subgraph graph(2);
  graph.input(0, floats({batch, 1, elements(x.shape, 1, rank - 1), channels}));
  graph.output(1, floats({batch, 1, 1, channels}));
  graph.node([&](xnn_subgraph_t g) { return define_global_average(g, 0, 1); });
  return make_layer(layer, graph, {.kernel = "xnnpack.global_average_pool"});
}

}  // namespace dnntune::backends::xnnpack
