// SPDX-License-Identifier: Apache-2.0
// Small random networks that mix image layers, layout-sensitive layers and reshapes.
#pragma once

#include <cstdint>

#include "dnntune/graph.h"

namespace naive {

/// Deterministic in `seed`. One or two inputs, at least one output; all values stay finite.
dnntune::Graph random_network(std::uint32_t seed);

}  // namespace naive
