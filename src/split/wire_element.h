// SPDX-License-Identifier: Apache-2.0
// What writing and reading tensors have in common: the C++ types of elements, and refusals that name the tensor.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "dnntune/tensor.h"

namespace dnntune::split {

[[noreturn]] inline void refuse(ErrorCode code, std::string_view tensor, const std::string& problem) {
  throw Error(code, fmt::format("tensor '{}': {}", tensor, problem));
}

/// Calls `f` with a null pointer of the C++ type that holds `type`'s elements.
template <typename F>
void with_element_type(DataType type, std::string_view tensor, F&& f) {
  switch (type) {
    case DataType::boolean: return f(static_cast<bool*>(nullptr));
    case DataType::uint8: return f(static_cast<std::uint8_t*>(nullptr));
    case DataType::int8: return f(static_cast<std::int8_t*>(nullptr));
    case DataType::uint16: return f(static_cast<std::uint16_t*>(nullptr));
    case DataType::int16: return f(static_cast<std::int16_t*>(nullptr));
    case DataType::uint32: return f(static_cast<std::uint32_t*>(nullptr));
    case DataType::int32: return f(static_cast<std::int32_t*>(nullptr));
    case DataType::uint64: return f(static_cast<std::uint64_t*>(nullptr));
    case DataType::int64: return f(static_cast<std::int64_t*>(nullptr));
    case DataType::float32: return f(static_cast<float*>(nullptr));
    case DataType::float64: return f(static_cast<double*>(nullptr));
    case DataType::float16:
    case DataType::bfloat16:
    case DataType::undefined: break;
  }
  refuse(ErrorCode::unsupported, tensor, fmt::format("{} has no JSON form; use binary tensor data", to_string(type)));
}

}  // namespace dnntune::split
