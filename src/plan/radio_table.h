// SPDX-License-Identifier: Apache-2.0
// The built-in radios: the text of radios.json, embedded at build time.
#pragma once

#include <string_view>

namespace dnntune::plan {

std::string_view radio_table() noexcept;

}  // namespace dnntune::plan
