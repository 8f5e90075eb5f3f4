// SPDX-License-Identifier: Apache-2.0
// Whether tensors hold a NaN.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "dnntune/tensor.h"

namespace dnntune::split {

/// Looks at every element, without a branch for each: a NaN is rare.
template <typename T, typename IsNan>
bool any_nan(const Tensor& tensor, IsNan is_nan) noexcept {
  bool found = false;
  for (const T x : std::span<const T>(static_cast<const T*>(tensor.data()), tensor.element_count())) found |= is_nan(x);
  return found;
}

inline bool holds_nan(const Tensor& tensor) noexcept {
  constexpr int kMagnitude = 0x7fff, kHalfInfinity = 0x7c00, kBfloatInfinity = 0x7f80;
  switch (tensor.type()) {
    case DataType::float32: return any_nan<float>(tensor, [](float x) { return x != x; });
    case DataType::float64: return any_nan<double>(tensor, [](double x) { return x != x; });
    case DataType::float16: return any_nan<std::uint16_t>(tensor, [](std::uint16_t x) { return (x & kMagnitude) > kHalfInfinity; });
    case DataType::bfloat16: return any_nan<std::uint16_t>(tensor, [](std::uint16_t x) { return (x & kMagnitude) > kBfloatInfinity; });
    default: return false;
  }
}

inline bool holds_nan(const Tensors& tensors) noexcept {
  return std::any_of(tensors.begin(), tensors.end(), [](const auto& entry) { return holds_nan(entry.second); });
}

}  // namespace dnntune::split
