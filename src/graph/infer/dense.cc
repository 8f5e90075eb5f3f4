// SPDX-License-Identifier: Apache-2.0
// Matrix products, determinants, recurrent layers, layer normalisation.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "graph/einsum.h"
#include "graph/infer/infer.h"
#include "graph/infer/quantization.h"

namespace dnntune::graph::infer {

namespace {

/// The product of input 0 and input `second`; `bias` is our own, what a fused Add brought.
void infer_product(Context& c, DataType type, std::size_t second, std::size_t bias, bool trans_b = false) {
  if (c.shape(0) == nullptr || c.shape(second) == nullptr) return c.output(0, type);
  Shape a = *c.shape(0), b = *c.shape(second);
  if (a.empty() || b.empty()) c.fail("a scalar cannot be multiplied as a matrix");
  const bool row = a.size() == 1, column = b.size() == 1;
  if (row) a.insert(a.begin(), 1);
  if (column) b.push_back(1);
  if (trans_b) std::swap(b[b.size() - 2], b[b.size() - 1]);
  c.require_equal(a.back(), b[b.size() - 2], "the inner dimensions differ");
  auto shape = broadcast(Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2));
  if (!shape) c.fail("the batch dimensions do not broadcast");
  if (!row) shape->push_back(a[a.size() - 2]);
  if (!column) shape->push_back(b.back());
  c.require_rank(bias, 1);
  if (c.shape(bias) != nullptr) {
    if (column) c.fail("a bias needs a matrix as second factor");
    c.require_equal((*c.shape(bias))[0], b.back(), "the bias must have one entry a column");
  }
  c.output(0, type, shape);
}

/// Entries of a quantization along the columns of input `i`; -1 when not known.
std::int64_t columns_of(const Context& c, std::size_t i) {
  const Shape* shape = c.shape(i);
  return shape == nullptr || shape->size() < 2 ? -1 : (*shape)[shape->size() - (c.attributes().integer("transB", 0) != 0 ? 2 : 1)];
}

/// The same along the rows of input 0.
std::int64_t rows_of(const Context& c) { return c.shape(0) == nullptr || c.shape(0)->size() < 2 ? -1 : (*c.shape(0))[c.shape(0)->size() - 2]; }

}  // namespace

void infer_matmul(Context& c) { infer_product(c, c.type(0), 1, 2); }

void infer_matmul_integer(Context& c) {
  check_quantization(c, {.zero_point = 2, .channels = rows_of(c)});
  check_quantization(c, {.zero_point = 3, .channels = columns_of(c, 1)});
  infer_product(c, DataType::int32, 1, kNone);
}

void infer_qlinear_matmul(Context& c) {
  check_quantization(c, {.scale = 1, .zero_point = 2, .channels = rows_of(c)});
  check_quantization(c, {.scale = 4, .zero_point = 5, .channels = columns_of(c, 3)});
  check_quantization(c, {.scale = 6, .zero_point = 7});
  infer_product(c, c.type(7), 3, 8, c.attributes().integer("transB", 0) != 0);
}


void infer_gemm(Context& c) {
  c.require_rank(0, 2);
  c.require_rank(1, 2);
  const Shape *a = c.shape(0), *b = c.shape(1);
  const bool trans_a = c.attributes().integer("transA", 0) != 0, trans_b = c.attributes().integer("transB", 0) != 0;
  const std::int64_t m = a ? (*a)[trans_a ? 1 : 0] : -1, k_a = a ? (*a)[trans_a ? 0 : 1] : -1;
  const std::int64_t k_b = b ? (*b)[trans_b ? 1 : 0] : -1, n = b ? (*b)[trans_b ? 0 : 1] : -1;
  c.require_equal(k_a, k_b, "the inner dimensions differ");
  const Shape shape{m, n};
  if (c.shape(2) != nullptr && !broadcasts_to(*c.shape(2), shape)) c.fail(fmt::format("input 2 does not broadcast to {}", to_string(shape)));
  c.output(0, c.type(0), shape);
}

void infer_einsum(Context& c) {
  if (!c.attributes().has("equation")) c.fail("attribute 'equation' is missing");
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < c.input_count(); ++i) {
    if (c.shape(i) == nullptr) return c.output(0, c.type(0));
    shapes.push_back(*c.shape(i));
  }
  Einsum equation;
  try {
    equation = parse_einsum(c.attributes().text("equation", ""), shapes);
  } catch (const Error& error) {
    c.fail(error.what());
  }
  Shape shape;
  for (const int label : equation.output) shape.push_back(equation.sizes[static_cast<std::size_t>(label)]);
  c.output(0, c.type(0), shape);
}

