// SPDX-License-Identifier: Apache-2.0
// Attributes of a node, read by name and type with errors that name both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dnntune/builder.h"
#include "dnntune/tensor.h"

namespace dnntune::graph {

class Attributes {
 public:
  Attributes() = default;
  explicit Attributes(NodeAttributes values) : values_(std::move(values)) {}

  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  void set(std::string_view name, AttributeValue value);
  void erase(std::string_view name);

  /// The value or `fallback` when absent; throws invalid_model naming the attribute when it has
  /// another type.
  std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  float number(std::string_view name, float fallback) const;
  std::string text(std::string_view name, std::string_view fallback) const;
  std::vector<std::int64_t> integers(std::string_view name, std::vector<std::int64_t> fallback = {}) const;
  std::vector<float> numbers(std::string_view name, std::vector<float> fallback = {}) const;
  std::vector<std::string> texts(std::string_view name) const;
  /// Throws invalid_model when absent.
  Tensor tensor(std::string_view name) const;

  const NodeAttributes& all() const noexcept { return values_; }
  const AttributeValue* find(std::string_view name) const noexcept;

 private:
  NodeAttributes values_;
};

}  // namespace dnntune::graph
