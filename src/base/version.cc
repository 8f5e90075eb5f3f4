// SPDX-License-Identifier: Apache-2.0
#include "dnntune/version.h"

#define DNNTUNE_TEXT_(x) #x
#define DNNTUNE_TEXT(x) DNNTUNE_TEXT_(x)

namespace dnntune {

const char* version() noexcept {
  return DNNTUNE_TEXT(DNNTUNE_VERSION_MAJOR) "." DNNTUNE_TEXT(DNNTUNE_VERSION_MINOR) "." DNNTUNE_TEXT(DNNTUNE_VERSION_PATCH);
}

}  // namespace dnntune
