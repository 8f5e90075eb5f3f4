// SPDX-License-Identifier: Apache-2.0
// Element types of tensors as C++ types.
#pragma once

#include <cstdint>

#include "dnntune/tensor.h"

namespace dnntune::kernels {

/// A 16-bit float as stored; base/half.h converts.
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

}  // namespace dnntune::kernels
