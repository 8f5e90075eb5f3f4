// SPDX-License-Identifier: Apache-2.0
// Marks the symbols that the shared library exports; everything else is hidden.
#pragma once

#if defined(_WIN32)
#define DNNTUNE_API
#else
#define DNNTUNE_API __attribute__((visibility("default")))
#endif
