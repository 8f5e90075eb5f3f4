// SPDX-License-Identifier: Apache-2.0
// CHECK_ERROR: an expression throws dnntune::Error of this code, and its message names what it must. mentions: a text does.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "dnntune/error.h"

#define CHECK_ERROR(expression, expected_code, part)                                       \
  do {                                                                                     \
    bool caught_ = false;                                                                  \
    try {                                                                                  \
      static_cast<void>(expression);                                                       \
    } catch (const dnntune::Error& error_) {                                               \
      caught_ = true;                                                                      \
      CHECK_MESSAGE(error_.code() == (expected_code), error_.what());                      \
      CHECK_MESSAGE(std::string(error_.what()).find(part) != std::string::npos, error_.what()); \
    }                                                                                      \
    CHECK_MESSAGE(caught_, "no error from " #expression);                                  \
  } while (false)

namespace dnntune::test {

/// Whether `part` is in `text`; says so when it is not.
inline bool mentions(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("'", part, "' is not in '", text, "'");
  return found;
}

}  // namespace dnntune::test
