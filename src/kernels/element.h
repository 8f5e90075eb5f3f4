// SPDX-License-Identifier: Apache-2.0
// Element types of tensors as C++ types, and the types the reference kernels compute in.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "base/half.h"
#include "dnntune/tensor.h"

namespace dnntune::kernels {

/// A 16-bit float as stored. Convert to compute: `load` and `store` below.
struct Float16 {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};

template <typename T>
inline constexpr DataType data_type_of = detail::DataTypeOf<T>::value;
template <>
inline constexpr DataType data_type_of<Float16> = DataType::float16;
template <>
inline constexpr DataType data_type_of<BFloat16> = DataType::bfloat16;

template <typename T>
inline constexpr bool is_half = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;
template <typename T>
inline constexpr bool is_float = std::is_floating_point_v<T> || is_half<T>;

/// What a sum of T is kept in: double for every float type, so that the reference result is the exact
/// one rounded once; 64-bit integers that wrap for integers.
template <typename T>
using Accumulator = std::conditional_t<is_float<T>, double, std::uint64_t>;

template <typename T>
inline Accumulator<T> load(T value) noexcept {
  if constexpr (std::is_same_v<T, Float16>)
    return base::float16_to_float(value.bits);
  else if constexpr (std::is_same_v<T, BFloat16>)
    return base::bfloat16_to_float(value.bits);
  else
    return static_cast<Accumulator<T>>(value);
}

template <typename T>
inline T store(Accumulator<T> value) noexcept {
  if constexpr (std::is_same_v<T, Float16>)
    return {base::float_to_float16(static_cast<float>(value))};
  else if constexpr (std::is_same_v<T, BFloat16>)
    return {base::float_to_bfloat16(static_cast<float>(value))};
  else
    return static_cast<T>(value);
}

}  // namespace dnntune::kernels