void infer_det(Context& c) {
  const Shape* x = c.shape(0);
  if (x == nullptr) return c.output(0, c.type(0));
  if (x->size() < 2) c.fail("input 0 must have rank 2 or more");
  c.require_equal(x->back(), (*x)[x->size() - 2], "the matrices must be square");
  c.output(0, c.type(0), Shape(x->begin(), x->end() - 2));
}

namespace {

/// Checks one operand of a recurrent layer against its wanted shape (-1: not known).
void check_operand(const Context& c, std::size_t i, const Shape& wanted) {
  c.require_rank(i, wanted.size());
  if (c.shape(i) == nullptr) return;
  for (std::size_t axis = 0; axis < wanted.size(); ++axis)
    c.require_equal((*c.shape(i))[axis], wanted[axis], fmt::format("input {} must have shape {}", i, to_string(wanted)));
}

std::int64_t directions(const Context& c) {
  const std::string direction = c.attributes().text("direction", "forward");
  if (direction == "forward" || direction == "reverse") return 1;
  if (direction == "bidirectional") return 2;
  c.fail(fmt::format("direction '{}' is none of forward, reverse, bidirectional", direction));
}

/// Hidden units: from the attribute and the recurrent weights, which must agree; -1 when not known.
std::int64_t hidden_size(const Context& c) {
  const std::int64_t stated = c.attributes().has("hidden_size") ? c.attributes().integer("hidden_size", 0) : -1;
  if (c.attributes().has("hidden_size") && (stated < 1 || stated > (std::int64_t{1} << 24))) c.fail(fmt::format("hidden_size is {}", stated));
  const std::int64_t from_weights = c.shape(2) ? c.shape(2)->back() : -1;
  c.require_equal(stated, from_weights, "hidden_size contradicts the recurrent weights");
  return stated >= 0 ? stated : from_weights;
}

}  // namespace

void infer_recurrent(Context& c) {
  for (const std::size_t i : {0, 1, 2}) c.require_rank(i, 3);
  const std::int64_t layout = c.attributes().integer("layout", 0);
  if (layout != 0 && layout != 1) c.fail(fmt::format("layout is {}", layout));
  const Shape* x = c.shape(0);
  const std::int64_t steps = x ? (*x)[layout == 0 ? 0 : 1] : -1, batch = x ? (*x)[layout == 0 ? 1 : 0] : -1;
  const std::int64_t dirs = directions(c), hidden = hidden_size(c);
  const std::int64_t gates = c.op() == Op::LSTM ? 4 : c.op() == Op::GRU ? 3 : 1;
  const std::int64_t rows = hidden < 0 ? -1 : gates * hidden;
  const Shape state = layout == 0 ? Shape{dirs, batch, hidden} : Shape{batch, dirs, hidden};
  check_operand(c, 1, {dirs, rows, x ? (*x)[2] : -1});
  check_operand(c, 2, {dirs, rows, hidden});
  check_operand(c, 3, {dirs, rows < 0 ? -1 : 2 * rows});
  check_operand(c, 4, {batch});
  check_operand(c, 5, state);
  check_operand(c, 6, state);
  check_operand(c, 7, {dirs, hidden < 0 ? -1 : 3 * hidden});
  c.output(0, c.type(0), layout == 0 ? Shape{steps, dirs, batch, hidden} : Shape{batch, steps, dirs, hidden});
  c.output(1, c.type(0), state);
  c.output(2, c.type(0), state);
}

void infer_layer_normalization(Context& c) {
  const Shape* x = c.shape(0);
  const std::int64_t stash = c.attributes().integer("stash_type", 1);
  const auto statistics_type = static_cast<DataType>(stash);
  if (stash != 1 && stash != 16) c.fail(fmt::format("stash_type {} is neither float32 nor bfloat16", stash));
  if (x == nullptr) {
    c.output(1, statistics_type);
    c.output(2, statistics_type);
    return c.output(0, c.type(0));
  }
  const std::size_t axis = c.axis(c.attributes().integer("axis", -1), x->size());
  const Shape normalized(x->begin() + static_cast<std::ptrdiff_t>(axis), x->end());
  for (const std::size_t i : {1, 2})
    if (c.shape(i) != nullptr && !broadcasts_to(*c.shape(i), normalized))
      c.fail(fmt::format("input {} does not broadcast to the normalized axes {}", i, to_string(normalized)));
  Shape statistics = *x;
  for (std::size_t i = axis; i < statistics.size(); ++i) statistics[i] = 1;
  c.output(0, c.type(0), *x);
  c.output(1, statistics_type, statistics);
  c.output(2, statistics_type, statistics);
}

}  // namespace dnntune::graph::infer
