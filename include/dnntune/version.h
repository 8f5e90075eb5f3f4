// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dnntune/export.h"

#define DNNTUNE_VERSION_MAJOR 0
#define DNNTUNE_VERSION_MINOR 1
#define DNNTUNE_VERSION_PATCH 0

namespace dnntune {

/// "0.1.0", of the library that is linked (the macros are of the header that was compiled).
DNNTUNE_API const char* version() noexcept;

}  // namespace dnntune
