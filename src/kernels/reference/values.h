// SPDX-License-Identifier: Apache-2.0
// Elements as values to compute with, integer arithmetic that wraps, and the choice of a kernel by
// element type. (kernels/element.h has the types themselves and what sums are kept in.)
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/half.h"
#include "dnntune/tensor.h"
#include "kernels/element.h"

namespace dnntune::kernels {
namespace reference {

/// One byte; any value but 0 reads as true, only 0 and 1 are written.
struct Bool {
  std::uint8_t byte;
};

}  // namespace reference

template <>
inline constexpr DataType data_type_of<reference::Bool> = DataType::boolean;

namespace reference {

// Arithmetic happens on what `value_of` returns: float for the half types, the element type itself else.
inline float value_of(Float16 h) noexcept { return base::float16_to_float(h.bits); }
inline float value_of(BFloat16 h) noexcept { return base::bfloat16_to_float(h.bits); }
inline bool value_of(Bool b) noexcept { return b.byte != 0; }
template <typename T>
  requires std::is_arithmetic_v<T>
T value_of(T value) noexcept {
  return value;
}

template <typename T>
using Compute = decltype(value_of(T{}));

/// The inverse of `value_of`; `value` is a Compute<T> or a number that it holds.
template <typename T, typename V>
T element(V value) noexcept {
  if constexpr (std::is_same_v<T, Float16>) {
    return {base::float_to_float16(static_cast<float>(value))};
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    return {base::float_to_bfloat16(static_cast<float>(value))};
  } else if constexpr (std::is_same_v<T, Bool>) {
    return {static_cast<std::uint8_t>(value ? 1 : 0)};
  } else {
    return static_cast<T>(value);
  }
}

template <typename V>
bool is_nan(V value) noexcept {
  if constexpr (std::is_floating_point_v<V>) {
    return value != value;
  } else {
    return false;
  }
}

/// Integer arithmetic wraps, as it does in every framework; signed overflow would be undefined in C++.
template <typename V>
V wrap_add(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) {
    return static_cast<V>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  } else {
    return a + b;
  }
}
template <typename V>
V wrap_sub(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) {
    return static_cast<V>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  } else {
    return a - b;
  }
}
template <typename V>
V wrap_mul(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) {
    return static_cast<V>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  } else {
    return a * b;
  }
}

/// The nearest value of integer type I, truncating; NaN becomes 0.
template <typename I>
I saturate(double value) noexcept {
  using Limits = std::numeric_limits<I>;
  if (value != value) return 0;
  if (value <= static_cast<double>(Limits::min())) return Limits::min();
  if (value >= static_cast<double>(Limits::max())) return Limits::max();
  return static_cast<I>(value);
}

template <typename... Ts>
struct Types {};
template <typename T>
struct Tag {
  using type = T;
};
template <typename... A, typename... B>
Types<A..., B...> operator+(Types<A...>, Types<B...>) {
  return {};
}

using Floats = Types<float, double, Float16, BFloat16>;
using SignedIntegers = Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t>;
using UnsignedIntegers = Types<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>;
using Numbers = decltype(Floats{} + SignedIntegers{} + UnsignedIntegers{});
using AllTypes = decltype(Numbers{} + Types<Bool>{});

/// select(Tag<T>) for the T of the list that `type` names; null when the list lacks it.
template <typename Kernel, typename... Ts, typename Select>
Kernel pick(Types<Ts...>, DataType type, Select select) noexcept {
  Kernel found = nullptr;
  ((type == data_type_of<Ts> ? static_cast<void>(found = select(Tag<Ts>{})) : static_cast<void>(0)), ...);
  return found;
}

/// select(Tag<U>) for the unsigned integer U of `bytes` bytes: kernels that only move elements.
template <typename Kernel, typename Select>
Kernel pick_size(std::size_t bytes, Select select) noexcept {
  switch (bytes) {
    case 1: return select(Tag<std::uint8_t>{});
    case 2: return select(Tag<std::uint16_t>{});
    case 4: return select(Tag<std::uint32_t>{});
    case 8: return select(Tag<std::uint64_t>{});
    default: return nullptr;
  }
}

}  // namespace reference
}  // namespace dnntune::kernels
