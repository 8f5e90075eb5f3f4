// SPDX-License-Identifier: Apache-2.0
// A tensor of every element type, with the extremes of each.
#pragma once

#include <limits>
#include <vector>

#include "split/wire.h"

namespace dnntune::test {

template <typename T>
split::NamedTensor extremes(const char* name) {
  using Limits = std::numeric_limits<T>;
  return {name, Tensor::from<T>({1, 4}, std::vector<T>{Limits::lowest(), Limits::max(), T{}, static_cast<T>(Limits::is_integer ? 7 : 0.1)})};
}

inline std::vector<split::NamedTensor> one_of_each_type() {
  std::vector<split::NamedTensor> tensors = {
      extremes<std::uint8_t>("uint8"),   extremes<std::int8_t>("int8"),   extremes<std::uint16_t>("uint16"), extremes<std::int16_t>("int16"),
      extremes<std::uint32_t>("uint32"), extremes<std::int32_t>("int32"), extremes<std::uint64_t>("uint64"), extremes<std::int64_t>("int64"),
      extremes<float>("float32"),        extremes<double>("float64"),
  };
  const bool flags[] = {true, false, true};
  tensors.push_back({"boolean", Tensor::from<bool>({3}, std::span<const bool>(flags))});
  const std::uint16_t halves[] = {0x3c00, 0x7c00, 0x7e01, 0x0001};  // one, infinity, NaN, the least
  tensors.push_back({"float16", Tensor::copy_of(DataType::float16, {2, 2}, halves, sizeof halves)});
  tensors.push_back({"bfloat16", Tensor::copy_of(DataType::bfloat16, {2, 2}, halves, sizeof halves)});
  tensors.push_back({"scalar", Tensor::from<float>({}, std::vector<float>{-0.0f})});
  tensors.push_back({"empty", Tensor(DataType::float32, {3, 0})});
  return tensors;
}

}  // namespace dnntune::test
