// SPDX-License-Identifier: Apache-2.0
// Reading JSON that others wrote: every wrong or missing field is named.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace dnntune::base {

using Json = nlohmann::ordered_json;

/// Throws invalid_argument with `what` and the position on malformed text, limit_exceeded on nesting
/// deeper than 64 levels.
Json parse_json(std::string_view text, std::string_view what);
/// Checks that the "schema" member is `schema` ("dnntune.profile/1"); throws invalid_argument else.
void require_schema(const Json& object, std::string_view schema);
/// The member `key` as T; throws invalid_argument naming it when it is missing or of another type.
template <typename T>
T get(const Json& object, const char* key, std::string_view what);
/// The same with a value for a missing member.
template <typename T>
T get_or(const Json& object, const char* key, T fallback, std::string_view what) {
  if (!object.is_object() || !object.contains(key)) return fallback;
  return get<T>(object, key, what);
}

[[noreturn]] void throw_json_field(std::string_view what, const char* key, const char* problem);

template <typename T>
T get(const Json& object, const char* key, std::string_view what) {
  if (!object.is_object()) throw_json_field(what, key, "its parent is not an object");
  const auto it = object.find(key);
  if (it == object.end()) throw_json_field(what, key, "is missing");
  try {
    return it->template get<T>();
  } catch (const nlohmann::json::exception&) {
    throw_json_field(what, key, "has the wrong type");
  }
}

}  // namespace dnntune::base
