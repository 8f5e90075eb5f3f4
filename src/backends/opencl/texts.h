// SPDX-License-Identifier: Apache-2.0
// The text of every kernel file, embedded by the build: texts::convolution().
#pragma once

#include <string_view>

namespace dnntune::backends::opencl::texts {

#define DNNTUNE_TEXT(name) std::string_view name() noexcept;
#include "backends/opencl/texts.inc"
#undef DNNTUNE_TEXT

}  // namespace dnntune::backends::opencl::texts
