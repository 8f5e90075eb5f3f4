// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::base {
namespace {
constexpr int kMaxDepth = 64;
}

Json parse_json(std::string_view text, std::string_view what) {
  bool too_deep = false;
  const auto limit_depth = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) too_deep = true;
    return !too_deep;
  };
  try {
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

void throw_json_field(std::string_view what, const char* key, const char* problem) {
  throw Error(ErrorCode::invalid_argument, fmt::format("{}: field '{}' {}", what, key, problem));
}

}  // namespace dnntune::base
