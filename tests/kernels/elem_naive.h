// SPDX-License-Identifier: Apache-2.0
// An oracle that shares nothing with the kernels: a tensor as a map from index to number.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "kernels/elem_case.h"

namespace dnntune::test {

using Index = std::vector<std::int64_t>;
using Naive = std::map<Index, double>;  // in row-major order, as keys compare

/// Every index of the shape, in row-major order.
inline std::vector<Index> indices_of(const Shape& shape) {
  std::vector<Index> all{{}};
  for (const std::int64_t dim : shape) {
    std::vector<Index> longer;
    for (const Index& index : all)
      for (std::int64_t i = 0; i < dim; ++i) {
        longer.push_back(index);
        longer.back().push_back(i);
      }
    all = std::move(longer);
  }
  return all;
}

inline Naive naive(const Tensor& tensor) {
  Naive result;
  std::int64_t i = 0;
  for (const Index& index : indices_of(tensor.shape())) result[index] = number_at(tensor, i++);
  return result;
}

/// Back to a tensor; every index of the shape must be there.
inline Tensor dense(const Naive& values, DataType type, Shape shape) {
  std::vector<double> list;
  for (const Index& index : indices_of(shape)) list.push_back(values.at(index));
  return make(type, std::move(shape), list);
}

/// The index that numpy's broadcasting reads in an operand of `shape` for `index` of the result.
inline Index broadcast_index(const Index& index, const Shape& shape) {
  Index at(index.end() - static_cast<std::ptrdiff_t>(shape.size()), index.end());
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (shape[d] == 1) at[d] = 0;
  return at;
}

/// Whole numbers in [low, high], from a fixed seed.
inline Tensor random_numbers(DataType type, Shape shape, int low, int high, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_int_distribution<int> draw(low, high);
  std::vector<double> values(Tensor(type, shape).element_count());
  for (double& value : values) value = draw(generator);
  return make(type, std::move(shape), values);
}

}  // namespace dnntune::test
