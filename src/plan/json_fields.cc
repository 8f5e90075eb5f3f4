// SPDX-License-Identifier: Apache-2.0
#include "plan/json_fields.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace dnntune::plan {
namespace {

const Json& member(const Json& object, const char* key, std::string_view what) {
  if (!object.is_object()) base::throw_json_field(what, key, "its parent is not an object");
  const auto it = object.find(key);
  if (it == object.end()) base::throw_json_field(what, key, "is missing");
  return *it;
}

}  // namespace

double number(const Json& object, const char* key, std::string_view what, double minimum, double maximum) {
  const Json& field = member(object, key, what);
  // get<double>() alone would let `true` through in some versions of the JSON library.
  if (!field.is_number()) base::throw_json_field(what, key, "is not a number");
  const double value = field.get<double>();
  if (!std::isfinite(value)) base::throw_json_field(what, key, "is not finite");
  if (value < minimum || value > maximum)
    base::throw_json_field(what, key, fmt::format("is {}, allowed is {} to {}", value, minimum, maximum).c_str());
  return value;
}

double non_negative(const Json& object, const char* key, std::string_view what) {
  return number(object, key, what, 0.0, std::numeric_limits<double>::max());
}

std::int64_t count(const Json& object, const char* key, std::string_view what) {
  const Json& field = member(object, key, what);
  // get<int64_t>() would cut off a fraction and wrap what does not fit.
  if (!field.is_number_integer()) base::throw_json_field(what, key, "is not a whole number");
  if (field.is_number_unsigned()) {
    const auto value = field.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      base::throw_json_field(what, key, "does not fit 63 bits");
    return static_cast<std::int64_t>(value);
  }
  const auto value = field.get<std::int64_t>();
  if (value < 0) base::throw_json_field(what, key, "is negative");
  return value;
}

const Json& child(const Json& object, const char* key, std::string_view what) {
  const Json& field = member(object, key, what);
  if (!field.is_object()) base::throw_json_field(what, key, "is not an object");
  return field;
}

const Json& list(const Json& object, const char* key, std::string_view what) {
  const Json& field = member(object, key, what);
  if (!field.is_array()) base::throw_json_field(what, key, "is not an array");
  return field;
}

std::string dump(const Json& value) { return value.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace dnntune::plan
