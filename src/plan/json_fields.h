// SPDX-License-Identifier: Apache-2.0
// Fields of the plan room's JSON, read strictly: a number is finite, a count is a whole number >= 0, and
// every error names the field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace dnntune::plan {

using base::Json;

/// Throws invalid_argument for a missing field, another type, or a value outside [minimum, maximum].
double number(const Json& object, const char* key, std::string_view what, double minimum, double maximum);
/// A finite number >= 0.
double non_negative(const Json& object, const char* key, std::string_view what);
/// A whole number >= 0 that fits 63 bits.
std::int64_t count(const Json& object, const char* key, std::string_view what);
/// The member `key`, which must be an object.
const Json& child(const Json& object, const char* key, std::string_view what);
/// The member `key`, which must be an array.
const Json& list(const Json& object, const char* key, std::string_view what);
/// Text for people and files: indented; bytes that are not UTF-8 are replaced, never an error.
std::string dump(const Json& value);

}  // namespace dnntune::plan
