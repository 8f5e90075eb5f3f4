// SPDX-License-Identifier: Apache-2.0
// Costs and enumerators as JSON, shared by both kinds of plan.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "dnntune/plan.h"
#include "plan/json_fields.h"

namespace dnntune::plan {

/// The enumerator among 0 .. `count` - 1 whose to_string is the member `key`.
template <typename Enum>
Enum read_enum(const Json& object, const char* key, int count, std::string_view what) {
  const auto text = base::get<std::string>(object, key, what);
  for (int i = 0; i < count; ++i)
    if (text == to_string(static_cast<Enum>(i))) return static_cast<Enum>(i);
  base::throw_json_field(what, key, fmt::format("has the unknown value '{}'", text).c_str());
}

inline Json cost_to_json(const Cost& cost) {
  return Json{{"value", cost.value}, {"spread", cost.spread}, {"provenance", to_string(cost.provenance)}};
}

inline Cost cost_from_json(const Json& object, std::string_view what) {
  return {non_negative<double>(object, "value", what), non_negative<double>(object, "spread", what),
          read_enum<Provenance>(object, "provenance", 4, what)};
}

}  // namespace dnntune::plan
