// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/elements.h"

#include <bit>
#include <cmath>

#include "base/half.h"
#include "kernels/element.h"

namespace dnntune::kernels::reference {
namespace {

/// One byte; any value but 0 reads as true, only 0 and 1 are written.
struct Bool {
  std::uint8_t byte;
};

// Rounds to odd, so that rounding the float once more to a half type equals rounding the double once.
float narrow_to_odd(double value) noexcept {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || !std::isfinite(nearest)) return nearest;
  auto bits = std::bit_cast<std::uint32_t>(nearest);
  if ((bits & 1u) != 0) return nearest;
  const bool overshoots = std::fabs(static_cast<double>(nearest)) > std::fabs(value);
  bits = overshoots ? bits - 1 : bits + 1;  // overshooting rules out 0
  return std::bit_cast<float>(bits);
}

template <typename V, typename T>
V value_of(T element) noexcept {
  if constexpr (std::is_same_v<T, Bool>) return element.byte != 0 ? V{1} : V{0};
  else if constexpr (std::is_same_v<T, Float16>) return base::float16_to_float(element.bits);
  else if constexpr (std::is_same_v<T, BFloat16>) return base::bfloat16_to_float(element.bits);
  else return static_cast<V>(element);
}

template <typename T, typename V>
T element_of(V value) noexcept {
  if constexpr (std::is_same_v<T, Bool>) {
    return {static_cast<std::uint8_t>(value != V{0} ? 1 : 0)};
  } else if constexpr (std::is_same_v<T, Float16>) {
    return {base::float_to_float16(narrow_to_odd(value))};
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    return {base::float_to_bfloat16(narrow_to_odd(value))};
  } else if constexpr (std::is_integral_v<T> && std::is_same_v<V, double>) {
    using Limits = std::numeric_limits<T>;
    if (value != value) return 0;
    if (value <= static_cast<double>(Limits::min())) return Limits::min();
    if (value >= static_cast<double>(Limits::max())) return Limits::max();
    return static_cast<T>(value);
  } else {
    return static_cast<T>(value);
  }
}

template <typename... Ts>
struct Types {};
using Floats = Types<float, double, Float16, BFloat16>;
using Integers = Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, Bool>;

template <typename T>
inline constexpr DataType type_of = data_type_of<T>;
template <>
inline constexpr DataType type_of<Bool> = DataType::boolean;

template <typename V, typename... Ts>
void read_any(Types<Ts...>, DataType type, const void* x, std::int64_t first, std::int64_t step, std::int64_t count, V* values) noexcept {
  const auto read_all = [&]<typename T>(const T* from) {
    for (std::int64_t i = 0; i < count; ++i) values[i] = value_of<V>(from[first + i * step]);
  };
  ((type == type_of<Ts> ? read_all(static_cast<const Ts*>(x)) : void()), ...);
}

template <typename V, typename... Ts>
void write_any(Types<Ts...>, DataType type, const V* values, std::int64_t count, void* y, std::int64_t first, std::int64_t step) noexcept {
  const auto write_all = [&]<typename T>(T* to) {
    for (std::int64_t i = 0; i < count; ++i) to[first + i * step] = element_of<T>(values[i]);
  };
  ((type == type_of<Ts> ? write_all(static_cast<Ts*>(y)) : void()), ...);
}

}  // namespace

Arithmetic arithmetic_of(DataType type) noexcept {
  switch (type) {
    case DataType::float32:
    case DataType::float64:
    case DataType::float16:
    case DataType::bfloat16: return Arithmetic::real;
    case DataType::int8:
    case DataType::int16:
    case DataType::int32:
    case DataType::int64: return Arithmetic::signed_integer;
    case DataType::uint8:
    case DataType::uint16:
    case DataType::uint32:
    case DataType::uint64:
    case DataType::boolean: return Arithmetic::unsigned_integer;
    case DataType::undefined: break;
  }
  return Arithmetic::none;
}

void read(DataType type, const void* x, std::int64_t first, std::int64_t step, std::int64_t count, double* values) noexcept {
  read_any(Floats{}, type, x, first, step, count, values);
  read_any(Integers{}, type, x, first, step, count, values);
}

void read(DataType type, const void* x, std::int64_t first, std::int64_t step, std::int64_t count, std::int64_t* values) noexcept {
  read_any(Integers{}, type, x, first, step, count, values);
}

void write(DataType type, const double* values, std::int64_t count, void* y, std::int64_t first, std::int64_t step) noexcept {
  write_any(Floats{}, type, values, count, y, first, step);
  write_any(Integers{}, type, values, count, y, first, step);
}

void write(DataType type, const std::int64_t* values, std::int64_t count, void* y, std::int64_t first, std::int64_t step) noexcept {
  write_any(Integers{}, type, values, count, y, first, step);
}

}  // namespace dnntune::kernels::reference
