// SPDX-License-Identifier: Apache-2.0
// Operators that give the same elements another shape, or repeat them.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/checked.h"
#include "graph/infer/infer.h"

namespace dnntune::graph::infer {
namespace {

/// Product of dimensions [first, last); -1 when one is not known (and none is 0).
std::int64_t product(const Shape& shape, std::size_t first, std::size_t last) {
  std::int64_t count = 1;
  bool unknown = false;
  for (std::size_t i = first; i < last; ++i) {
    if (shape[i] == 0) return 0;
    if (shape[i] < 0)
      unknown = true;
    else
      count = base::checked_mul(count, shape[i], "element count");
  }
  return unknown ? -1 : count;
}

/// An output whose rank is the length of shape operand `i`, its dimensions unknown.
std::optional<Shape> unknown_of_rank(const Context& c, std::size_t i) {
  const Shape* operand = c.shape(i);
  if (operand == nullptr || operand->size() != 1 || operand->front() < 0) return std::nullopt;
  check_limits(*operand, "shape operand");
  if (operand->front() > static_cast<std::int64_t>(kMaxRank)) c.fail(fmt::format("a rank of {}", operand->front()));
  return Shape(static_cast<std::size_t>(operand->front()), -1);
}

}  // namespace

void infer_reshape(Context& c) {
  c.require_rank(1, 1);
  const auto wanted = c.integers(1);
  if (!wanted) return c.output(0, c.type(0), unknown_of_rank(c, 1));
  const Shape* x = c.shape(0);
  const bool allow_zero = c.attributes().integer("allowzero", 0) != 0;
  Shape shape = *wanted;
  std::optional<std::size_t> free_axis;
  // Dimensions copied from the input cancel on both sides, so that they need not be known.
  std::vector<bool> cancelled(x ? x->size() : 0, false);
  std::int64_t known = 1;
  bool all_known = true;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1) {
      if (free_axis) c.fail("the wanted shape has two dimensions of -1");
      free_axis = i;
    } else if (shape[i] == 0 && !allow_zero) {
      if (x == nullptr) {
        shape[i] = -1;
        all_known = false;
        continue;
      }
      if (i >= x->size()) c.fail(fmt::format("dimension {} is to be copied, the input has rank {}", i, x->size()));
      shape[i] = (*x)[i];
      cancelled[i] = true;
    } else if (shape[i] < 0) {
      c.fail(fmt::format("a wanted dimension is {}", shape[i]));
    } else {
      known = base::checked_mul(known, shape[i], "element count");
    }
  }
  if (x == nullptr || !all_known) return c.output(0, c.type(0), shape);
  Shape rest;
  for (std::size_t i = 0; i < x->size(); ++i) {
    if (!cancelled[i])
      rest.push_back((*x)[i]);
    else if ((*x)[i] == 0 && free_axis)
      c.fail("a dimension of -1 cannot be found for an empty tensor");
  }
  const std::int64_t available = product(rest, 0, rest.size());
  if (free_axis && available >= 0) {
    if (known == 0) c.fail("a dimension of -1 cannot be found for an empty tensor");
    if (available % known != 0) c.fail(fmt::format("{} elements do not divide into {}", available, to_string(*wanted)));
    shape[*free_axis] = available / known;
  } else if (!free_axis && available >= 0 && available != known) {
    c.fail(fmt::format("the element count differs from that of {}", to_string(shape)));
  }
  c.output(0, c.type(0), shape);
}

void infer_flatten(Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0), Shape{-1, -1});
  const auto rank = static_cast<std::int64_t>(x->size());
  std::int64_t axis = c.attributes().integer("axis", 1);
  if (axis < -rank || axis > rank) c.fail(fmt::format("axis {} is outside [{}, {}]", axis, -rank, rank));
  if (axis < 0) axis += rank;
  const auto at = static_cast<std::size_t>(axis);
  c.output(0, c.type(0), Shape{product(*x, 0, at), product(*x, at, x->size())});
}

