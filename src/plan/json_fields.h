// SPDX-License-Identifier: Apache-2.0
// Numbers of the plan room's JSON that must not be negative.
#pragma once

#include <string_view>

#include <fmt/format.h>

#include "base/json.h"

namespace dnntune::plan {

using base::Json;

/// The member `key` as T; throws invalid_argument naming it when it is missing, of another type or
/// negative. JSON text cannot hold a number that is not finite.
template <typename T>
T non_negative(const Json& object, const char* key, std::string_view what) {
  const T value = base::get<T>(object, key, what);
  if (!(value >= T{0})) base::throw_json_field(what, key, fmt::format("is {}, it must not be negative", value).c_str());
  return value;
}

}  // namespace dnntune::plan
