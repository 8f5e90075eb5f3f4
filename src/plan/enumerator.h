// SPDX-License-Identifier: Apache-2.0
// check_enumerator: an enumeration may hold any number when it comes from a cast or through another language.
#pragma once

#include <string>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::plan {

/// Throws invalid_argument unless `value` is one of its enumeration, whose last is `last`.
template <typename Enum>
void check_enumerator(Enum value, Enum last, const std::string& what) {
  if (static_cast<int>(value) < 0 || static_cast<int>(value) > static_cast<int>(last))
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is {}, it must be 0 to {}", what, static_cast<int>(value), static_cast<int>(last)));
}

}  // namespace dnntune::plan