void infer_squeeze(Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0));
  std::vector<bool> dropped(x->size(), false);
  if (c.has_input(1)) {
    const auto axes = c.integers(1);
    if (!axes) return c.output(0, c.type(0));
    for (const std::int64_t axis : *axes) {
      const std::size_t i = c.axis(axis, x->size());
      if (dropped[i]) c.fail(fmt::format("axis {} is named twice", axis));
      c.require_equal((*x)[i], 1, fmt::format("axis {} cannot be squeezed", axis));
      dropped[i] = true;
    }
  } else {
    for (std::size_t i = 0; i < x->size(); ++i) {
      if ((*x)[i] < 0) return c.output(0, c.type(0));
      dropped[i] = (*x)[i] == 1;
    }
  }
  Shape shape;
  for (std::size_t i = 0; i < x->size(); ++i)
    if (!dropped[i]) shape.push_back((*x)[i]);
  c.output(0, c.type(0), shape);
}

void infer_unsqueeze(Context& c) {
  const Shape* x = c.shape(0);
  const auto axes = c.integers(1);
  if (x == nullptr || !axes) return c.output(0, c.type(0));
  Shape shape(x->size() + axes->size(), 0);
  std::vector<bool> inserted(shape.size(), false);
  for (const std::int64_t axis : *axes) {
    const std::size_t i = c.axis(axis, shape.size());
    if (inserted[i]) c.fail(fmt::format("axis {} is named twice", axis));
    inserted[i] = true;
  }
  for (std::size_t i = 0, from = 0; i < shape.size(); ++i) shape[i] = inserted[i] ? 1 : (*x)[from++];
  c.output(0, c.type(0), shape);
}

void infer_transpose(Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0));
  std::vector<std::int64_t> order = c.attributes().integers("perm");
  if (!c.attributes().has("perm")) {
    order.resize(x->size());
    std::iota(order.rbegin(), order.rend(), 0);
  }
  if (order.size() != x->size()) c.fail(fmt::format("perm has {} entries", order.size()));
  std::vector<bool> seen(x->size(), false);
  Shape shape;
  for (const std::int64_t from : order) {
    if (from < 0 || from >= static_cast<std::int64_t>(x->size()) || seen[static_cast<std::size_t>(from)])
      c.fail(fmt::format("perm {} is not a permutation", to_string(order)));
    seen[static_cast<std::size_t>(from)] = true;
    shape.push_back((*x)[static_cast<std::size_t>(from)]);
  }
  c.output(0, c.type(0), shape);
}

void infer_expand(Context& c) {
  c.require_rank(1, 1);
  const Shape* x = c.shape(0);
  const auto wanted = c.integers(1);
  if (x == nullptr) return c.output(0, c.type(0));
  if (!wanted) {
    auto shape = unknown_of_rank(c, 1);
    if (shape && shape->size() < x->size()) shape->resize(x->size(), -1);
    return c.output(0, c.type(0), shape);
  }
  for (const std::int64_t dim : *wanted)
    if (dim < 0) c.fail(fmt::format("a wanted dimension is {}", dim));
  const auto shape = broadcast(*x, *wanted);
  if (!shape) c.fail(fmt::format("the input does not broadcast to {}", to_string(*wanted)));
  c.output(0, c.type(0), shape);
}

void infer_tile(Context& c) {
  c.require_rank(1, 1);
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0), unknown_of_rank(c, 1));
  Shape shape(x->size(), -1);
  if (const auto repeats = c.integers(1)) {
    if (repeats->size() != x->size()) c.fail(fmt::format("repeats has {} entries", repeats->size()));
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if ((*repeats)[i] < 0) c.fail(fmt::format("a repeat count is {}", (*repeats)[i]));
      if ((*x)[i] >= 0) shape[i] = base::checked_mul((*x)[i], (*repeats)[i], "output size");
    }
  }
  c.output(0, c.type(0), shape);
}

}  // namespace dnntune::graph::infer
