// SPDX-License-Identifier: Apache-2.0
// Powers by number of threads as JSON: the sums that they are fitted to.
#pragma once

#include <string_view>

#include "base/json.h"
#include "cost/power_curve.h"

namespace dnntune::cost {

base::Json json_of(const PowerCurve& powers);
/// Throws invalid_argument naming `what` and the field that no samples can have made.
PowerCurve read_powers(const base::Json& array, std::string_view what);

}  // namespace dnntune::cost
