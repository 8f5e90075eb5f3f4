// SPDX-License-Identifier: Apache-2.0
// Fuzzed messages of the Open Inference Protocol: JSON up to the first zero byte, which JSON has not, and binary tensors behind it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "split/wire.h"

namespace dnntune::fuzz {

struct Body {
  std::string text;
  std::optional<std::size_t> json_bytes;  ///< Unset: all of it.
};

inline Body body_of(const std::uint8_t* data, std::size_t size) {
  Body body{std::string(reinterpret_cast<const char*>(data), size), std::nullopt};
  const std::size_t zero = body.text.find('\0');
  if (zero == std::string::npos) return body;
  body.text.erase(zero, 1);
  body.json_bytes = zero;
  return body;
}

inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Elements do not come out of nowhere: of JSON a byte an element at least, of the binary part its bytes.
inline void require_bounded(const std::vector<split::NamedTensor>& tensors, std::size_t bytes) {
  for (const split::NamedTensor& item : tensors) require(item.tensor.element_count() <= bytes);
}

inline void require_same(const std::vector<split::NamedTensor>& a, const std::vector<split::NamedTensor>& b) {
  require(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    require(a[i].name == b[i].name && a[i].tensor.type() == b[i].tensor.type() && a[i].tensor.shape() == b[i].tensor.shape());
    require(a[i].tensor.size_bytes() == 0 || std::memcmp(a[i].tensor.data(), b[i].tensor.data(), a[i].tensor.size_bytes()) == 0);
  }
}

/// A message as its receiver gets it.
inline Body sent(const split::Message& message) {
  Body body{message.json, message.binary() ? std::optional(message.json.size()) : std::nullopt};
  for (const Tensor& tensor : message.tensors) body.text.append(static_cast<const char*>(tensor.data()), tensor.size_bytes());
  return body;
}

}  // namespace dnntune::fuzz
