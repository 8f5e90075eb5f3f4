// SPDX-License-Identifier: Apache-2.0
// Messages as one text, and a tensor of every element type, with the extremes of each.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "split/wire.h"

namespace dnntune::test {

/// A message as one text, as it goes over the wire.
struct Flat {
  std::string body;
  std::size_t json_bytes = 0;
  bool binary = false;
};
inline Flat flat(const split::Message& message) {
  Flat whole{message.json, message.json.size(), message.binary()};
  for (const Tensor& tensor : message.tensors) whole.body.append(static_cast<const char*>(tensor.data()), tensor.size_bytes());
  return whole;
}
inline Flat flat_request(std::span<const split::NamedTensor> inputs, std::span<const std::string> outputs, bool binary, std::string_view id) {
  return flat(split::encode_request(inputs, outputs, binary, id));
}
inline Flat flat_response(const split::Response& response, const std::vector<bool>& binary) { return flat(split::encode_response(response, binary)); }

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
