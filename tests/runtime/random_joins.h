// SPDX-License-Identifier: Apache-2.0
// Random networks of image layers that are joined and cut along their channels again and again.
#pragma once

#include <cstdint>

#include "dnntune/graph.h"

namespace naive {

/// Deterministic in `seed`. One input, at least one output; all values stay finite.
dnntune::Graph random_joins(std::uint32_t seed);

}  // namespace naive
