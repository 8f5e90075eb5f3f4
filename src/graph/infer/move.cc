// SPDX-License-Identifier: Apache-2.0
// Operators that join, cut and pad along axes.
#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"
#include "graph/infer/infer.h"

namespace dnntune::graph::infer {

void infer_concat(Context& c) {
  if (!c.attributes().has("axis")) c.fail("'axis' is missing");
  const std::int64_t stated_axis = c.attributes().integer("axis", 0);
  DataType type = DataType::undefined;
  std::optional<Shape> shape;
  bool unknown = false;
  for (std::size_t i = 0; i < c.input_count(); ++i) {
    if (!c.has_input(i)) c.fail(fmt::format("input {} is missing", i));
    if (type == DataType::undefined) type = c.type(i);
    const Shape* x = c.shape(i);
    if (x == nullptr) {
      unknown = true;
      continue;
    }
    const std::size_t axis = c.axis(stated_axis, x->size());
    if (!shape) {
      shape = *x;
      continue;
    }
    c.require_rank(i, shape->size());
    for (std::size_t k = 0; k < shape->size(); ++k) {
      std::int64_t& dim = (*shape)[k];
      if (k == axis) {
        dim = dim < 0 || (*x)[k] < 0 ? -1 : base::checked_add(dim, (*x)[k], "output size");
      } else {
        c.require_equal(dim, (*x)[k], fmt::format("the inputs differ along axis {}", k));
        dim = std::max(dim, (*x)[k]);
      }
    }
  }
  if (unknown && shape) (*shape)[c.axis(stated_axis, shape->size())] = -1;
  c.output(0, type, shape);
}

void infer_split(Context& c) {
  const Shape* x = c.shape(0);
  const auto count = static_cast<std::int64_t>(c.output_count());
  if (x == nullptr) {
    for (std::size_t i = 0; i < c.output_count(); ++i) c.output(i, c.type(0));
    return;
  }
  const std::size_t axis = c.axis(c.attributes().integer("axis", 0), x->size());
  const std::int64_t dim = (*x)[axis];
  std::vector<std::int64_t> sizes(c.output_count(), -1);
  if (c.has_input(1)) {
    if (const auto operand = c.integers(1)) {
      if (operand->size() != c.output_count()) c.fail(fmt::format("split has {} entries, there are {} outputs", operand->size(), count));
      std::int64_t total = 0;
      for (const std::int64_t size : *operand) {
        if (size < 0) c.fail(fmt::format("a size is {}", size));
        total = base::checked_add(total, size, "split");
      }
      c.require_equal(total, dim, "the sizes do not add up to the axis");
      sizes = *operand;
    }
  } else if (dim >= 0) {
    c.require_equal(c.attributes().integer("num_outputs", count), count, "num_outputs is not the number of outputs");
    const std::int64_t chunk = (dim + count - 1) / count;
    if (chunk * (count - 1) > dim) c.fail(fmt::format("{} elements cannot be split {} ways", dim, count));
    std::fill(sizes.begin(), sizes.end(), chunk);
    sizes.back() = dim - chunk * (count - 1);
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    Shape shape = *x;
    shape[axis] = sizes[i];
    c.output(i, c.type(0), shape);
  }
}

namespace {

/// Elements that [start:end:step] takes of an axis, as NumPy counts.
std::int64_t slice_size(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  // Negative positions count from the end; the most negative integers must not overflow on the way.
  const auto resolve = [dim](std::int64_t position, std::int64_t low, std::int64_t high) {
    if (position < 0) position = position < -dim ? low : position + dim;
    return std::clamp(position, low, high);
  };
  if (step > 0) {
    start = resolve(start, 0, dim);
    end = resolve(end, 0, dim);
    return end <= start ? 0 : (end - start - 1) / step + 1;
  }
  start = resolve(start, -1, dim - 1);
  end = resolve(end, -1, dim - 1);
  if (start <= end) return 0;
  return (start - end - 1) / (step == INT64_MIN ? INT64_MAX : -step) + 1;
}

}  // namespace

void infer_slice(Context& c) {
  for (std::size_t i = 1; i < 5; ++i) c.require_rank(i, 1);
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0));
  auto starts = c.integers(1), ends = c.integers(2), axes = c.integers(3), steps = c.integers(4);
  Shape shape = *x;
  if (c.has_input(3) && !axes) return c.output(0, c.type(0), Shape(x->size(), -1));
  if (!axes) {
    // Without axes the operand's length says which axes are cut: the first ones.
    const auto* operand = starts ? &*starts : ends ? &*ends : nullptr;
    if (operand == nullptr) return c.output(0, c.type(0), Shape(x->size(), -1));
    if (operand->size() > x->size()) c.fail(fmt::format("{} axes are cut, the input has rank {}", operand->size(), x->size()));
    axes.emplace();
    for (std::size_t i = 0; i < operand->size(); ++i) axes->push_back(static_cast<std::int64_t>(i));
  }
  const bool steps_known = !c.has_input(4) || steps;
  if (!c.has_input(4)) steps.emplace(axes->size(), 1);
  for (const auto* operand : {&starts, &ends, &steps})
    if (*operand && (*operand)->size() != axes->size()) c.fail("starts, ends, axes and steps differ in length");
  std::vector<bool> seen(x->size(), false);
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const std::size_t axis = c.axis((*axes)[i], x->size());
    if (seen[axis]) c.fail(fmt::format("axis {} is named twice", (*axes)[i]));
    seen[axis] = true;
    if (steps && (*steps)[i] == 0) c.fail("a step is 0");
    const bool known = starts && ends && steps_known && shape[axis] >= 0;
    shape[axis] = known ? slice_size(shape[axis], (*starts)[i], (*ends)[i], (*steps)[i]) : -1;
  }
  c.output(0, c.type(0), shape);
}

