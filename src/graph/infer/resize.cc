// SPDX-License-Identifier: Apache-2.0
// Output sizes of Resize.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {
namespace {

/// The dimensions that scales, sizes and roi speak of, in their order.
std::vector<std::size_t> resized_axes(const Context& c, std::size_t rank) {
  std::vector<std::size_t> axes;
  if (!c.attributes().has("axes")) {
    axes.resize(rank);
    std::iota(axes.begin(), axes.end(), std::size_t{0});
    return axes;
  }
  for (const std::int64_t axis : c.attributes().integers("axes")) {
    axes.push_back(c.axis(axis, rank));
    if (std::count(axes.begin(), axes.end(), axes.back()) > 1) c.fail(fmt::format("axis {} is named twice", axis));
  }
  return axes;
}

/// Not every float fits an integer: check_limits shall refuse it, not the conversion overflow.
std::int64_t whole(double size) { return size > static_cast<double>(kMaxElements) ? kMaxElements + 1 : static_cast<std::int64_t>(size); }

void resize_to(const Context& c, const std::vector<std::int64_t>& sizes, const std::vector<std::size_t>& axes, Shape& shape) {
  if (sizes.size() != axes.size()) c.fail(fmt::format("sizes has {} entries for {} axes", sizes.size(), axes.size()));
  for (const std::int64_t size : sizes)
    if (size < 0) c.fail(fmt::format("a size is {}", size));
  const std::string policy = c.attributes().text("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch") {
    for (std::size_t i = 0; i < axes.size(); ++i) shape[axes[i]] = sizes[i];
    return;
  }
  if (policy != "not_larger" && policy != "not_smaller") c.fail(fmt::format("keep_aspect_ratio_policy is '{}'", policy));
  std::optional<double> scale;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (shape[axes[i]] < 0) {
      for (const std::size_t axis : axes) shape[axis] = -1;
      return;
    }
    if (shape[axes[i]] == 0) c.fail(fmt::format("axis {} is empty: it has no aspect ratio", axes[i]));
    const double ratio = static_cast<double>(sizes[i]) / static_cast<double>(shape[axes[i]]);
    scale = !scale ? ratio : policy == "not_larger" ? std::min(*scale, ratio) : std::max(*scale, ratio);
  }
  for (const std::size_t axis : axes) shape[axis] = whole(std::floor(*scale * static_cast<double>(shape[axis]) + 0.5));
}

}  // namespace

void infer_resize(Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0));
  const auto present = [&](std::size_t i) {  // an empty tensor stands for "not given"
    return c.has_input(i) && !(c.shape(i) != nullptr && *c.shape(i) == Shape{0});
  };
  if (present(2) == present(3)) c.fail("exactly one of scales and sizes must be given");
  const std::vector<std::size_t> axes = resized_axes(c, x->size());
  Shape shape = *x, open = *x;
  for (const std::size_t axis : axes) open[axis] = -1;
  if (present(3)) {
    const auto sizes = c.integers(3);
    if (!sizes) return c.output(0, c.type(0), open);
    resize_to(c, *sizes, axes, shape);
    return c.output(0, c.type(0), shape);
  }
  const auto scales = c.floats(2);
  if (!scales) return c.output(0, c.type(0), open);
  if (scales->size() != axes.size()) c.fail(fmt::format("scales has {} entries for {} axes", scales->size(), axes.size()));
  std::optional<std::vector<float>> roi;
  if (c.attributes().text("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize") {
    roi = c.floats(1);
    if (!roi) return c.output(0, c.type(0), open);
    if (roi->size() != 2 * axes.size()) c.fail(fmt::format("roi has {} entries for {} axes", roi->size(), axes.size()));
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const float scale = (*scales)[i];
    if (!(scale > 0.0f)) c.fail(fmt::format("a scale is {}", scale));
    if (shape[axes[i]] < 0) continue;
    float size = static_cast<float>(shape[axes[i]]);
    if (roi) size *= (*roi)[axes.size() + i] - (*roi)[i];
    size = std::floor(size * scale);
    if (!(size >= 0.0f)) c.fail("the region of interest is empty");
    shape[axes[i]] = whole(size);
  }
  c.output(0, c.type(0), shape);
}

}  // namespace dnntune::graph::infer
