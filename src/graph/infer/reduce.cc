// SPDX-License-Identifier: Apache-2.0
// Operators that shrink an axis: reductions, arg-reductions, top-k.
#include <algorithm>

#include <fmt/format.h>

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {
namespace {

/// Sets the marked axes to 1, or drops them.
Shape reduced(const Shape& shape, const std::vector<bool>& marked, bool keep) {
  Shape result;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!marked[i])
      result.push_back(shape[i]);
    else if (keep)
      result.push_back(1);
  }
  return result;
}

}  // namespace

void infer_reduce(Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0));
  const bool keep = c.attributes().integer("keepdims", 1) != 0;
  std::vector<std::int64_t> axes;
  if (c.has_input(1)) {
    const auto operand = c.integers(1);
    if (!operand) return keep ? c.output(0, c.type(0), Shape(x->size(), -1)) : c.output(0, c.type(0));
    axes = *operand;
  }
  std::vector<bool> marked(x->size(), false);
  for (const std::int64_t axis : axes) {
    const std::size_t i = c.axis(axis, x->size());
    if (marked[i]) c.fail(fmt::format("axis {} is named twice", axis));
    marked[i] = true;
  }
  if (axes.empty() && c.attributes().integer("noop_with_empty_axes", 0) == 0) std::fill(marked.begin(), marked.end(), true);
  c.output(0, c.type(0), reduced(*x, marked, keep));
}

void infer_arg_reduce(Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, DataType::int64);
  std::vector<bool> marked(x->size(), false);
  const std::size_t axis = c.axis(c.attributes().integer("axis", 0), x->size());
  if ((*x)[axis] == 0) c.fail("the reduced axis is empty");
  marked[axis] = true;
  c.output(0, DataType::int64, reduced(*x, marked, c.attributes().integer("keepdims", 1) != 0));
}

void infer_top_k(Context& c) {
  const Shape* x = c.shape(0);
  std::optional<Shape> shape;
  if (x != nullptr) {
    const std::size_t axis = c.axis(c.attributes().integer("axis", -1), x->size());
    std::int64_t k = -1;
    if (const auto operand = c.integers(1)) {
      if (operand->size() != 1 || operand->front() < 0) c.fail("K must be one number, 0 or more");
      k = operand->front();
      if ((*x)[axis] >= 0 && k > (*x)[axis]) c.fail(fmt::format("K is {}, the axis has {} elements", k, (*x)[axis]));
    }
    shape = *x;
    (*shape)[axis] = k;
  }
  c.output(0, c.type(0), shape);
  c.output(1, DataType::int64, shape);
}

}  // namespace dnntune::graph::infer