void infer_pad(Context& c) {
  c.require_rank(1, 1);
  const Shape* x = c.shape(0);
  const std::string mode = c.attributes().text("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
    c.fail(fmt::format("mode '{}' is none of constant, reflect, edge, wrap", mode));
  if (x == nullptr) return c.output(0, c.type(0));
  auto pads = c.integers(1);
  const auto axes = c.integers(3);
  if (!pads || (c.has_input(3) && !axes)) return c.output(0, c.type(0), Shape(x->size(), -1));
  if (axes) {  // the others are not padded
    std::vector<std::int64_t> all(2 * x->size(), 0);
    if (pads->size() != 2 * axes->size()) c.fail(fmt::format("pads has {} entries for {} axes", pads->size(), axes->size()));
    for (std::size_t i = 0; i < axes->size(); ++i) {
      const std::size_t axis = c.axis((*axes)[i], x->size());
      all[axis] = (*pads)[i];
      all[axis + x->size()] = (*pads)[axes->size() + i];
    }
    pads = std::move(all);
  }
  if (pads->size() != 2 * x->size()) c.fail(fmt::format("pads has {} entries, {} are needed", pads->size(), 2 * x->size()));
  Shape shape = *x;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 0) continue;
    const std::int64_t begin = (*pads)[i], end = (*pads)[x->size() + i];
    if (mode == "reflect" && std::max(begin, end) >= std::max<std::int64_t>(shape[i], 1))
      c.fail(fmt::format("along axis {} a reflection of {} and {} does not fit {} elements", i, begin, end, shape[i]));
    if ((mode == "edge" || mode == "wrap") && shape[i] == 0 && std::max(begin, end) > 0)
      c.fail(fmt::format("axis {} has no elements to repeat", i));
    shape[i] = base::checked_add(base::checked_add(shape[i], begin, "output size"), end, "output size");
    if (shape[i] < 0) c.fail(fmt::format("along axis {} more is cropped than there is", i));
  }
  c.output(0, c.type(0), shape);
}

}  // namespace dnntune::graph::infer
