// SPDX-License-Identifier: Apache-2.0
// Figures in the short forms that explain() prints.
#pragma once

#include <cstdint>
#include <string>

#include "dnntune/profile.h"

namespace dnntune::plan {

/// "12.3 ms": three significant digits in the largest unit that leaves one before the point.
std::string format_time(double ns);
std::string format_energy(double uj);
std::string format_bytes(std::int64_t bytes);
std::string format_rate(double bits_per_s);
/// "-" when nothing is known; ">= 12.3 ms" when parts of the sum are missing.
std::string format_cost(const Cost& cost, std::string (*format)(double));

}  // namespace dnntune::plan
