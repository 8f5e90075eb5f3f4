// SPDX-License-Identifier: Apache-2.0
// Variants of 15 families of networks: other widths, depths, resolutions, kernel sizes than published.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <dnntune/graph.h>

namespace dnntune::bench {

struct Family {
  std::string_view name;
  Graph (*build)(std::uint64_t seed);  ///< A variant; the same for the same seed everywhere.
};

std::span<const Family> families() noexcept;

}  // namespace dnntune::bench
