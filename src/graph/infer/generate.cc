// SPDX-License-Identifier: Apache-2.0
// Operators that make values from constants and shapes.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {

void infer_constant(Context& c) {
  const Attributes& a = c.attributes();
  if (a.has("value")) {
    const Tensor value = a.tensor("value");
    return c.output(0, value.type(), value.shape());
  }
  if (a.has("value_float")) return c.output(0, DataType::float32, Shape{});
  if (a.has("value_int")) return c.output(0, DataType::int64, Shape{});
  if (a.has("value_floats")) return c.output(0, DataType::float32, Shape{static_cast<std::int64_t>(a.numbers("value_floats").size())});
  if (a.has("value_ints")) return c.output(0, DataType::int64, Shape{static_cast<std::int64_t>(a.integers("value_ints").size())});
  throw Error(ErrorCode::unsupported, fmt::format("{}: no attribute value, value_float(s) or value_int(s)", c.describe()));
}

void infer_shape(Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, DataType::int64, Shape{-1});
  const auto rank = static_cast<std::int64_t>(x->size());
  const auto position = [&](const char* name, std::int64_t fallback) {
    const std::int64_t p = c.attributes().integer(name, fallback);
    return std::clamp<std::int64_t>(p < 0 ? std::max(p, -rank) + rank : p, 0, rank);
  };
  c.output(0, DataType::int64, Shape{std::max<std::int64_t>(position("end", rank) - position("start", 0), 0)});
}

void infer_size(Context& c) { c.output(0, DataType::int64, Shape{}); }

void infer_constant_of_shape(Context& c) {
  c.require_rank(0, 1);
  DataType type = DataType::float32;
  if (c.attributes().has("value")) {
    const Tensor value = c.attributes().tensor("value");
    if (value.element_count() != 1) c.fail("'value' must have one element");
    type = value.type();
  }
  if (const auto dims = c.integers(0)) {
    for (const std::int64_t dim : *dims)
      if (dim < 0) c.fail(fmt::format("a wanted dimension is {}", dim));
    return c.output(0, type, *dims);
  }
  const Shape* operand = c.shape(0);
  if (operand == nullptr || operand->front() < 0 || operand->front() > static_cast<std::int64_t>(kMaxRank)) return c.output(0, type);
  c.output(0, type, Shape(static_cast<std::size_t>(operand->front()), -1));
}

namespace {

/// The one element of a constant operand; unset when it is not constant.
std::optional<Tensor> scalar(const Context& c, std::size_t i) {
  if (!c.has_input(i) || !c.input(i).is_constant()) return std::nullopt;
  if (c.input(i).constant.element_count() != 1) c.fail(fmt::format("input {} must be a scalar", i));
  return c.input(i).constant;
}

/// Number of elements of Range, -1 when not known.
template <typename T>
std::int64_t range_count(const Context& c, const Tensor& start, const Tensor& limit, const Tensor& delta) {
  const T from = start.as<T>()[0], to = limit.as<T>()[0], step = delta.as<T>()[0];
  if (step == T{0}) c.fail("delta is 0");
  // Exact for the integers that can pass check_limits; larger ones saturate and are refused there.
  const double count = std::ceil((static_cast<double>(to) - static_cast<double>(from)) / static_cast<double>(step));
  if (std::isnan(count)) c.fail("start, limit or delta is not a number");
  return static_cast<std::int64_t>(std::clamp(count, 0.0, static_cast<double>(kMaxElements) * 2));
}

}  // namespace

void infer_range(Context& c) {
  const auto start = scalar(c, 0), limit = scalar(c, 1), delta = scalar(c, 2);
  if (!start || !limit || !delta) return c.output(0, c.type(0), Shape{-1});
  std::int64_t count = -1;
  switch (start->type()) {
    case DataType::float32: count = range_count<float>(c, *start, *limit, *delta); break;
    case DataType::float64: count = range_count<double>(c, *start, *limit, *delta); break;
    case DataType::int16: count = range_count<std::int16_t>(c, *start, *limit, *delta); break;
    case DataType::int32: count = range_count<std::int32_t>(c, *start, *limit, *delta); break;
    case DataType::int64: count = range_count<std::int64_t>(c, *start, *limit, *delta); break;
    default: c.fail(fmt::format("the operator does not take {}", to_string(start->type())));
  }
  c.output(0, c.type(0), Shape{count});
}

void infer_eye_like(Context& c) {
  c.require_rank(0, 2);
  DataType type = c.type(0);
  if (c.attributes().has("dtype")) {
    const std::int64_t dtype = c.attributes().integer("dtype", 0);
    type = static_cast<DataType>(dtype);
    if (dtype <= 0 || dtype > 64 || size_of(type) == 0)
      throw Error(ErrorCode::unsupported, fmt::format("{}: element type {}", c.describe(), dtype));
  }
  c.output(0, type, c.shape(0) ? *c.shape(0) : Shape{-1, -1});
}

namespace {

/// The depth of OneHot, which may be of any number type; -1 when it is not constant.
std::int64_t one_hot_depth(const Context& c) {
  const auto operand = scalar(c, 1);
  if (!operand) return -1;
  double depth = -1.0;
  switch (operand->type()) {
    case DataType::int64: depth = static_cast<double>(operand->as<std::int64_t>()[0]); break;
    case DataType::int32: depth = operand->as<std::int32_t>()[0]; break;
    case DataType::float32: depth = static_cast<double>(operand->as<float>()[0]); break;
    case DataType::float64: depth = operand->as<double>()[0]; break;
    default: c.fail(fmt::format("a depth of type {} is not supported", to_string(operand->type())));
  }
  if (!(depth >= 1.0)) c.fail(fmt::format("the depth is {}", depth));
  return static_cast<std::int64_t>(std::min(depth, static_cast<double>(kMaxElements) * 2));
}

}  // namespace

void infer_one_hot(Context& c) {
  c.require_rank(2, 1);
  if (c.shape(2) != nullptr) c.require_equal((*c.shape(2))[0], 2, "values must be the pair off, on");
  const Shape* x = c.shape(0);
  const std::int64_t depth = one_hot_depth(c);
  if (x == nullptr) return c.output(0, c.type(2));
  Shape shape = *x;
  const std::size_t axis = c.axis(c.attributes().integer("axis", -1), x->size() + 1);
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), depth);
  c.output(0, c.type(2), shape);
}

}  // namespace dnntune::graph::infer
