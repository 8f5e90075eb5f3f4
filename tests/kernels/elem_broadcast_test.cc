// SPDX-License-Identifier: Apache-2.0
// Broadcasting over a grid of shapes against the naive oracle; large shapes are split between threads.
#include <algorithm>
#include <functional>

#include <doctest/doctest.h>

#include "kernels/elem_naive.h"

using namespace dnntune;
using namespace dnntune::test;
using graph::Op;

namespace {

// Shapes that broadcast together, three operands each.
const std::vector<std::vector<Shape>>& grid() {
  static const std::vector<std::vector<Shape>> shapes = {
      {{}, {}, {}},
      {{5}, {}, {1}},
      {{}, {3}, {2, 1}},
      {{2, 3, 4}, {4}, {3, 1}},
      {{3, 1, 5}, {1, 4, 1}, {1}},
      {{2, 1, 2, 1, 2}, {1, 3, 1, 3, 1}, {3, 1, 3, 2}},
      {{1, 1, 7}, {2, 1, 1, 1}, {7}},
      {{4, 4}, {4, 4}, {4, 4}},
      {{0, 3}, {1, 3}, {3}},
      {{2, 0}, {1}, {1, 1}},
      {{2, 1, 3, 1, 2, 1, 3}, {1, 2, 1, 3, 1, 2, 1}, {1}},
      {{13, 1, 271}, {17, 1}, {13, 17, 271}},
      {{1, 30011}, {2, 1}, {1}},
  };
  return shapes;
}

Shape common(const std::vector<Shape>& shapes) {
  Shape result;
  for (const Shape& shape : shapes) {
    if (shape.size() > result.size()) result.insert(result.begin(), shape.size() - result.size(), 1);
    for (std::size_t d = 0; d < shape.size(); ++d)
      if (shape[d] != 1) result[result.size() - shape.size() + d] = shape[d];
  }
  return result;
}

using Function = std::function<double(const std::vector<double>&)>;

void check_grid(Op op, std::size_t operands, DataType type, DataType result, const Function& function, bool first_is_condition = false) {
  for (const std::vector<Shape>& row : grid()) {
    const std::vector<Shape> shapes(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(operands));
    const Shape shape = common(shapes);
    Case c{"grid, result " + to_string(shape), op, {}, {}, {}};
    std::vector<Naive> oracle;
    for (std::size_t k = 0; k < operands; ++k) {
      const bool condition = first_is_condition && k == 0;
      c.inputs.push_back(random_numbers(condition ? DataType::boolean : type, shapes[k], condition ? 0 : 1, condition ? 1 : 9,
                                        static_cast<unsigned>(k) + 1));
      oracle.push_back(naive(c.inputs.back()));
    }
    std::vector<double> values;
    for (const Index& index : indices_of(shape)) {
      std::vector<double> operand_values;
      for (std::size_t k = 0; k < operands; ++k) operand_values.push_back(oracle[k].at(broadcast_index(index, shapes[k])));
      values.push_back(function(operand_values));
    }
    c.expected = {make(result, shape, values)};
    check(c);
  }
}

}  // namespace

TEST_CASE("two operands broadcast") {
  check_grid(Op::Sub, 2, DataType::float32, DataType::float32, [](const auto& v) { return v[0] - v[1]; });
  check_grid(Op::Div, 2, DataType::int32, DataType::int32, [](const auto& v) { return std::trunc(v[0] / v[1]); });
  check_grid(Op::Mul, 2, DataType::float16, DataType::float16, [](const auto& v) { return v[0] * v[1]; });
  check_grid(Op::Pow, 2, DataType::int64, DataType::int64, [](const auto& v) { return std::round(std::pow(v[0], v[1])); });
  check_grid(Op::Less, 2, DataType::uint8, DataType::boolean, [](const auto& v) { return v[0] < v[1] ? 1.0 : 0.0; });
}

TEST_CASE("three operands broadcast") {
  check_grid(Op::Max, 3, DataType::float32, DataType::float32, [](const auto& v) { return std::max({v[0], v[1], v[2]}); });
  check_grid(Op::Sum, 3, DataType::float64, DataType::float64, [](const auto& v) { return v[0] + v[1] + v[2]; });
  check_grid(Op::Min, 3, DataType::int16, DataType::int16, [](const auto& v) { return std::min({v[0], v[1], v[2]}); });
  check_grid(Op::Where, 3, DataType::float32, DataType::float32, [](const auto& v) { return v[0] != 0 ? v[1] : v[2]; }, true);
}

TEST_CASE("one operand broadcasts") {
  for (const auto& row : grid()) {
    const Shape shape = common(row);
    const Tensor x = random_numbers(DataType::int32, row[1], -9, 9, 3);
    const Naive oracle = naive(x);
    Naive expected;
    for (const Index& index : indices_of(shape)) expected[index] = oracle.at(broadcast_index(index, row[1]));
    const Tensor target = Tensor::from<std::int64_t>({static_cast<std::int64_t>(shape.size())}, shape);
    check({"grid", Op::Expand, {}, {x, target}, {dense(expected, DataType::int32, shape)}});
  }
}

TEST_CASE("large arrays are split between threads") {
  const Shape shape{3, 17, 1009};
  const Tensor x = random_numbers(DataType::float32, shape, -100, 100, 5);
  const auto count = static_cast<std::int64_t>(x.element_count());
  const auto unary = [&](Op op, NodeAttributes attributes, std::vector<Tensor> more, const std::function<double(double)>& f,
                         DataType result = DataType::float32) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(f(number_at(x, i)));
    std::vector<Tensor> inputs{x};
    inputs.insert(inputs.end(), more.begin(), more.end());
    check({"large", op, std::move(attributes), inputs, {make(result, shape, values)}});
  };
  unary(Op::Abs, {}, {}, [](double v) { return std::fabs(v); });
  unary(Op::Clip, {}, {f32({}, {-50}), f32({}, {60})}, [](double v) { return std::clamp(v, -50.0, 60.0); });
  unary(Op::Cast, {{"to", static_cast<std::int64_t>(DataType::int8)}}, {}, [](double v) { return v; }, DataType::int8);
  unary(Op::Identity, {}, {}, [](double v) { return v; });
  check({"large", Op::Dropout, {}, {x}, {x, make(DataType::boolean, shape, std::vector<double>(x.element_count(), 1))}});
}
