// SPDX-License-Identifier: Apache-2.0
#include "runtime/order.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "dnntune/error.h"

namespace dnntune::runtime {
namespace {

/// The order without dimensions of 1.
Order significant(const Order& order, const Shape& shape) {
  Order result;
  for (const int d : order)
    if (shape[static_cast<std::size_t>(d)] != 1) result.push_back(d);
  return result;
}

/// Dimensions [from_begin, from_end) of one shape have as many elements as [to_begin, to_end) of another.
struct Group {
  int from_begin, from_end, to_begin, to_end;
};

/// The finest split of both shapes into groups of equal element count; empty when a dimension is 0.
std::vector<Group> groups_of(const Shape& from, const Shape& to) {
  std::vector<Group> groups;
  const int from_rank = static_cast<int>(from.size()), to_rank = static_cast<int>(to.size());
  int i = 0, k = 0;
  while (i < from_rank || k < to_rank) {
    Group group{i, i, k, k};
    std::int64_t a = 1, b = 1;
    do {
      if (k == to_rank || (a <= b && i < from_rank))
        a *= from[static_cast<std::size_t>(i++)];
      else
        b *= to[static_cast<std::size_t>(k++)];
      if (a == 0 || b == 0) return {};
    } while (a != b && (i < from_rank || k < to_rank));
    group.from_end = i;
    group.to_end = k;
    groups.push_back(group);
  }
  return groups;
}

int group_of(int dim, const std::vector<Group>& groups) {
  for (std::size_t g = 0; g < groups.size(); ++g)
    if (dim >= groups[g].from_begin && dim < groups[g].from_end) return static_cast<int>(g);
  return -1;
}

/// Plain or channels-last where that is the same memory, so that equal layouts have equal orders.
Order canonical(const Order& order, const Shape& shape) {
  for (const Order& usual : {plain_order(shape.size()), channels_last_order(shape.size())})
    if (same_memory(order, usual, shape)) return usual;
  return order;
}

}  // namespace

Order plain_order(std::size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Order channels_last_order(std::size_t rank) {
  Order order = plain_order(rank);
  if (rank >= 3) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return order;
}

Shape in_order(const Shape& shape, const Order& order) {
  Shape result(shape.size());
  for (std::size_t i = 0; i < order.size(); ++i) result[i] = shape[static_cast<std::size_t>(order[i])];
  return result;
}

int position_of(int axis, const Order& order) {
  return static_cast<int>(std::find(order.begin(), order.end(), axis) - order.begin());
}

bool same_memory(const Order& a, const Order& b, const Shape& shape) {
  return a == b || significant(a, shape) == significant(b, shape);
}

std::vector<std::int64_t> transpose_between(const Order& from, const Order& to) {
  std::vector<std::int64_t> perm;
  perm.reserve(to.size());
  for (const int d : to) perm.push_back(position_of(d, from));
  return perm;
}

std::optional<Order> reshaped_order(const Shape& from, const Order& order, const Shape& to) {
  const std::vector<Group> groups = groups_of(from, to);
  if (groups.empty()) {  // a scalar, or no elements at all
    return plain_order(to.size());
  }
  Order result;
  std::vector<bool> placed(to.size(), false);
  const Order dims = significant(order, from);
  for (std::size_t i = 0; i < dims.size();) {
    const Group& group = groups[static_cast<std::size_t>(group_of(dims[i], groups))];
    // All of the group's dimensions must follow one another as they do in the plain order.
    for (int d = group.from_begin; d < group.from_end; ++d) {
      if (from[static_cast<std::size_t>(d)] == 1) continue;
      if (i == dims.size() || dims[i] != d) return std::nullopt;
      ++i;
    }
    for (int d = group.to_begin; d < group.to_end; ++d) {
      if (to[static_cast<std::size_t>(d)] == 1) continue;
      result.push_back(d);
      placed[static_cast<std::size_t>(d)] = true;
    }
  }
  for (int d = static_cast<int>(to.size()); d-- > 0;)
    if (!placed[static_cast<std::size_t>(d)]) result.insert(result.begin(), d);
  return canonical(result, to);
}

Order reshapable_order(const Shape& from, const Order& order, const Shape& to) {
  const std::vector<Group> groups = groups_of(from, to);
  if (groups.empty()) return plain_order(from.size());
  Order result;
  std::vector<bool> placed(from.size(), false);
  for (const int dim : significant(order, from)) {
    if (placed[static_cast<std::size_t>(dim)]) continue;
    const Group& group = groups[static_cast<std::size_t>(group_of(dim, groups))];
    for (int d = group.from_begin; d < group.from_end; ++d) {
      result.push_back(d);
      placed[static_cast<std::size_t>(d)] = true;
    }
  }
  for (int d = static_cast<int>(from.size()); d-- > 0;)
    if (!placed[static_cast<std::size_t>(d)]) result.insert(result.begin(), d);
  return canonical(result, from);
}

Tensor transposed(const Tensor& tensor, const std::vector<std::int64_t>& perm) {
  const std::size_t rank = perm.size();
  if (rank != tensor.shape().size()) throw Error(ErrorCode::internal, "transposed: perm of the wrong length");
  std::vector<std::int64_t> source_stride(rank, 1);
  for (std::size_t i = rank; i-- > 1;) source_stride[i - 1] = source_stride[i] * tensor.shape()[i];
  Shape shape(rank);
  std::vector<std::int64_t> stride(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    shape[i] = tensor.shape()[static_cast<std::size_t>(perm[i])];
    stride[i] = source_stride[static_cast<std::size_t>(perm[i])];
  }

  Tensor result(tensor.type(), shape);
  const std::size_t element = size_of(tensor.type());
  const auto* source = static_cast<const std::byte*>(tensor.data());
  auto* target = static_cast<std::byte*>(result.mutable_data());
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < result.element_count(); ++i) {
    std::memcpy(target + i * element, source + static_cast<std::size_t>(offset) * element, element);
    for (std::size_t d = rank; d-- > 0;) {
      offset += stride[d];
      if (++index[d] < shape[d]) break;
      offset -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
  return result;
}

}  // namespace dnntune::runtime
