// SPDX-License-Identifier: Apache-2.0
// Operators whose output has the shape of an input, or of all of them broadcast together.
#include <fmt/format.h>

#include "graph/infer/infer.h"
#include "graph/infer/same_checks.h"

namespace dnntune::graph::infer {
namespace {

/// All inputs broadcast together; unset while a rank is unknown.
std::optional<Shape> broadcast_all(const Context& c) {
  std::optional<Shape> result;
  for (std::size_t i = 0; i < c.input_count(); ++i) {
    if (!c.has_input(i)) c.fail(fmt::format("input {} is missing", i));
    if (c.shape(i) == nullptr) return std::nullopt;
    result = i == 0 ? *c.shape(0) : broadcast(*result, *c.shape(i));
    if (!result) c.fail("the input shapes do not broadcast");
  }
  return result;
}

/// The type that inputs have in common, from the first one that is known.
DataType common_type(const Context& c) {
  for (std::size_t i = 0; i < c.input_count(); ++i)
    if (c.type(i) != DataType::undefined) return c.type(i);
  return DataType::undefined;
}

/// A parameter that must be one number: rank 0, or one element.
void require_scalar(const Context& c, std::size_t i) {
  const Shape* shape = c.shape(i);
  if (shape != nullptr && !broadcasts_to(*shape, Shape(shape->size(), 1))) c.fail(fmt::format("input {} must be a scalar", i));
}

}  // namespace

void infer_same(Context& c) {
  check_same(c);
  c.output(0, c.type(0), c.known_shape(0));
}

void infer_same_bool(Context& c) { c.output(0, DataType::boolean, c.known_shape(0)); }

void infer_broadcast(Context& c) {
  // Pow keeps the type of its base; elsewhere all types are alike.
  c.output(0, c.op() == Op::Pow ? c.type(0) : common_type(c), broadcast_all(c));
}

void infer_broadcast_bool(Context& c) { c.output(0, DataType::boolean, broadcast_all(c)); }

void infer_where(Context& c) {
  c.output(0, c.type(1) != DataType::undefined ? c.type(1) : c.type(2), broadcast_all(c));
}

void infer_cast(Context& c) {
  const std::int64_t to = c.attributes().integer("to", 0);
  const auto type = static_cast<DataType>(to);
  if (to <= 0 || to > 64 || size_of(type) == 0)
    throw Error(ErrorCode::unsupported, fmt::format("{}: cannot cast to element type {}", c.describe(), to));
  c.output(0, type, c.known_shape(0));
}

void infer_cast_like(Context& c) { c.output(0, c.type(1), c.known_shape(0)); }

void infer_dropout(Context& c) {
  require_scalar(c, 1);
  require_scalar(c, 2);
  c.output(0, c.type(0), c.known_shape(0));
  c.output(1, DataType::boolean, c.known_shape(0));
}

}  // namespace dnntune::graph::infer
