// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/reference/resize_attributes.h"
#include "kernels/reference/resize_taps.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::CoordinateMode;
using kernels::reference::NearestMode;
using kernels::reference::ResizeMode;

template <typename Mode>
struct Named {
  std::string_view name;
  Mode mode;
};

constexpr Named<ResizeMode> kModes[] = {
    {"nearest", ResizeMode::nearest}, {"linear", ResizeMode::linear}, {"cubic", ResizeMode::cubic}};
constexpr Named<NearestMode> kNearestModes[] = {{"round_prefer_floor", NearestMode::round_prefer_floor},
                                                {"round_prefer_ceil", NearestMode::round_prefer_ceil},
                                                {"floor", NearestMode::floor},
                                                {"ceil", NearestMode::ceil}};
constexpr Named<CoordinateMode> kCoordinateModes[] = {{"half_pixel", CoordinateMode::half_pixel},
                                                      {"pytorch_half_pixel", CoordinateMode::pytorch_half_pixel},
                                                      {"align_corners", CoordinateMode::align_corners},
                                                      {"asymmetric", CoordinateMode::asymmetric},
                                                      {"tf_crop_and_resize", CoordinateMode::tf_crop_and_resize},
                                                      {"tf_half_pixel_for_nn", CoordinateMode::tf_half_pixel_for_nn},
                                                      {"half_pixel_symmetric", CoordinateMode::half_pixel_symmetric}};

/// The attribute's value in `table`, whose first row is the default.
template <typename Mode, std::size_t N>
Mode read_mode(const LayerSpec& layer, const char* attribute, const Named<Mode> (&table)[N]) {
  const std::string text = layer.node.attributes.text(attribute, table[0].name);
  for (const Named<Mode>& row : table)
    if (row.name == text) return row.mode;
  throw_unsupported(layer, fmt::format("attribute '{}' is '{}'", attribute, text));
}

/// A constant float operand as doubles; empty when absent or empty.
std::vector<double> constant_numbers(const LayerSpec& layer, std::size_t index) {
  const TensorSpec& operand = input(layer, index);
  if (!operand.present() || elements(operand.shape) == 0) return {};
  if (!operand.constant.defined()) throw_unsupported(layer, fmt::format("input {} must be constant", index));
  if (!kernels::reference::is_real(operand.type)) throw_invalid(layer, fmt::format("input {} must be floating point", index));
  std::vector<double> numbers(operand.constant.element_count());
  kernels::reference::read(operand.type, operand.constant.data(), 0, 1, static_cast<std::int64_t>(numbers.size()), numbers.data());
  return numbers;
}

}  // namespace

kernels::reference::ResizeRule read_resize_rule(const LayerSpec& layer) {
  const graph::Attributes& attributes = layer.node.attributes;
  kernels::reference::ResizeRule rule;
  rule.mode = read_mode(layer, "mode", kModes);
  rule.nearest = read_mode(layer, "nearest_mode", kNearestModes);
  rule.coordinates = read_mode(layer, "coordinate_transformation_mode", kCoordinateModes);
  rule.cubic_coefficient = attributes.number("cubic_coeff_a", -0.75f);
  rule.exclude_outside = attributes.integer("exclude_outside", 0) != 0;
  rule.antialias = attributes.integer("antialias", 0) != 0;
  return rule;
}

namespace {

/// The dimensions that the operands speak of, in their order.
std::vector<std::size_t> read_axes(const LayerSpec& layer, std::size_t rank) {
  std::vector<std::size_t> axes(rank);
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  if (!layer.node.attributes.has("axes")) return axes;
  axes.clear();
  for (const std::int64_t axis : layer.node.attributes.integers("axes")) axes.push_back(normalized_axis(layer, axis, rank));
  return axes;
}

/// What sizes ask for when the aspect ratio is kept: one scale for all axes. 0: the axes are stretched.
double kept_scale(const LayerSpec& layer, const std::vector<std::size_t>& axes) {
  const std::string policy = layer.node.attributes.text("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch" || !input(layer, 3).present()) return 0.0;
  const std::vector<std::int64_t> sizes = constant_integers(layer, 3);
  require(sizes.size() == axes.size(), layer, "sizes must have one value an axis");
  std::vector<double> ratios;
  for (std::size_t i = 0; i < axes.size(); ++i) ratios.push_back(static_cast<double>(sizes[i]) / static_cast<double>(input(layer, 0).shape[axes[i]]));
  if (ratios.empty()) return 0.0;
  return policy == "not_larger" ? *std::min_element(ratios.begin(), ratios.end()) : *std::max_element(ratios.begin(), ratios.end());
}

}  // namespace

