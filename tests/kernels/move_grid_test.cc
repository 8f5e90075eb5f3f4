// SPDX-License-Identifier: Apache-2.0
// Operators that move elements, over grids of shapes, against the naive oracle.
#include <algorithm>
#include <numeric>
#include <optional>

#include <doctest/doctest.h>

#include "kernels/elem_naive.h"

using namespace dnntune;
using namespace dnntune::test;
using graph::Op;

namespace {

Tensor ints(const std::vector<std::int64_t>& values) {
  return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace

TEST_CASE("Transpose by every order") {
  for (const Shape& shape : {Shape{3}, Shape{2, 5}, Shape{2, 3, 4}, Shape{2, 1, 3, 5}, Shape{2, 0, 3}, Shape{2, 3, 1, 2, 3}, Shape{5, 67, 101}}) {
    const Tensor x = iota(DataType::int32, shape);
    const Naive oracle = naive(x);
    std::vector<std::int64_t> order(shape.size());
    std::iota(order.begin(), order.end(), 0);
    do {
      Shape moved;
      for (const std::int64_t d : order) moved.push_back(shape[static_cast<std::size_t>(d)]);
      Naive expected;
      for (const auto& [index, value] : oracle) {
        Index to;
        for (const std::int64_t d : order) to.push_back(index[static_cast<std::size_t>(d)]);
        expected[to] = value;
      }
      check({"to " + to_string(moved), Op::Transpose, {{"perm", order}}, {x}, {dense(expected, DataType::int32, moved)}});
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST_CASE("Concat and Split undo one another along every axis") {
  for (const Shape& shape : {Shape{6}, Shape{4, 6}, Shape{3, 6, 2}, Shape{5, 6, 2, 3}, Shape{60, 6, 157}}) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const Tensor x = iota(DataType::float32, shape);
      const Naive oracle = naive(x);
      const std::vector<std::int64_t> sizes{1, 0, shape[axis] - 1};
      std::vector<Tensor> parts;
      std::int64_t start = 0;
      for (const std::int64_t size : sizes) {
        Shape part = shape;
        part[axis] = size;
        Naive expected;
        for (Index index : indices_of(part)) {
          Index from = index;
          from[axis] += start;
          expected[index] = oracle.at(from);
        }
        parts.push_back(dense(expected, DataType::float32, part));
        start += size;
      }
      const NodeAttributes attributes{{"axis", static_cast<std::int64_t>(axis)}};
      check({"grid", Op::Split, attributes, {x, ints(sizes)}, parts});
      check({"grid", Op::Concat, attributes, parts, {x}});
    }
  }
}

TEST_CASE("Slice as Python slices") {
  const Shape shape{5, 7};
  const Tensor x = iota(DataType::int16, shape);
  const Naive oracle = naive(x);
  for (const std::int64_t start : {-9, -7, -3, 0, 2, 6, 7, 20})
    for (const std::int64_t end : {-9, -8, -1, 0, 1, 5, 7, 30})
      for (const std::int64_t step : {1, 2, 3, 10, -1, -2, -10}) {
        // Python's rule, one step at a time from a start that is clamped into the range.
        std::int64_t at = start < 0 ? start + 7 : start;
        const std::int64_t stop = end < 0 ? end + 7 : end;
        at = step > 0 ? std::max<std::int64_t>(at, 0) : std::min<std::int64_t>(at, 6);
        std::vector<std::int64_t> picked;
        for (; at >= 0 && at < 7 && (step > 0 ? at < stop : at > stop); at += step) picked.push_back(at);
        const Shape result{5, static_cast<std::int64_t>(picked.size())};
        Naive expected;
        for (const Index& index : indices_of(result)) expected[index] = oracle.at({index[0], picked[static_cast<std::size_t>(index[1])]});
        check({"grid", Op::Slice, {}, {x, ints({start}), ints({end}), ints({1}), ints({step})}, {dense(expected, DataType::int16, result)}});
      }
}

TEST_CASE("large slices and tiles are split between threads") {
  const Shape shape{151, 13, 31};
  const Tensor x = iota(DataType::int32, shape);
  const Naive oracle = naive(x);
  const Shape half{76, 13, 16};
  Naive expected;
  for (const Index& index : indices_of(half)) expected[index] = oracle.at({150 - 2 * index[0], index[1], 2 * index[2]});
  check({"large", Op::Slice, {}, {x, ints({-1, 0}), ints({-1000, 31}), ints({0, 2}), ints({-2, 2})}, {dense(expected, DataType::int32, half)}});
  const Shape twice{151, 26, 93};
  expected.clear();
  for (const Index& index : indices_of(twice)) expected[index] = oracle.at({index[0], index[1] % 13, index[2] % 31});
  check({"large", Op::Tile, {}, {x, ints({1, 2, 3})}, {dense(expected, DataType::int32, twice)}});
}

TEST_CASE("Pad in every mode") {
  struct Row {
    Shape shape;
    std::vector<std::int64_t> pads;  // begins, ends
  };
  const Row rows[] = {{{5}, {2, 3}},          {{4, 3}, {1, 2, 3, 0}},     {{3, 4}, {-1, 2, 1, -2}}, {{2, 3, 4}, {1, 1, 1, 1, 1, 1}},
                      {{2, 2}, {9, 7, 8, 5}}, {{2, 1, 3}, {0, 3, 1, 2, 0, 4}}, {{6}, {-2, -3}},     {{40, 80, 5}, {3, 2, 1, 4, 5, 6}}};
  for (const Row& row : rows)
    for (const std::string mode : {"constant", "edge", "reflect", "wrap"}) {
      const std::size_t rank = row.shape.size();
      const Tensor x = iota(DataType::float32, row.shape);
      const Naive oracle = naive(x);
      Shape result;
      for (std::size_t d = 0; d < rank; ++d) result.push_back(row.shape[d] + row.pads[d] + row.pads[d + rank]);
      // Walks one element at a time from the nearest inner element.
      const auto source = [&](std::int64_t at, std::int64_t dim) -> std::optional<std::int64_t> {
        if (at >= 0 && at < dim) return at;
        if (mode == "constant") return std::nullopt;
        if (mode == "edge") return at < 0 ? 0 : dim - 1;
        std::int64_t here = at < 0 ? 0 : dim - 1, direction = at < 0 ? 1 : -1;
        for (std::int64_t steps = at < 0 ? -at : at - dim + 1; steps > 0; --steps) {
          if (mode == "wrap") {
            here = (here - direction + dim) % dim;
          } else if (dim > 1) {
            if (here + direction < 0 || here + direction >= dim) direction = -direction;
            here += direction;
          }
        }
        return here;
      };
      Naive expected;
      for (const Index& index : indices_of(result)) {
        Index from;
        for (std::size_t d = 0; d < rank; ++d)
          if (const auto at = source(index[d] - row.pads[d], row.shape[d])) from.push_back(*at);
        expected[index] = from.size() == rank ? oracle.at(from) : 0.5;
      }
      check({mode + " of " + to_string(row.shape), Op::Pad, {{"mode", mode}}, {x, ints(row.pads), f32({}, {0.5})},
             {dense(expected, DataType::float32, result)}});
    }
}

TEST_CASE("gathering along every axis") {
  for (const Shape& shape : {Shape{4}, Shape{3, 5}, Shape{2, 3, 4}, Shape{31, 9, 150}}) {
    const Tensor x = iota(DataType::int32, shape);
    const Naive oracle = naive(x);
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const auto dim = static_cast<int>(shape[axis]);
      const NodeAttributes attributes{{"axis", static_cast<std::int64_t>(axis)}};
      const auto wrap = [&](double i) { return static_cast<std::int64_t>(i < 0 ? i + dim : i); };

      const Shape index_shape{2, 3};
      const Tensor indices = random_numbers(DataType::int64, index_shape, -dim, dim - 1, 13);
      const Naive chosen = naive(indices);
      Shape result(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
      result.insert(result.end(), index_shape.begin(), index_shape.end());
      result.insert(result.end(), shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end());
      Naive expected;
      for (const Index& index : indices_of(result)) {
        Index from(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(axis));
        from.push_back(wrap(chosen.at({index[axis], index[axis + 1]})));
        from.insert(from.end(), index.begin() + static_cast<std::ptrdiff_t>(axis) + 2, index.end());
        expected[index] = oracle.at(from);
      }
      check({"grid", Op::Gather, attributes, {x, indices}, {dense(expected, DataType::int32, result)}});

      Shape picks = shape;
      picks[axis] = 3;
      const Tensor element_indices = random_numbers(DataType::int32, picks, -dim, dim - 1, 17);
      expected.clear();
      Naive scattered = oracle;
      const Tensor updates = random_numbers(DataType::int32, picks, 1000, 9000, 19);
      const Naive update_values = naive(updates);
      for (const auto& [index, value] : naive(element_indices)) {
        Index from = index;
        from[axis] = wrap(value);
        expected[index] = oracle.at(from);
        scattered[from] += update_values.at(index);
      }
      check({"grid", Op::GatherElements, attributes, {x, element_indices}, {dense(expected, DataType::int32, picks)}});
      NodeAttributes adding = attributes;
      adding.emplace_back("reduction", std::string("add"));
      check({"grid", Op::ScatterElements, adding, {x, element_indices, updates}, {dense(scattered, DataType::int32, shape)}});
    }
  }
}

TEST_CASE("gathering and scattering by tuples") {
  const Shape shape{3, 4, 2, 900};
  const Tensor x = iota(DataType::float64, shape);
  const Naive oracle = naive(x);
  for (std::int64_t length = 0; length <= 3; ++length) {
    const std::int64_t tuples = 40;
    std::vector<double> list;
    std::mt19937 generator(23);
    for (std::int64_t t = 0; t < tuples; ++t)
      for (std::int64_t k = 0; k < length; ++k) {
        const auto dim = static_cast<int>(shape[static_cast<std::size_t>(k)]);
        list.push_back(std::uniform_int_distribution<int>(-dim, dim - 1)(generator));
      }
    const Tensor indices = i64({tuples, length}, list);
    Shape result{tuples};
    result.insert(result.end(), shape.begin() + static_cast<std::ptrdiff_t>(length), shape.end());
    const Tensor updates = random_numbers(DataType::float64, result, -9, 9, 29);
    const Naive update_values = naive(updates);
    Naive expected, scattered = oracle;
    for (const Index& index : indices_of(result)) {
      Index from;
      for (std::int64_t k = 0; k < length; ++k) {
        const auto i = static_cast<std::int64_t>(list[static_cast<std::size_t>(index[0] * length + k)]);
        from.push_back(i < 0 ? i + shape[static_cast<std::size_t>(k)] : i);
      }
      from.insert(from.end(), index.begin() + 1, index.end());
      expected[index] = oracle.at(from);
      scattered[from] = update_values.at(index);  // tuples come in order: the last one stays
    }
    check({"grid", Op::GatherND, {}, {x, indices}, {dense(expected, DataType::float64, result)}});
    check({"grid", Op::ScatterND, {}, {x, indices, updates}, {dense(scattered, DataType::float64, shape)}});
  }
}

TEST_CASE("large arrangements are split between threads") {
  const Tensor x = iota(DataType::int32, {7, 60, 101});
  const Naive oracle = naive(x);
  Naive lower, reversed;
  std::vector<std::int64_t> lengths;
  for (std::int64_t b = 0; b < 60; ++b) lengths.push_back(b % 8);
  for (const auto& [index, value] : oracle) {
    lower[index] = index[2] <= index[1] + 3 ? value : 0;
    const std::int64_t length = lengths[static_cast<std::size_t>(index[1])];
    reversed[{index[0] < length ? length - 1 - index[0] : index[0], index[1], index[2]}] = value;
  }
  check({"large", Op::Trilu, {{"upper", std::int64_t{0}}}, {x, i64({}, {3})}, {dense(lower, DataType::int32, x.shape())}});
  check({"large", Op::ReverseSequence, {}, {x, ints(lengths)}, {dense(reversed, DataType::int32, x.shape())}});

  const Tensor indices = random_numbers(DataType::int32, {40, 60}, -9, 9, 31);
  Naive hot;
  for (const auto& [index, value] : naive(indices))
    for (std::int64_t d = 0; d < 9; ++d) hot[{index[0], d, index[1]}] = value == static_cast<double>(d) || value + 9 == static_cast<double>(d) ? 2 : 1;
  check({"large", Op::OneHot, {{"axis", std::int64_t{1}}}, {indices, i64({}, {9}), f32({2}, {1, 2})}, {dense(hot, DataType::float32, {40, 9, 60})}});
}
