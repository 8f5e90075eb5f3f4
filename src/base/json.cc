// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::base {
namespace {

constexpr int kMaxDepth = 64;

/// Whether brackets go no deeper than they may: for text of any kind, JSON or not.
bool is_shallow(std::string_view text) noexcept {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"': in_string = !in_string; break;
      case '\\': ++i; break;  // outside of strings there is none: the parser will say so
      case '[':
      case '{': depth += in_string ? 0 : 1; break;
      case ']':
      case '}': depth -= in_string ? 0 : 1; break;
      default: break;
    }
    if (depth > kMaxDepth) return false;
  }
  return true;
}

}  // namespace

Json parse_json(std::string_view text, std::string_view what) {
  bool too_deep = false;
  const auto limit_depth = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) too_deep = true;
    return !too_deep;
  };
  try {
    if (is_shallow(text)) return Json::parse(text.begin(), text.end());  // a callback makes it twice as slow
    Json result = Json::parse(text.begin(), text.end(), limit_depth);
    if (too_deep) throw Error(ErrorCode::limit_exceeded, fmt::format("{}: nested deeper than {} levels", what, kMaxDepth));
    return result;
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::invalid_argument, fmt::format("{}: not valid JSON: {}", what, e.what()));
  }
}

void require_schema(const Json& object, std::string_view schema) {
  const auto found = get<std::string>(object, "schema", schema);
  if (found != schema)
    throw Error(ErrorCode::invalid_argument, fmt::format("schema is '{}', this library reads '{}'", found, schema));
}

std::string dump_json(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

namespace {

const Json& member(const Json& object, const char* key, std::string_view what) {
  if (!object.is_object()) throw_json_field(what, key, "cannot be read: its parent is not an object");
  const auto it = object.find(key);
  if (it == object.end()) throw_json_field(what, key, "is missing");
  return *it;
}

}  // namespace

const Json& get_array(const Json& object, const char* key, std::string_view what) {
  const Json& found = member(object, key, what);
  if (!found.is_array()) throw_json_field(what, key, "is not an array");
  return found;
}

const Json& get_object(const Json& object, const char* key, std::string_view what) {
  const Json& found = member(object, key, what);
  if (!found.is_object()) throw_json_field(what, key, "is not an object");
  return found;
}

void throw_json_field(std::string_view what, const char* key, const char* problem) {
  throw Error(ErrorCode::invalid_argument, fmt::format("{}: field '{}' {}", what, key, problem));
}

}  // namespace dnntune::base
