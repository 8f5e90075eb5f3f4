// SPDX-License-Identifier: Apache-2.0
// at: the planner numbers nodes, stops and hops with int and keeps them in vectors.
#pragma once

#include <cstddef>

namespace dnntune::plan {

inline std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

}  // namespace dnntune::plan
