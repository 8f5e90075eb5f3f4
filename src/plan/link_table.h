// SPDX-License-Identifier: Apache-2.0
// The built-in links: the text of links.json, embedded at build time.
#pragma once

#include <string_view>

namespace dnntune::plan {

std::string_view link_table() noexcept;

}  // namespace dnntune::plan