std::vector<kernels::reference::ResizeSpan> read_resize_spans(const LayerSpec& layer, CoordinateMode coordinates) {
  const Shape& from = input(layer, 0).shape;
  const Shape& to = output(layer, 0).shape;
  const std::size_t rank = from.size();
  const std::vector<double> scales = constant_numbers(layer, 2);
  const std::vector<double> roi = constant_numbers(layer, 1);
  require(to.size() == rank, layer, "input and output differ in rank");
  const std::vector<std::size_t> axes = read_axes(layer, rank);
  require(scales.empty() || scales.size() == axes.size(), layer, "scales must have one value an axis");
  require(!scales.empty() || input(layer, 3).present(), layer, "neither scales nor sizes are given");
  const bool crops = coordinates == CoordinateMode::tf_crop_and_resize;
  require(!crops || roi.size() == 2 * axes.size(), layer, "roi must have two values an axis");
  const double kept = kept_scale(layer, axes);
  std::vector<kernels::reference::ResizeSpan> spans(rank);
  for (std::size_t d = 0; d < rank; ++d) {
    require(from[d] > 0 || to[d] == 0, layer, "an empty dimension cannot be enlarged");
    kernels::reference::ResizeSpan& span = spans[d];
    span.in_size = from[d];
    span.out_size = to[d];
    span.scale = static_cast<double>(to[d]) / static_cast<double>(from[d]);
    span.resized_length = static_cast<double>(to[d]);
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    kernels::reference::ResizeSpan& span = spans[axes[i]];
    if (kept > 0.0) span.scale = kept;
    if (!scales.empty()) {
      require(scales[i] > 0.0 && std::isfinite(scales[i]), layer, "a scale is not positive");
      span.scale = scales[i];
      span.resized_length = scales[i] * static_cast<double>(span.in_size);
    }
    if (!crops) continue;
    require(std::isfinite(roi[i]) && std::isfinite(roi[axes.size() + i]), layer, "roi is not finite");
    span.resized_length = static_cast<double>(span.out_size);
    span.roi_begin = roi[i];
    span.roi_end = roi[axes.size() + i];
  }
  // A filter as wide as the input, for every element of the output.
  constexpr double kMostTaps = 1 << 28;
  if (layer.node.attributes.integer("antialias", 0) != 0)
    for (const kernels::reference::ResizeSpan& span : spans)
      if (static_cast<double>(span.out_size) * (4.0 / std::min(span.scale, 1.0) + 4.0) > kMostTaps) throw_unsupported(layer, "an antialiasing filter of more than 2^28 taps");
  return spans;
}

std::unique_ptr<PreparedLayer> prepare_resize(const LayerSpec& layer) {
  const kernels::reference::ResizeRule rule = read_resize_rule(layer);
  const std::vector<kernels::reference::ResizeSpan> spans = read_resize_spans(layer, rule.coordinates);
  if (spans.size() > kernels::reference::kMaxResizeRank) throw_unsupported(layer, "more than 8 dimensions");
  require_type(layer, output(layer, 0), input(layer, 0).type, "the output");
  const std::int64_t count = elements(output(layer, 0).shape);
  const std::vector<std::int64_t> strides = dense_strides(input(layer, 0).shape);
  std::vector<kernels::reference::ResizeTaps> taps;
  std::int64_t cost = 1;
  for (const kernels::reference::ResizeSpan& span : spans) {
    taps.push_back(count == 0 ? kernels::reference::ResizeTaps{} : resize_taps(rule, span));
    cost *= taps.back().taps;
  }
  const double extrapolation = layer.node.attributes.number("extrapolation_value", 0.0f);
  const auto kernel = require_kernel(layer, kernels::reference::resize_kernel(input(layer, 0).type));
  return make_layer({"reference.resize"}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    std::array<kernels::reference::ResizeDim, kernels::reference::kMaxResizeRank> dims;
    for (std::size_t d = 0; d < taps.size(); ++d)
      dims[d] = {spans[d].out_size,     strides[d], taps[d].taps, taps[d].index.data(), taps[d].weight.data(),
                 taps[d].outside.empty() ? nullptr : taps[d].outside.data()};
    run_parallel(pool, count, grain(4 * cost), kernel,
                 {in<void>(buffers, 0), out<void>(buffers, 0), std::span(dims).first(taps.size()), extrapolation});
  });
}

}  // namespace dnntune::backends::cpu::reference
