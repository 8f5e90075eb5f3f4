// SPDX-License-Identifier: Apache-2.0
#include "graph/attributes.h"

#include <algorithm>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::graph {
namespace {

template <typename T>
constexpr const char* kTypeName = "";
template <> constexpr const char* kTypeName<std::int64_t> = "an integer";
template <> constexpr const char* kTypeName<float> = "a float";
template <> constexpr const char* kTypeName<std::string> = "a string";
template <> constexpr const char* kTypeName<std::vector<std::int64_t>> = "a list of integers";
template <> constexpr const char* kTypeName<std::vector<float>> = "a list of floats";
template <> constexpr const char* kTypeName<std::vector<std::string>> = "a list of strings";
template <> constexpr const char* kTypeName<Tensor> = "a tensor";

/// The value as T, or null when the attribute is absent.
template <typename T>
const T* get(const Attributes& attributes, std::string_view name) {
  const AttributeValue* value = attributes.find(name);
  if (value == nullptr) return nullptr;
  if (const T* typed = std::get_if<T>(value)) return typed;
  const char* held = std::visit([](const auto& v) { return kTypeName<std::decay_t<decltype(v)>>; }, *value);
  throw Error(ErrorCode::invalid_model, fmt::format("attribute '{}' must be {}, not {}", name, kTypeName<T>, held));
}

}  // namespace

const AttributeValue* Attributes::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : values_)
    if (key == name) return &value;
  return nullptr;
}

void Attributes::set(std::string_view name, AttributeValue value) {
  for (auto& entry : values_)
    if (entry.first == name) {
      entry.second = std::move(value);
      return;
    }
  values_.emplace_back(std::string(name), std::move(value));
}

void Attributes::erase(std::string_view name) {
  std::erase_if(values_, [&](const auto& entry) { return entry.first == name; });
}

std::int64_t Attributes::integer(std::string_view name, std::int64_t fallback) const {
  const auto* value = get<std::int64_t>(*this, name);
  return value ? *value : fallback;
}

float Attributes::number(std::string_view name, float fallback) const {
  const auto* value = get<float>(*this, name);
  return value ? *value : fallback;
}

std::string Attributes::text(std::string_view name, std::string_view fallback) const {
  const auto* value = get<std::string>(*this, name);
  return value ? *value : std::string(fallback);
}

std::vector<std::int64_t> Attributes::integers(std::string_view name, std::vector<std::int64_t> fallback) const {
  const auto* value = get<std::vector<std::int64_t>>(*this, name);
  return value ? *value : std::move(fallback);
}

std::vector<float> Attributes::numbers(std::string_view name, std::vector<float> fallback) const {
  const auto* value = get<std::vector<float>>(*this, name);
  return value ? *value : std::move(fallback);
}

std::vector<std::string> Attributes::texts(std::string_view name) const {
  const auto* value = get<std::vector<std::string>>(*this, name);
  return value ? *value : std::vector<std::string>{};
}

Tensor Attributes::tensor(std::string_view name) const {
  const auto* value = get<Tensor>(*this, name);
  if (value == nullptr) throw Error(ErrorCode::invalid_model, fmt::format("attribute '{}' is missing", name));
  return *value;
}

}  // namespace dnntune::graph
