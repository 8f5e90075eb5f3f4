// SPDX-License-Identifier: Apache-2.0
// Reductions over every set of axes, and the operators along an axis, against the naive oracle.
#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include "kernels/elem_naive.h"

using namespace dnntune;
using namespace dnntune::test;
using graph::Op;

namespace {

const Shape kShapes[] = {{4}, {3, 5}, {2, 3, 4}, {2, 1, 3, 2}, {1, 2, 3, 1, 2}, {2, 0, 3}, {3, 0}, {2, 29, 1031}};

std::int64_t whole_count(const Shape& shape) { return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()); }

double combine(Op op, const std::vector<double>& values) {
  double result = op == Op::ReduceMax ? -kInf : op == Op::ReduceMin ? kInf : 0.0;
  for (const double v : values) {
    switch (op) {
      case Op::ReduceMax: result = std::max(result, v); break;
      case Op::ReduceMin: result = std::min(result, v); break;
      case Op::ReduceL1: result += std::fabs(v); break;
      case Op::ReduceSumSquare:
      case Op::ReduceL2: result += v * v; break;
      default: result += v;
    }
  }
  if (op == Op::ReduceMean) return values.empty() ? kNan : result / static_cast<double>(values.size());
  return op == Op::ReduceL2 ? std::sqrt(result) : result;
}

}  // namespace

TEST_CASE("reductions over every set of axes") {
  for (const Shape& shape : kShapes) {
    const Tensor x = random_numbers(DataType::float32, shape, -9, 9, 7);
    const Naive oracle = naive(x);
    for (unsigned set = 1; set < 1u << shape.size(); ++set) {
      std::vector<std::int64_t> axes;
      for (std::size_t d = 0; d < shape.size(); ++d)
        if (set >> d & 1u) axes.push_back(static_cast<std::int64_t>(d) - (d % 2 == 0 ? 0 : static_cast<std::int64_t>(shape.size())));
      for (const bool keep : {true, false}) {
        const auto kept_index = [&](const Index& index, bool is_shape) {
          Index kept;
          for (std::size_t d = 0; d < shape.size(); ++d) {
            if (!(set >> d & 1u)) kept.push_back(index[d]);
            else if (keep) kept.push_back(is_shape ? 1 : 0);
          }
          return kept;
        };
        const Shape result = kept_index(shape, true);
        std::map<Index, std::vector<double>> groups;
        for (const Index& index : indices_of(result)) groups[index];
        for (const auto& [index, value] : oracle) groups[kept_index(index, false)].push_back(value);
        for (const Op op : {Op::ReduceSum, Op::ReduceMean, Op::ReduceMax, Op::ReduceMin, Op::ReduceL1, Op::ReduceL2, Op::ReduceSumSquare}) {
          if (whole_count(shape) > 10000 && op != Op::ReduceSum) continue;  // large shapes are about threads
          std::vector<double> values;
          for (const auto& [index, members] : groups) values.push_back(combine(op, members));
          check({"axes of " + to_string(shape), op, {{"keepdims", std::int64_t{keep}}},
                 {x, Tensor::from<std::int64_t>({static_cast<std::int64_t>(axes.size())}, axes)}, {f32(result, values)}, 1e-6});
        }
      }
    }
  }
}

TEST_CASE("operators along every axis") {
  for (const Shape& shape : kShapes) {
    const Tensor x = random_numbers(DataType::int32, shape, 0, 4, 11);  // few values: many ties
    const Naive oracle = naive(x);
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const auto axis_number = static_cast<std::int64_t>(axis);
      Shape one = shape;
      one[axis] = 1;
      const std::int64_t k = std::min<std::int64_t>(shape[axis], 3);
      Shape shape_k = shape;
      shape_k[axis] = k;
      Naive sums, sums_back, arg_max, arg_min_last, values, positions;
      for (Index index : indices_of(one)) {
        std::vector<std::int64_t> order(static_cast<std::size_t>(shape[axis]));
        std::iota(order.begin(), order.end(), 0);
        const auto at = [&](std::int64_t i) {
          index[axis] = i;
          return oracle.at(index);
        };
        double sum = 0, sum_back = 0;
        for (const std::int64_t i : order) {
          sum += at(i);
          index[axis] = i;
          sums[index] = sum;
          const std::int64_t back = shape[axis] - 1 - i;
          index[axis] = back;
          sums_back[index] = sum_back;
          sum_back += at(back);
        }
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return at(a) > at(b); });
        for (std::int64_t i = 0; i < k; ++i) {
          const double value = at(order[static_cast<std::size_t>(i)]);
          index[axis] = i;
          values[index] = value;
          positions[index] = static_cast<double>(order[static_cast<std::size_t>(i)]);
        }
        if (shape[axis] == 0) continue;
        const double least = at(order.back());
        std::int64_t last = shape[axis] - 1;
        while (at(last) != least) --last;
        index[axis] = 0;
        arg_max[index] = static_cast<double>(order.front());
        arg_min_last[index] = static_cast<double>(last);
      }
      const std::pair<std::string, AttributeValue> attribute{"axis", axis_number};
      const Tensor operand = i64({}, {static_cast<double>(axis_number)});
      check({"grid", Op::CumSum, {}, {x, operand}, {dense(sums, DataType::int32, shape)}});
      check({"grid", Op::CumSum, {{"exclusive", std::int64_t{1}}, {"reverse", std::int64_t{1}}}, {x, operand}, {dense(sums_back, DataType::int32, shape)}});
      check({"grid", Op::TopK, {attribute}, {x, i64({1}, {static_cast<double>(k)})},
             {dense(values, DataType::int32, shape_k), dense(positions, DataType::int64, shape_k)}});
      if (shape[axis] == 0) continue;
      check({"grid", Op::ArgMax, {attribute}, {x}, {dense(arg_max, DataType::int64, one)}});
      check({"grid", Op::ArgMin, {attribute, {"select_last_index", std::int64_t{1}}}, {x}, {dense(arg_min_last, DataType::int64, one)}});
    }
  }
}
