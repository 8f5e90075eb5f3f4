// SPDX-License-Identifier: Apache-2.0
// Pad, Resize, DepthToSpace, Transpose.
#include <algorithm>
#include <cmath>
#include <vector>

#include "backends/cpu/reference/resize_attributes.h"
#include "backends/xnnpack/binders.h"
#include "kernels/quantization.h"

namespace dnntune::backends::xnnpack {
namespace {

using kernels::reference::CoordinateMode;
using kernels::reference::ResizeSpan;

/// The type under which XNNPACK moves elements: bytes are numbers of scale 1.
std::optional<xnn_datatype> moved_type(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  if (x.type != y.type || elements(x.shape) == 0 || elements(y.shape) == 0) return std::nullopt;
  switch (x.type) {
    case DataType::float32: return xnn_datatype_fp32;
    case DataType::int8: return xnn_datatype_qint8;
    case DataType::uint8: return xnn_datatype_quint8;
    default: return std::nullopt;
  }
}

/// Whether a scale leads exactly to the output, as XNNPACK, which knows the two sizes alone, has it.
bool is_ratio_of_sizes(const ResizeSpan& span) noexcept {
  const auto out = static_cast<double>(span.out_size);
  return std::abs(span.scale * static_cast<double>(span.in_size) - out) <= 1e-5 * out;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_pad(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &value = input(layer, 2);
  const std::optional<xnn_datatype> type = moved_type(layer);
  if (!type) return refuse(layer, "a type that it does not move, or nothing");
  if (layer.node.attributes.text("mode", "constant") != "constant") return refuse(layer, "padding other than a constant");
  if (!input(layer, 1).constant.defined() || (value.present() && !value.constant.defined())) return refuse(layer, "padding that is not constant");
  const std::size_t rank = x.shape.size();
  if (rank < 1 || rank > XNN_MAX_TENSOR_DIMS) return refuse(layer, "more dimensions than XNNPACK has");
  const std::vector<std::int64_t> pads = constant_integers(layer, 1);
  if (pads.size() != 2 * rank || std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad < 0; })) return refuse(layer, "padding that crops");
  float with = 0.0f;
  if (value.present() && *type == xnn_datatype_fp32) with = value.constant.as<float>()[0];
  if (value.present() && *type != xnn_datatype_fp32)
    with = static_cast<float>(kernels::load_byte(static_cast<const std::uint8_t*>(value.constant.data()), 0, *type == xnn_datatype_qint8));
  const Dims before(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(rank)), behind(pads.begin() + static_cast<std::ptrdiff_t>(rank), pads.end());
  Subgraph graph(2);
  graph.input(0, {.type = *type, .dims = dims_of(x.shape)});
  graph.output(1, {.type = *type, .dims = dims_of(output(layer, 0).shape)});
  graph.node([&](xnn_subgraph_t g) { return xnn_define_static_constant_pad(g, before.data(), behind.data(), with, 0, 1, 0); });
  return make_layer(layer, graph, {.kernel = "xnnpack.pad"});
}

std::unique_ptr<PreparedLayer> prepare_resize(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  if (x.type != DataType::float32 || y.type != DataType::float32 || elements(x.shape) == 0 || elements(y.shape) == 0) return refuse(layer, "other than float32");
  const std::size_t rank = x.shape.size();
  if (rank != 3 && rank != 4) return refuse(layer, "other than images");
  const kernels::reference::ResizeRule rule = cpu::reference::read_resize_rule(layer);
  if (rule.mode != kernels::reference::ResizeMode::linear) return refuse(layer, "other than linear interpolation");
  const std::vector<ResizeSpan> spans = cpu::reference::read_resize_spans(layer, rule.coordinates);
  for (const std::size_t d : {std::size_t{0}, rank - 1})
    if (x.shape[d] != y.shape[d] || spans[d].scale != 1.0) return refuse(layer, "images or channels that are resized");
  std::uint32_t flags = 0;
  switch (rule.coordinates) {
    case CoordinateMode::half_pixel: break;
    case CoordinateMode::pytorch_half_pixel:
      for (const ResizeSpan& span : spans)
        if (span.out_size == 1 && span.in_size != 1) return refuse(layer, "coordinates that it does not count so");
      break;
    case CoordinateMode::align_corners: flags = XNN_FLAG_ALIGN_CORNERS; break;
    case CoordinateMode::asymmetric: flags = XNN_FLAG_TENSORFLOW_LEGACY_MODE; break;
    default: return refuse(layer, "coordinates that it does not count so");
  }
  if (!std::all_of(spans.begin(), spans.end(), &is_ratio_of_sizes)) return refuse(layer, "scales that are not the ratio of the sizes");
  const auto image = [&](const Shape& shape) { return Shape{shape[0], rank == 4 ? shape[1] : 1, shape[rank - 2], shape[rank - 1]}; };
  const Shape to = image(y.shape);
  Subgraph graph(2);
  graph.input(0, floats(image(x.shape)));
  graph.output(1, floats(to));
  graph.node([&](xnn_subgraph_t g) {
    return xnn_define_static_resize_bilinear_2d(g, static_cast<std::size_t>(to[1]), static_cast<std::size_t>(to[2]), 0, 1, flags);
  });
  return make_layer(layer, graph, {.kernel = "xnnpack.resize"});
}

std::unique_ptr<PreparedLayer> prepare_depth_to_space(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  if (!is_float(layer)) return refuse(layer, "other than float32");
  if (layer.node.attributes.text("mode", "DCR") != "DCR") return refuse(layer, "channels before blocks");
  const std::int64_t block = layer.node.attributes.integer("blocksize", 0);
  if (x.shape.size() != 4 || y.shape.size() != 4 || block < 2 || block > 1 << 15) return refuse(layer, "blocks of one pixel");
  if (y.shape != Shape{x.shape[0], x.shape[1] * block, x.shape[2] * block, x.shape[3] / (block * block)} || x.shape[3] % (block * block) != 0)
    return refuse(layer, "a block that does not divide the channels");
  Subgraph graph(2);
  graph.input(0, floats(x.shape));
  graph.output(1, floats(y.shape));
  graph.node([&](xnn_subgraph_t g) { return xnn_define_depth_to_space(g, 0, 1, static_cast<std::uint32_t>(block), 0); });
  return make_layer(layer, graph, {.kernel = "xnnpack.depth_to_space"});
}

std::unique_ptr<PreparedLayer> prepare_transpose(const LayerSpec& layer) {
  if (!has_transpose()) return refuse(layer, "not in this release of XNNPACK");
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  const std::size_t rank = x.shape.size();
  if (!is_float(layer)) return refuse(layer, "other than float32");
  if (rank < 2 || rank > XNN_MAX_TENSOR_DIMS || y.shape.size() != rank) return refuse(layer, "more dimensions than XNNPACK has");
  Dims order;
  for (const std::int64_t d : layer.node.attributes.integers("perm")) order.push_back(static_cast<std::size_t>(d));
  if (order.empty())
    for (std::size_t d = rank; d-- > 0;) order.push_back(d);
  Subgraph graph(2);
  graph.input(0, floats(x.shape));
  graph.output(1, floats(y.shape));
  graph.node([&](xnn_subgraph_t g) { return define_transpose(g, rank, order.data(), 0, 1); });
  return make_layer(layer, graph, {.kernel = "xnnpack.transpose"});
}

}  // namespace dnntune::backends::xnnpack
