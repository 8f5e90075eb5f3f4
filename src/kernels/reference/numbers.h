// SPDX-License-Identifier: Apache-2.0
// Arithmetic that is the same for doubles and for 64-bit integers.
#pragma once

#include <cstdint>
#include <type_traits>

namespace dnntune::kernels::reference {

template <typename V>
bool is_nan(V value) noexcept {
  if constexpr (std::is_floating_point_v<V>) return value != value;
  else return false;
}

/// Integer arithmetic wraps, as it does in every framework; signed overflow would be undefined in C++.
template <typename V>
V wrap_add(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) return static_cast<V>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  else return a + b;
}
template <typename V>
V wrap_sub(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) return static_cast<V>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  else return a - b;
}
template <typename V>
V wrap_mul(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) return static_cast<V>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  else return a * b;
}

/// The larger (smaller) of two; NaN when one is, as in numpy.
template <typename V>
V larger(V a, V b) noexcept {
  return b > a || is_nan(b) ? b : a;
}
template <typename V>
V smaller(V a, V b) noexcept {
  return b < a || is_nan(b) ? b : a;
}

}  // namespace dnntune::kernels::reference
