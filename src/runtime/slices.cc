// SPDX-License-Identifier: Apache-2.0
#include "runtime/slices.h"

#include <cstring>
#include <memory>

#include "base/checked.h"

namespace dnntune::runtime {
namespace {

std::size_t product(const Shape& shape, std::size_t begin, std::size_t end) {
  std::size_t count = 1;
  for (std::size_t i = begin; i < end; ++i) count *= static_cast<std::size_t>(shape[i]);
  return count;
}

}  // namespace

Tensor slice_of(const Tensor& x, std::size_t axis, std::int64_t i) {
  Shape shape = x.shape();
  const std::size_t outer = product(shape, 0, axis), length = static_cast<std::size_t>(shape[axis]);
  const std::size_t bytes = product(shape, axis + 1, shape.size()) * size_of(x.type());
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  const auto* from = static_cast<const std::byte*>(x.data()) + static_cast<std::size_t>(i) * bytes;
  if (axis == 0) return Tensor::borrow(x.type(), shape, from, std::make_shared<const Tensor>(x));
  Tensor slice = Tensor::uninitialized(x.type(), shape);
  auto* to = static_cast<std::byte*>(slice.mutable_data());
  for (std::size_t o = 0; bytes > 0 && o < outer; ++o) std::memcpy(to + o * bytes, from + o * length * bytes, bytes);
  return slice;
}

Tensor stack(std::span<const Tensor> slices, std::size_t axis, bool reversed, std::int64_t length) {
  const Tensor& first = slices[0];
  Shape shape = first.shape();
  const std::size_t outer = product(shape, 0, axis), bytes = product(shape, axis, shape.size()) * size_of(first.type());
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), length);
  Tensor whole(first.type(), shape);
  auto* to = static_cast<std::byte*>(whole.mutable_data());
  const auto count = static_cast<std::size_t>(length);
  for (std::size_t k = 0; k < slices.size(); ++k) {
    const auto* from = static_cast<const std::byte*>(slices[k].data());
    const std::size_t at = reversed ? slices.size() - 1 - k : k;
    for (std::size_t o = 0; bytes > 0 && o < outer; ++o) std::memcpy(to + (o * count + at) * bytes, from + o * bytes, bytes);
  }
  return whole;
}

}  // namespace dnntune::runtime
