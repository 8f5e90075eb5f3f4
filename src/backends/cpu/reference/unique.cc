// SPDX-License-Identifier: Apache-2.0
// Unique: distinct elements, or distinct slices along an axis, with where they came from.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "backends/layer_helpers.h"
#include "backends/cpu/reference/apart.h"
#include "kernels/reference/elements.h"

namespace dnntune::backends::cpu {
namespace {

/// x [outer, positions, inner]: position p is the elements (o, p, i) for all o and i.
struct Slices {
  std::int64_t outer = 1, positions = 1, inner = 1;
  std::int64_t index(std::int64_t o, std::int64_t p, std::int64_t i) const noexcept { return (o * positions + p) * inner + i; }
};

/// -1, 0 or 1. NaN comes last and equals itself, so that this is an order.
template <typename T>
int compare(T a, T b) noexcept {
  if (a != a || b != b) return (a != a ? 1 : 0) - (b != b ? 1 : 0);
  return a < b ? -1 : a > b ? 1 : 0;
}

template <typename T>
int compare_slices(const T* x, const Slices& s, std::int64_t p, std::int64_t q) noexcept {
  for (std::int64_t o = 0; o < s.outer; ++o)
    for (std::int64_t i = 0; i < s.inner; ++i)
      if (const int order = compare(x[s.index(o, p, i)], x[s.index(o, q, i)]); order != 0) return order;
  return 0;
}

struct Groups {
  std::vector<std::int64_t> first;    ///< Position of the first member of each distinct slice, in output order.
  std::vector<std::int64_t> inverse;  ///< By position: which distinct slice it is.
  std::vector<std::int64_t> counts;
};

template <typename T>
Groups group(const T* x, const Slices& s, bool sorted) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(s.positions));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t p, std::int64_t q) { return compare_slices(x, s, p, q) < 0; });
  Groups groups;
  groups.inverse.resize(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k == 0 || compare_slices(x, s, order[k - 1], order[k]) != 0) {
      groups.first.push_back(order[k]);
      groups.counts.push_back(0);
    }
    ++groups.counts.back();
    groups.inverse[static_cast<std::size_t>(order[k])] = static_cast<std::int64_t>(groups.first.size()) - 1;
  }
  if (sorted) return groups;
  // In the order in which they appear.
  std::vector<std::size_t> by_first(groups.first.size());
  std::iota(by_first.begin(), by_first.end(), std::size_t{0});
  std::sort(by_first.begin(), by_first.end(), [&](std::size_t a, std::size_t b) { return groups.first[a] < groups.first[b]; });
  Groups result;
  std::vector<std::int64_t> renumbered(by_first.size());
  for (std::size_t k = 0; k < by_first.size(); ++k) {
    renumbered[by_first[k]] = static_cast<std::int64_t>(k);
    result.first.push_back(groups.first[by_first[k]]);
    result.counts.push_back(groups.counts[by_first[k]]);
  }
  for (const std::int64_t g : groups.inverse) result.inverse.push_back(renumbered[static_cast<std::size_t>(g)]);
  return result;
}

/// The elements in a type that holds them all.
template <typename T>
Groups group_as(const Tensor& x, const Slices& s, bool sorted) {
  std::vector<T> wide(x.element_count());
  kernels::reference::read(x.type(), x.data(), 0, 1, static_cast<std::int64_t>(wide.size()), wide.data());
  return group(wide.data(), s, sorted);
}

Groups group(const Tensor& x, const Slices& s, bool sorted) {
  switch (x.type()) {
    case DataType::float32:
    case DataType::float64:
    case DataType::float16:
    case DataType::bfloat16: return group_as<double>(x, s, sorted);
    case DataType::uint64: return group_as<std::uint64_t>(x, s, sorted);
    default: return group_as<std::int64_t>(x, s, sorted);
  }
}

Tensor list(const std::vector<std::int64_t>& values) { return Tensor::from({static_cast<std::int64_t>(values.size())}, values); }

}  // namespace

std::vector<Tensor> reference::unique(const graph::Node& node, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const auto rank = static_cast<std::int64_t>(x.shape().size());
  Slices s{1, static_cast<std::int64_t>(x.element_count()), 1};
  Shape shape{0};
  std::size_t axis = 0;
  if (node.attributes.has("axis")) {
    const std::int64_t stated = node.attributes.integer("axis", 0);
    axis = static_cast<std::size_t>(stated < 0 ? stated + rank : stated);
    shape = x.shape();
    s = {elements(shape, 0, axis), shape[axis], elements(shape, axis + 1, shape.size())};
  }
  const bool sorted = node.attributes.integer("sorted", 1) != 0;
  const Groups groups = group(x, s, sorted);

  shape[axis] = static_cast<std::int64_t>(groups.first.size());
  Tensor y = Tensor::uninitialized(x.type(), shape);
  const std::size_t bytes = size_of(x.type()), slice = static_cast<std::size_t>(s.inner) * bytes;
  auto* to = static_cast<std::byte*>(y.mutable_data());
  const auto* from = static_cast<const std::byte*>(x.data());
  for (std::int64_t o = 0; o < s.outer; ++o)
    for (const std::int64_t p : groups.first) {
      if (slice > 0) std::memcpy(to, from + static_cast<std::size_t>(s.index(o, p, 0)) * bytes, slice);
      to += slice;
    }
  std::vector<Tensor> outputs{y, list(groups.first), list(groups.inverse), list(groups.counts)};
  outputs.resize(node.outputs.size());
  return outputs;
}

}  // namespace dnntune::backends::cpu
