// SPDX-License-Identifier: Apache-2.0
// Quantization: from floats and back, and element by element.
#include "graph/infer/quantization.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"

namespace dnntune::graph::infer {
namespace {

/// Elements of an operand; -1 when not known.
std::int64_t count_of(const Context& c, std::size_t i) {
  const Shape* shape = c.shape(i);
  if (shape == nullptr || std::any_of(shape->begin(), shape->end(), [](std::int64_t dim) { return dim < 0; })) return -1;
  return base::element_count(*shape, "scale");
}

/// Entries along the axis that the node names; 1 for data without dimensions.
std::int64_t channels_along_axis(const Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return -1;
  const std::int64_t axis = c.attributes().integer("axis", 1);
  // One scale for all needs no axis, and the default need not exist then.
  if (count_of(c, 1) == 1) return 1;
  return (*x)[c.axis(axis, x->size())];
}

}  // namespace

void check_quantization(const Context& c, const Quantization& q) {
  std::int64_t known = -1;
  for (const std::size_t i : {q.scale, q.zero_point}) {
    const std::int64_t count = count_of(c, i);
    if (count < 0) continue;
    if (count != 1 && q.channels >= 0 && count != q.channels)
      c.fail(fmt::format("input {} has {} entries where there are {} channels", i, count, q.channels));
    if (known >= 0 && known != count) c.fail(fmt::format("input {} has {} entries, its scale {}", i, count, known));
    known = count;
  }
}

void infer_quantize(Context& c) {
  check_quantization(c, {.scale = 1, .zero_point = 2, .channels = channels_along_axis(c)});
  c.output(0, c.has_input(2) ? c.type(2) : DataType::uint8, c.known_shape(0));
}

void infer_dequantize(Context& c) {
  check_quantization(c, {.scale = 1, .zero_point = 2, .channels = channels_along_axis(c)});
  if (c.type(0) != DataType::undefined && c.type(2) != DataType::undefined && c.type(0) != c.type(2))
    c.fail(fmt::format("the zero point is {}, the input {}", to_string(c.type(2)), to_string(c.type(0))));
  c.output(0, c.type(1), c.known_shape(0));
}

void infer_dynamic_quantize(Context& c) {
  c.output(0, DataType::uint8, c.known_shape(0));
  c.output(1, DataType::float32, Shape{});
  c.output(2, DataType::uint8, Shape{});
}

void infer_qlinear_add(Context& c) {
  check_quantization(c, {.scale = 1, .zero_point = 2});
  check_quantization(c, {.scale = 4, .zero_point = 5});
  check_quantization(c, {.scale = 6, .zero_point = 7});
  if (c.shape(0) == nullptr || c.shape(3) == nullptr) return c.output(0, c.type(0));
  const auto shape = broadcast(*c.shape(0), *c.shape(3));
  if (!shape) c.fail("the input shapes do not broadcast");
  c.output(0, c.type(0), shape);
}

void infer_qlinear_softmax(Context& c) {
  check_quantization(c, {.scale = 1, .zero_point = 2});
  check_quantization(c, {.scale = 3, .zero_point = 4});
  if (c.shape(0) != nullptr) c.axis(c.attributes().integer("axis", -1), c.shape(0)->size());
  c.output(0, c.type(0), c.known_shape(0));
}

}  // namespace dnntune::graph::infer
