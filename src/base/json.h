// SPDX-License-Identifier: Apache-2.0
// Reading JSON that others wrote: every wrong or missing field is named.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace dnntune::base {

using Json = nlohmann::ordered_json;

/// Throws invalid_argument with `what` and the position on malformed text, limit_exceeded on nesting
/// deeper than 64 levels.
Json parse_json(std::string_view text, std::string_view what);
/// Checks that the "schema" member is `schema` ("dnntune.profile/1"); throws invalid_argument else.
void require_schema(const Json& object, std::string_view schema);
/// Text of `json`, indented; bytes that are not UTF-8 (a name from a model file) become U+FFFD.
std::string dump_json(const Json& json);

[[noreturn]] void throw_json_field(std::string_view what, const char* key, const char* problem);

/// A JSON value as T, strictly: an integer must be written as one and fit T, a number is no boolean.
/// False when it does not.
template <typename T>
bool read_json(const Json& json, T& out) {
  if constexpr (std::is_same_v<T, Json>) {
    out = json;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_boolean()) return false;
    out = json.get<bool>();
  } else if constexpr (std::is_integral_v<T>) {
    if (json.is_number_unsigned()) {
      if (!std::in_range<T>(json.get<std::uint64_t>())) return false;
    } else if (!json.is_number_integer() || !std::in_range<T>(json.get<std::int64_t>())) {
      return false;
    }
    out = json.get<T>();
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!json.is_number()) return false;
    out = json.get<T>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) return false;
    out = json.get<std::string>();
  } else {
    if (!json.is_array()) return false;
    out.clear();
    for (const Json& element : json) {
      typename T::value_type value{};
      if (!read_json(element, value)) return false;
      out.push_back(std::move(value));
    }
  }
  return true;
}

/// The member `key` as T (a number, bool, string, or a vector of them); throws invalid_argument naming
/// it when it is missing or of another type.
template <typename T>
T get(const Json& object, const char* key, std::string_view what) {
  if (!object.is_object()) throw_json_field(what, key, "cannot be read: its parent is not an object");
  const auto it = object.find(key);
  if (it == object.end()) throw_json_field(what, key, "is missing");
  T value{};
  if (!read_json(*it, value)) throw_json_field(what, key, "has the wrong type");
  return value;
}
/// The same with a value for a missing member.
template <typename T>
T get_or(const Json& object, const char* key, T fallback, std::string_view what) {
  if (!object.is_object() || !object.contains(key)) return fallback;
  return get<T>(object, key, what);
}
/// The member `key`, which must be an array or an object; the result is part of `object`.
const Json& get_array(const Json& object, const char* key, std::string_view what);
const Json& get_object(const Json& object, const char* key, std::string_view what);

}  // namespace dnntune::base
