// SPDX-License-Identifier: Apache-2.0
// Orders of dimensions in memory: what a value's layout is, and when two layouts hold the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dnntune/tensor.h"

namespace dnntune::runtime {

/// Physical dimension i of a value is its ONNX dimension order[i]. Storage is dense, last one fastest.
using Order = std::vector<int>;

Order plain_order(std::size_t rank);
/// N, spatial..., C. For rank < 3 the plain order.
Order channels_last_order(std::size_t rank);

/// The dimensions of `shape` as they lie in memory.
Shape in_order(const Shape& shape, const Order& order);
/// Where ONNX dimension `axis` lies in memory.
int position_of(int axis, const Order& order);

/// True when both orders put the elements of `shape` at the same addresses: dimensions of 1 do not matter.
bool same_memory(const Order& a, const Order& b, const Shape& shape);
/// `perm` of the Transpose that turns memory of order `from` into memory of order `to`.
std::vector<std::int64_t> transpose_between(const Order& from, const Order& to);

/// A value of shape `from` in `order` reshaped to `to` without moving a byte: the order of the result.
/// Nothing when the bytes would have to move.
std::optional<Order> reshaped_order(const Shape& from, const Order& order, const Shape& to);
/// The order nearest to `order` that can be reshaped to `to` without moving bytes.
Order reshapable_order(const Shape& from, const Order& order, const Shape& to);

/// A copy of `tensor` with dimension i taken from dimension perm[i].
Tensor transposed(const Tensor& tensor, const std::vector<std::int64_t>& perm);

}  // namespace dnntune::runtime
